"""What a client that could not get a daemon tells: what happened, and what to do next (R12)."""

from djobs_local import attempts, traces
from djobs_local.presence import Kind, Presence
from djobs_protocol.errors import CATALOGUE, DjobsError, ErrorCode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn


def start_failed(attempt: attempts.Attempt, **more: "Any") -> DjobsError:
    """Return the error of a start that failed."""
    details = {name: getattr(attempt, name) for name in ("stage", "errno", "path", "text", "log")}
    kept = {name: value for name, value in details.items() if value not in ("", None)}
    when = f" Next try in {more['retry_seconds']} s." if "retry_seconds" in more else ""
    cause = _cause(attempt.code)
    message = f"The daemon did not start: {attempt.reason}{when}"
    return DjobsError(ErrorCode.START_FAILED, message, at=attempt.at, **kept, **cause, **more)


def _cause(code: str) -> "dict[str, Any]":
    """Return the code that the daemon failed with, and what helps against that one."""
    known = next((each for each in ErrorCode if each == code), None)
    if known is None:
        return {"cause": code} if code else {}
    return {"cause": code, "hint": CATALOGUE[known].hint}


def client_trouble(error: OSError) -> DjobsError:
    """Return what the system refused to this client itself: descriptors, disk, a lock file."""
    return DjobsError(
        ErrorCode.START_FAILED,
        f"Could not look for the daemon or start it: {error}.",
        stage="client",
        errno=error.errno,
        path=str(error.filename or ""),
    )


def raise_foreign(seen: Presence) -> "NoReturn":
    """Refuse what is no daemon of this user."""
    raise DjobsError(ErrorCode.PERMISSION, seen.detail)


def raise_unresponsive(state: str, seen: Presence, waited_seconds: float) -> "NoReturn":
    """Give up on a daemon that is there; say who it is and when it last did something."""
    who = f"pid {seen.pid}" if seen.pid else "a process"
    since = seen.since
    age = f", running for {(attempts.now_ms() - since) // 1000} s" if since else ""
    sign = traces.last_sign(state)
    activity = f"{sign.sentence(attempts.now_ms())} " if sign else ""
    draining = seen.kind is Kind.DRAINING
    raise DjobsError(
        ErrorCode.DRAINING if draining else ErrorCode.UNRESPONSIVE,
        f"The daemon ({who}{age}) is {seen.kind.value}. {seen.detail} "
        f"{activity}Waited {waited_seconds:.1f} s; no other one was started.",
        pid=seen.pid,
        kind=seen.kind.value,
        waited_seconds=round(waited_seconds, 1),
    )
