"""What the end of a check's run says about the check. Pure, but for the sandbox's own record."""

from hashlib import sha256
from typing import Final

import msgspec

from djobs_daemon.executors.check_orders import as_shell_job
from djobs_daemon.executors.ending import Ending, Settlement
from djobs_daemon.executors.results import End
from djobs_daemon.executors.settling import settle
from djobs_daemon.executors.shell import ShellExecutor
from djobs_daemon.executors.standing import Phase, Standing
from djobs_daemon.queue.checks import kind_of, name_of
from djobs_daemon.queue.redaction import redact
from djobs_daemon.queue.verification import SAID_CHARS_MAX
from djobs_daemon.store.records import JobRow
from djobs_protocol.evidence import Check, CheckOutcome, CheckResult
from djobs_protocol.states import EventKind

LOST: Final = "what ran it was killed before it could say how it ended"


class Seen(msgspec.Struct, frozen=True):
    """What the program that looks at files prints."""

    passed: bool
    text: str
    files: dict[str, str] = {}
    tree: str | None = None


def not_run(check: Check, why: str) -> CheckResult:
    """Return the result of a check that was not begun."""
    return CheckResult(check=name_of(check), outcome="not_run", said=_said(why))


def result_of(
    job: JobRow, check: Check, shell: ShellExecutor, standing: Standing, folder: str, log: bytes
) -> CheckResult:
    """Return what became of a check whose run is settled; ``log`` is what it printed."""
    if kind_of(check) == "command":
        ending = Ending(as_shell_job(job, check), standing, folder, _tail(log), 0, 0.0)
        return _of_settlement(check, standing, shell.end(ending), log)
    seen = seen_in(log)
    settled = settle(Ending(job, standing, folder, _tail(log), 0, 0.0))
    found = _of_settlement(check, standing, settled, log)
    if seen is None:
        return found
    return msgspec.structs.replace(found, exit_code=None, said=_said(seen.text), files=seen.files)


def seen_in(log: bytes) -> Seen | None:
    """Return what the program printed, if that is what it says."""
    try:
        return msgspec.json.decode(log.strip(), type=Seen)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _of_settlement(
    check: Check, standing: Standing, settlement: Settlement, log: bytes
) -> CheckResult:
    return CheckResult(
        check=name_of(check),
        outcome=_outcome(standing, settlement),
        exit_code=settlement.changes.get("exit_code"),
        output_sha256=sha256(log).hexdigest(),
        said=_said(LOST if standing.phase is Phase.LOST else settlement.note),
        sandbox=settlement.changes.get("sandbox_enforced"),
    )


def _outcome(standing: Standing, settlement: Settlement) -> CheckOutcome:
    if standing.phase is Phase.LOST:
        return "unknown"
    match settlement.event:
        case EventKind.SUCCEEDED:
            return "passed"
        case EventKind.RELEASED:
            return "not_run"
        case EventKind.STOPPED:
            assert standing.result is not None
            return "timed_out" if standing.result.end is End.DURATION else "stopped"
        case _:
            return "failed"


def _tail(log: bytes) -> str:
    text = log[-SAID_CHARS_MAX:].decode("utf-8", "replace").strip()
    return f"… {text}" if text and len(log) > SAID_CHARS_MAX else text


def _said(text: str) -> str:
    return redact(text)[:SAID_CHARS_MAX]
