"""What became of a start: listen to the starting daemon, and judge what was heard (R12, R13)."""

import os
import select
import time

from djobs_local import attempts, ready_pipe, spawn
from djobs_protocol.errors import DjobsError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Word = tuple[str, dict[str, Any]]

LOG_TAIL_BYTES = 1200
"""Less than a reason may have, because what counts stands at the end."""

CHUNK_BYTES = 4096

DIED: "Word" = ("", {})
"""End of file without a final word."""


def listen(
    fd: int, deadline: "Callable[[], float]", progressed: "Callable[[], None]"
) -> "Word | None":
    """Return the daemon's final word, ``DIED``, or None when the deadline passed first.

    ``progressed`` is called for every sign of life; ``deadline`` is asked again after each.
    """
    buffer = b""
    while len(buffer) <= ready_pipe.LINE_BYTES_MAX:
        line, newline, rest = buffer.partition(b"\n")
        if newline:
            buffer = rest
            word = ready_pipe.parse_line(line)
            if word is not None and word[0] != "progress":
                return word
            progressed()
            continue
        if not _readable(fd, deadline() - time.monotonic()):
            return None
        got = os.read(fd, CHUNK_BYTES)
        if not got:
            return DIED
        buffer += got
    return DIED


def _readable(fd: int, seconds: float) -> bool:
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(max(0.0, seconds) * 1000))


def judge(attempt: attempts.Attempt, heard: "Word | None", child: spawn.Spawned) -> bool:
    """Write the outcome into ``attempt``; False when another daemon was there first."""
    status = spawn.reap(child.pid)
    if heard is None:
        attempt.outcome = attempts.SLOW
        return True
    word, info = heard
    if word == "ready":
        attempt.outcome = attempts.READY
        return True
    if info.get("stage") == ready_pipe.LOST_ELECTION:
        return False
    attempt.outcome = attempts.FAILED
    if word:
        _copy_reason(attempt, info)
    else:
        words = log_tail(child.log)
        attempt.stage = attempts.DIED if words or status else attempts.KILLED
        attempt.text = death_notice(status, words)
    return True


def not_spawned(attempt: attempts.Attempt, error: OSError | DjobsError) -> None:
    """Write into ``attempt`` why there is not even a process."""
    attempt.outcome, attempt.stage = attempts.FAILED, "spawn"
    if isinstance(error, DjobsError):
        attempt.text, attempt.path = error.message, str(error.data.get("path", ""))
    else:
        attempt.text = f"Could not start the daemon: {error}."
        attempt.errno, attempt.path = error.errno, str(error.filename or "")


def _copy_reason(attempt: attempts.Attempt, info: "dict[str, Any]") -> None:
    told = attempts.Attempt.from_record({**info, "at": attempt.at})
    if told is not None:
        take_over(attempt, told, attempt.outcome)


def take_over(attempt: attempts.Attempt, told: attempts.Attempt, outcome: str = "") -> None:
    """Write what another record says of this start into it; its log stays."""
    attempt.outcome = outcome or told.outcome
    attempt.stage, attempt.errno, attempt.path = told.stage, told.errno, told.path
    attempt.code, attempt.text = told.code, told.text


def death_notice(status: int | None, last_words: str) -> str:
    """Say how a daemon that left no word ended. ``status`` is the launcher's, if it is known."""
    how = "The daemon died before it was ready"
    if status is not None and status < 0:
        how += f" (killed by {_signal_name(-status)})"
    elif status:
        how += f" (exit status {status})"
    if last_words:
        return f"{how}; its last words: {last_words}"
    if status:
        return f"{how} and printed nothing."
    return f"{how} and printed nothing, as one does that is killed (SIGKILL, out of memory)."


def _signal_name(number: int) -> str:
    import signal  # only for a daemon that died

    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def log_tail(path: str) -> str:
    """Return the end of an attempt's log; empty when it cannot be read."""
    try:
        with open(path, "rb") as log:
            log.seek(max(0, os.fstat(log.fileno()).st_size - LOG_TAIL_BYTES))
            return log.read(LOG_TAIL_BYTES).decode("utf-8", "replace").strip()
    except OSError:
        return ""
