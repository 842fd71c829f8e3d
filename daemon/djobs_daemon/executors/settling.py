"""What the end of a run means for its job. Pure."""

from typing import Any, Final

from djobs_daemon.executors.ending import Ending, Settlement
from djobs_daemon.executors.results import End, Result
from djobs_daemon.executors.standing import Phase
from djobs_daemon.queue.retry import after_failure, delay_ms, policy_of
from djobs_daemon.queue.verification import Verified, sentence
from djobs_daemon.store.usage_records import RUN_TIME, UsageRow
from djobs_protocol.errors import ErrorCode
from djobs_protocol.states import EventKind

SIGNAL_BASE: Final = 128
"""A command that a signal ended has the exit code of a shell: this and the signal's number."""
NEVER_RAN: Final = "its runner ended before it began, so nothing was executed"
LOST: Final = (
    "The outcome is not known: what ran it was killed before it could say how it ended. Look at "
    "what it did, then retry or skip the task."
)


def settle(ending: Ending) -> Settlement:
    """Return what becomes of a job by how its command ended."""
    if ending.standing.phase is Phase.LOST:
        return failed(LOST)
    if ending.standing.result is None:
        return Settlement(EventKind.RELEASED, NEVER_RAN, {})
    return _of_result(ending, ending.standing.result)


def run_time(ending: Ending) -> tuple[UsageRow, ...]:
    """Return how long a run took, pauses left out; nothing of one that never ran.

    Of a run whose outcome is lost, it is the time since it was claimed.
    """
    result = ending.standing.result
    if result is not None:
        ran = result.busy_ms
    elif ending.standing.phase is Phase.LOST:
        ran = ending.now - ending.job.updated_at
    else:
        return ()
    return (UsageRow(RUN_TIME, "", 0, 0, 0, max(0, ran), 0),)


def put_off(why: str, until_ms: int) -> Settlement:
    """Return the way back of a job that may be begun at a time; it costs no attempt."""
    return Settlement(EventKind.RELEASED, why, {"run_at": until_ms, "due": False})


def failed(why: str) -> Settlement:
    """Return the end of a job that another try would not help."""
    return Settlement(EventKind.FAILED, why, {"last_error": why})


def stopped(why: str) -> Settlement:
    """Return the end of a job that was stopped before it began."""
    return Settlement(EventKind.STOPPED, why, {})


def _of_result(ending: Ending, result: Result) -> Settlement:
    tail = ending.tail
    after = f"after {_lasting(result.busy_ms)}"
    code = _exit_code(result)
    changes: dict[str, Any] = {} if code is None else {"exit_code": code}
    if result.end is End.LAUNCH_FAILED:
        reason = result.failure.text if result.failure is not None else "the reason is not known"
        return failed(f"It could not be started: {reason}")
    if result.end is not End.EXITED:
        why = "Duration limit reached" if result.end is End.DURATION else "Stopped"
        return Settlement(EventKind.STOPPED, f"{why} {after}{_left_over(result)}.", changes)
    if code == 0:
        evidence = _with_tail(f"exit code 0 {after}{_left_over(result)}", tail)
        return Settlement(EventKind.SUCCEEDED, evidence, changes | {"evidence": evidence})
    error = _with_tail(f"exit code {code}{_signal(result)} {after}{_left_over(result)}", tail)
    return failed_attempt(ending, error, changes)


def failed_attempt(ending: Ending, error: str, changes: dict[str, Any]) -> Settlement:
    """Return another try, or the end where none is left or none was ever meant."""
    job = ending.job
    event = EventKind.FAILED if job.max_attempts == 1 else after_failure(job, may_retry=True)
    changes = changes | {"last_error": error}
    if event is EventKind.RETRY_SCHEDULED:
        pause = delay_ms(policy_of(job), job.attempt, ending.chance)
        changes["run_at"] = ending.now + pause
    return Settlement(event, error, changes)


def with_checks(ending: Ending, settlement: Settlement, verified: Verified) -> Settlement:
    """Return what becomes of a job whose run went well by what its checks found."""
    receipt = verified.receipt
    if receipt.passed:
        return settlement._replace(receipt=receipt)
    changes = {name: value for name, value in settlement.changes.items() if name != "evidence"}
    if verified.stopped and ending.job.stop_requested_at is not None:
        why = "Stopped while its checks ran."
        return settlement._replace(event=EventKind.STOPPED, note=why, changes=changes)
    error = f"{ErrorCode.VERIFICATION_FAILED}: {sentence(receipt)}"
    again = failed_attempt(ending, error, changes)
    return again._replace(usage=settlement.usage, receipt=receipt)


def _exit_code(result: Result) -> int | None:
    return result.exit_code if result.signal is None else SIGNAL_BASE + result.signal


def _signal(result: Result) -> str:
    return "" if result.signal is None else f" (signal {result.signal})"


def _left_over(result: Result) -> str:
    if not result.survivor_count:
        return ""
    pids = ", ".join(map(str, result.survivors))
    more = ", …" if result.survivor_count > len(result.survivors) else ""
    return f"; {result.survivor_count} processes it started are still there: {pids}{more}"


def _lasting(ms: int) -> str:
    return f"{ms / 1000:.1f} s" if ms < 60_000 else f"{ms // 60_000} min {ms % 60_000 // 1000} s"


def _with_tail(sentence: str, tail: str) -> str:
    return f"{sentence}:\n{tail}" if tail else f"{sentence}."
