"""Telling why there is no daemon: to the starter, to a person, and to whoever asks later (R12)."""

import os
from contextlib import suppress

from djobs_daemon.supervision import ManagedPipe
from djobs_local import attempts
from djobs_local.locks import KernelLock
from djobs_protocol.errors import DjobsError, ErrorCode


class Start:
    """One start: how far it has come, and who is told."""

    def __init__(self, pipe: ManagedPipe, *, quiet: bool) -> None:
        self.pipe = pipe
        self.stage = "process"
        self.held: list[KernelLock] = []
        """Released before a failure is told, or the dying process would pass for a daemon."""
        self._quiet = quiet

    def enter(self, stage: str) -> None:
        """Begin the next stage."""
        self.stage = stage

    def say(self, text: str) -> None:
        """Tell the person in front of a foreground daemon."""
        if not self._quiet:
            os.write(2, f"djobsd: {text}\n".encode())


def report(start: Start, error: Exception) -> int:
    """Say why the start failed, everywhere, and return the exit status."""
    failure = as_failure(error)
    start.say(f"{failure.message} {failure.hint}")
    if not isinstance(error, DjobsError):
        _print_traceback(error)
    for lock in start.held:
        lock.release()
    start.pipe.failed(
        start.stage,
        failure.message,
        errno=failure.data.get("errno"),
        path=str(failure.data.get("path", "")),
        code=str(failure.code),
    )
    return failure.exit_status


def record_crash(
    state: str, owner: str, reason: str, code: ErrorCode = ErrorCode.INTERNAL, path: str = ""
) -> None:
    """Remember that a daemon ended by a fault, where the next start looks (R14, R38).

    The daemon still holds its lock, so no client is starting another and nobody else writes.
    """
    remembered = attempts.read_attempts(state)
    if not remembered or remembered[-1].outcome != attempts.READY:
        remembered.append(attempts.Attempt(attempts.now_ms(), owner))
    last = remembered[-1]
    last.outcome, last.stage, last.text = attempts.FAILED, "running", reason
    last.code, last.path = str(code), path
    with suppress(OSError):  # the log has it; a full disk must not hide the fault behind another
        attempts.write_attempts(state, remembered)


def as_failure(error: Exception) -> DjobsError:
    """Return an exception as an error of the catalogue, with its errno and path if it has them."""
    if isinstance(error, DjobsError):
        return error
    if isinstance(error, OSError) and error.errno is not None:
        path = str(error.filename or "")
        text = f"{path}: {error.strerror}" if path else str(error.strerror)
        return DjobsError(ErrorCode.START_FAILED, text, errno=error.errno, path=path)
    kind = type(error).__name__
    return DjobsError(ErrorCode.START_FAILED, f"{kind}: {error}")


def _print_traceback(error: Exception) -> None:
    """Put the traceback into the log of the attempt, which is standard error."""
    import traceback

    traceback.print_exception(error)


def remember_failure(state: str, owner: str, stage: str, failure: DjobsError) -> None:
    """Write down a failed start of which no pipe tells: one that a service manager made.

    The client that asked for it has ``spawn.lock`` and waits; without one nobody else writes.
    """
    failed = attempts.Attempt(
        attempts.now_ms(),
        owner,
        attempts.FAILED,
        stage=stage,
        errno=failure.data.get("errno"),
        path=str(failure.data.get("path", "")),
        text=failure.message,
        code=str(failure.code),
    )
    with suppress(OSError):  # standard error has it, which the manager keeps
        attempts.write_attempts(state, [*attempts.read_attempts(state), failed])
