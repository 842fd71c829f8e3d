"""What the answer of an agent means for its job."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from djobs_agent.contract import (
    ANSWER_FILE,
    SPENT_FILE,
    Answer,
    Change,
    Spent,
    decode_answer,
    decode_spent,
)
from djobs_daemon.executors.agent_changes import CannotApply, apply
from djobs_daemon.executors.confined_runs import TRY_AGAIN_MS, recorded
from djobs_daemon.executors.ending import Ending, Settlement
from djobs_daemon.executors.settling import failed_attempt, put_off, settle
from djobs_daemon.queue.texts import bounded
from djobs_daemon.store.usage_records import MICROS_PER_USD, UsageRow
from djobs_protocol.limits import TEXT_BYTES_MAX
from djobs_protocol.states import EventKind

FILES_NAMED: Final = 20


def settle_agent(ending: Ending, *, auto: bool) -> Settlement:
    """Return what becomes of a job, and what it cost, whether the agent came to an end or not.

    With ``auto`` what it changed is applied to the workspace, if nothing there is in the way.
    """
    answer = read_answer(ending.folder)
    spent = answer.spent if answer is not None else read_spent(ending.folder)
    if answer is None or answer.outcome == "stopped" or not ending.has_exited:
        settlement = settle(ending)
    else:
        settlement = _of_answer(ending, answer, auto=auto)
    enforced = recorded(ending.folder)
    changes = settlement.changes | ({} if enforced is None else {"sandbox_enforced": enforced})
    return settlement._replace(changes=changes, usage=usage_rows(spent, _busy_ms(ending)))


def read_answer(folder: str) -> Answer | None:
    """Return the answer in a run's folder; None where there is none that can be read."""
    try:
        return decode_answer(Path(folder, ANSWER_FILE).read_bytes())
    except (FileNotFoundError, msgspec.MsgspecError, ValueError):
        return None


def read_spent(folder: str) -> tuple[Spent, ...]:
    """Return what an agent had spent that was killed before its answer."""
    try:
        return decode_spent(Path(folder, SPENT_FILE).read_bytes())
    except (FileNotFoundError, msgspec.MsgspecError):
        return ()


def usage_rows(spent: Sequence[Spent], busy_ms: int) -> tuple[UsageRow, ...]:
    """Return the rows of the ledger; the time of the run stands in the first."""
    return tuple(
        UsageRow(
            each.provider,
            each.model,
            each.tokens_in,
            each.tokens_out,
            each.tokens_cached,
            0 if number else busy_ms,
            None if each.cost_usd is None else round(each.cost_usd * MICROS_PER_USD),
        )
        for number, each in enumerate(spent)
    )


def _busy_ms(ending: Ending) -> int:
    result = ending.standing.result
    return 0 if result is None else result.busy_ms


def _of_answer(ending: Ending, answer: Answer, *, auto: bool) -> Settlement:
    changes: dict[str, Any] = {}
    if ending.standing.result is not None:
        changes["exit_code"] = ending.standing.result.exit_code
    if answer.outcome == "parked":
        until = answer.parked_until_ms or ending.now + TRY_AGAIN_MS
        return put_off(bounded("error", answer.message), max(until, ending.now + 1))
    if answer.outcome == "failed":
        kept = f" {_kept(ending, answer)}" if answer.changes else ""
        error = bounded("error", f"{answer.code}: {answer.message}{kept}")
        return failed_attempt(ending, error, changes)
    said = _apply(ending, answer) if auto else _kept(ending, answer)
    evidence = evidence_of(answer, said)
    return Settlement(EventKind.SUCCEEDED, evidence, changes | {"evidence": evidence})


def _apply(ending: Ending, answer: Answer) -> str:
    try:
        apply(ending.job.workspace, ending.folder, answer.changes, unattended=True)
    except CannotApply as refusal:
        return f"Not applied: {refusal} {_kept(ending, answer)}"
    return "Applied to the workspace." if answer.changes else ""


def _kept(ending: Ending, answer: Answer) -> str:
    return f"See and apply: djobsctl apply {ending.job.id}" if answer.changes else ""


def evidence_of(answer: Answer, said: str) -> str:
    """Return what an agent did, as the evidence of its job."""
    named = ", ".join(_file(each) for each in answer.changes[:FILES_NAMED])
    more = len(answer.changes) - FILES_NAMED
    files = f"{named} and {more} more" if more > 0 else named
    spent = ", ".join(_cost(each) for each in answer.spent) or "usage unknown"
    head = f"{files or 'no file changed'}; {answer.turns} turns; {spent}. {said}".strip()
    room = TEXT_BYTES_MAX - len(head.encode()) - 8
    cut = answer.text.encode()[: max(room, 0)].decode("utf-8", "ignore")
    return bounded("evidence", f"{head}\n\n{cut}".strip())


def _file(change: Change) -> str:
    size = "" if change.kind in ("deleted", "other") else f", {change.bytes:,} bytes"
    return f"{change.path} ({change.kind}{size})"


def _cost(spent: Spent) -> str:
    price = "price unknown" if spent.cost_usd is None else f"${spent.cost_usd:.4f}"
    return f"{spent.model}: {spent.tokens_in:,} tokens in, {spent.tokens_out:,} out, {price}"
