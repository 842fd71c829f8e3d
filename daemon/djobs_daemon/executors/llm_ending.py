"""What the answer of a model means for its job."""

from pathlib import Path
from typing import Any, Final

import msgspec

from djobs_daemon.executors.ending import Ending, Settlement
from djobs_daemon.executors.settling import failed_attempt, put_off, settle
from djobs_daemon.queue.texts import bounded
from djobs_daemon.store.usage_records import MICROS_PER_USD, UsageRow
from djobs_llm.contract import USAGE_FILE, Answer, Usage, WrittenFile, decode_answer
from djobs_llm.usage_lines import UsageLine
from djobs_protocol.limits import TEXT_BYTES_MAX
from djobs_protocol.states import EventKind

FILES_NAMED: Final = 20
REST_MS: Final = 60_000
"""Where a provider is at its limit and does not say until when."""


def settle_answer(ending: Ending, answer_path: str, parked: dict[str, int]) -> Settlement:
    """Return what becomes of a job, and what it cost, whether it was answered or not.

    Notes in ``parked`` until when each provider is at its limit.
    """
    answer = _read(answer_path) if ending.has_exited else None
    usage = usage_rows(Path(answer_path).with_name(USAGE_FILE))
    if answer is None:
        return settle(ending)._replace(usage=usage)
    for left in answer.routes_left:
        if left.parked_until_ms is not None:
            parked[left.provider] = left.parked_until_ms
    return _of_answer(ending, answer)._replace(usage=usage)


def _of_answer(ending: Ending, answer: Answer) -> Settlement:
    changes: dict[str, Any] = {}
    if ending.standing.result is not None:
        changes["exit_code"] = ending.standing.result.exit_code
    if answer.outcome == "parked":
        until = max(answer.parked_until_ms or 0, ending.now + 1)
        until = until if answer.parked_until_ms is not None else ending.now + REST_MS
        return put_off(f"{answer.parked_provider or 'the provider'} is at its limit", until)
    if answer.outcome == "failed":
        error = bounded("error", f"{answer.code}: {answer.message}")
        return failed_attempt(ending, error, changes)
    evidence = evidence_of(answer)
    return Settlement(EventKind.SUCCEEDED, evidence, changes | {"evidence": evidence})


def evidence_of(answer: Answer) -> str:
    """Return what a model did, as the evidence of its job."""
    named = ", ".join(_file(each) for each in answer.files[:FILES_NAMED])
    more = len(answer.files) - FILES_NAMED
    written = f"{named} and {more} more" if more > 0 else named
    head = f"{written or 'text'}; {answer.model}: {_cost(answer.usage)}."
    text = answer.text or ""
    room = TEXT_BYTES_MAX - len(head.encode()) - 8
    cut = text.encode()[:room].decode("utf-8", "ignore")
    return bounded("evidence", f"{head}\n\n{cut}".strip())


def _file(written: WrittenFile) -> str:
    return f"{written.path} ({written.change}, {written.bytes:,} bytes)"


def _cost(usage: Usage) -> str:
    price = "price unknown" if usage.cost_usd is None else f"${usage.cost_usd:.4f}"
    return f"{usage.input_tokens:,} tokens in, {usage.output_tokens:,} out, {price}"


def usage_rows(path: Path) -> tuple[UsageRow, ...]:
    """Return what a run has cost by provider and model, also one that was killed."""
    sums: dict[tuple[str, str], UsageRow] = {}
    for line in _measured(path):
        key = line.provider, line.model
        sums[key] = _added(sums.get(key), line)
    return tuple(sums.values())


def _measured(path: Path) -> list[UsageLine]:
    """Return the lines that say of something what it used; a stream that was cut off does."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return []
    lines = []
    for each in raw.split(b"\n")[:-1]:
        try:
            lines.append(msgspec.json.decode(each, type=UsageLine))
        except (msgspec.ValidationError, msgspec.DecodeError):
            continue
    return [line for line in lines if line.measured or line.input_tokens or line.output_tokens]


def _added(row: UsageRow | None, line: UsageLine) -> UsageRow:
    before = row or UsageRow(line.provider, line.model, 0, 0, 0, 0, 0)
    known = before.usd_micros is not None and line.cost_usd is not None
    return before._replace(
        tokens_in=before.tokens_in + line.input_tokens,
        tokens_out=before.tokens_out + line.output_tokens,
        tokens_cached=before.tokens_cached + line.cache_read_tokens,
        usd_micros=(before.usd_micros or 0) + round((line.cost_usd or 0) * MICROS_PER_USD)
        if known
        else None,
    )


def _read(path: str) -> Answer | None:
    try:
        return decode_answer(Path(path).read_bytes())
    except (FileNotFoundError, msgspec.ValidationError, msgspec.DecodeError):
        return None
