"""Stopping the daemon and meaning it (R28).

The mark comes first, so that no hook or editor starts it again meanwhile. Done is when the kernel
lock is free and nobody is about to take it, not when the daemon says so.
"""

import time

from djobs_local import locks
from djobs_local.attempts import forget_attempts, now_ms
from djobs_local.call import connect
from djobs_local.folders import prepare_state, refuse_real_home
from djobs_local.presence import Kind, Presence, is_alive, look
from djobs_local.stop_mark import clear_stop_mark, read_stop_mark, write_stop_mark
from djobs_local.traces import stale_record
from djobs_protocol.endpoint import SPAWN_LOCK, state_file
from djobs_protocol.errors import DjobsError, ErrorCode
from djobsctl import ending
from djobsctl.ending import POLL_SECONDS
from djobsctl.turn import FORCED_TURN_SECONDS, turn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from djobsctl.talk import Talk

STOP_SECONDS_DEFAULT = 30.0
"""How long to wait for the daemon to be gone; draining has a shorter bound of its own."""
ANSWER_SECONDS = 2.0

_PASSING = (
    ErrorCode.UNRESPONSIVE,
    ErrorCode.UNAVAILABLE,
    ErrorCode.STOPPED_BY_USER,
    ErrorCode.DEADLINE_EXCEEDED,
    ErrorCode.BUSY,
)
"""What a daemon at its very end may look like: it is asked again for ``ANSWER_SECONDS``."""

_REFUSALS = (ErrorCode.BUSY, ErrorCode.PROTOCOL_MISMATCH)
"""It lives and is well, and only cannot be asked over its socket."""


class Stopped:
    """What a stop found and left. ``counts`` are the jobs it last knew of, by state."""

    def __init__(self) -> None:
        self.was_running = False
        self.forced = False
        self.pid: int | None = None
        self.counts: dict[str, int] = {}
        self.unmarked = ""
        """Why no mark keeps it stopped; empty when one does."""
        self.stale_record = ""
        """What became of the daemon in the record, when nothing ran."""

    def as_document(self) -> "dict[str, Any]":
        """Return it as plain values."""
        return {
            "was_running": self.was_running,
            "pid": self.pid,
            "forced": self.forced,
            "jobs": self.counts,
            "unmarked": self.unmarked or None,
            "stale_record": self.stale_record or None,
        }


def stop(home: str, talk: "Talk", *, force: bool, timeout_seconds: float) -> Stopped:
    """Mark the daemon as stopped, end it, and return when it is gone.

    ``DjobsError(UNRESPONSIVE)`` when it does not go; the mark is taken back then, because the
    command has failed and left no trace.
    """
    refuse_real_home(home)
    prepare_state(home)
    deadline = time.monotonic() + timeout_seconds
    with turn(home, FORCED_TURN_SECONDS if force else timeout_seconds):
        return stop_in_turn(home, talk, "djobsctl stop", force=force, deadline=deadline)


def stop_in_turn(
    home: str,
    talk: "Talk",
    by: str,
    *,
    force: bool,
    deadline: float,
    mark_seconds: float | None = None,
) -> Stopped:
    """Do what ``stop`` says; ``mark_seconds`` makes the mark pass by itself after so long."""
    before = read_stop_mark(home)
    marked_before = before is not None
    stays = before is not None and before.until is None and mark_seconds is None
    unmarked = "" if stays else _mark(home, talk, by, mark_seconds)
    try:
        done = _end(home, talk, force=force, deadline=deadline)
    except BaseException:
        if not marked_before:
            clear_stop_mark(home)
        raise
    done.unmarked = unmarked
    return done


def _mark(home: str, talk: "Talk", by: str, seconds: float | None) -> str:
    """Leave the mark; return why there is none, which stops no stop: a full disk is a reason."""
    until = None if seconds is None else now_ms() + int(seconds * 1000)
    try:
        write_stop_mark(home, by, until)
    except OSError as error:
        problem = f"The stop mark {error.filename} could not be written: {error.strerror}."
        talk.say(f"{problem} Stopping all the same.")
        return problem
    return ""


def _end(home: str, talk: "Talk", *, force: bool, deadline: float) -> Stopped:
    done = Stopped()
    seen = _settled(home, deadline)
    if not _is_there(home, seen):
        done.stale_record = stale_record(home)
        return done
    done.was_running, done.pid = True, seen.pid
    with talk.waiting("Waiting for the daemon to finish what it is doing ..."):
        trouble = _ask_until_heard(home, done, min(deadline, time.monotonic() + ANSWER_SECONDS))
        if trouble is not None and not force:
            raise trouble
        patience = time.monotonic() + ending.TERM_GRACE_SECONDS if force else deadline
        if trouble is not None or not ending.gone_by(home, min(deadline, patience)):
            if not force:
                raise ending.still_there(seen)
            ending.end(home, seen)
            done.forced = True
    forget_attempts(home)
    return done


def _is_there(home: str, seen: Presence) -> bool:
    return seen.running or is_alive(home)


def _settled(home: str, deadline: float) -> Presence:
    """Look until nobody is half-way through a start that began before the mark was there."""
    while True:
        seen = look(home)
        under_way = seen.kind is Kind.STARTING or locks.is_held(state_file(home, SPAWN_LOCK))
        if not under_way or time.monotonic() >= deadline:
            return seen
        time.sleep(POLL_SECONDS)


def _ask_until_heard(home: str, done: Stopped, patience: float) -> DjobsError | None:
    """Ask the daemon to stop; None when it will or is gone, else why it could not be asked.

    What is seen is old when it is acted on: others stop it too, and a daemon in its last moments
    neither listens nor has a record. So silence counts only when it lasts.
    """
    while True:
        seen = look(home)
        if seen.kind is Kind.DRAINING or seen.leaving or not _is_there(home, seen):
            return None
        trouble = _mute(seen) if seen.kind is Kind.MUTE else _ask(home, done)
        if trouble is None or trouble.code is ErrorCode.DRAINING:
            return None
        if trouble.code not in _PASSING or time.monotonic() >= patience:
            # Asking took its time, and what it met may be gone by now.
            return _ask_by_signal(home, trouble) if _is_there(home, look(home)) else None
        time.sleep(POLL_SECONDS)


def _ask(home: str, done: Stopped) -> DjobsError | None:
    """Ask over the socket; return why it was not heard. Notes what will survive the daemon."""
    try:
        with connect(home, spawn=False, deadline_seconds=ANSWER_SECONDS) as connection:
            done.pid = connection.peer_pid or done.pid
            done.counts = connection.call("daemon.health", {}, ANSWER_SECONDS).get("counts", {})
            connection.call("daemon.stop", {"reason": "djobsctl stop"}, ANSWER_SECONDS)
    except DjobsError as error:
        return error
    return None


def _ask_by_signal(home: str, trouble: DjobsError) -> DjobsError | None:
    """Ask a daemon that takes no request from us; return the trouble when that is not possible."""
    if trouble.code not in _REFUSALS:
        return trouble
    try:
        ending.ask_by_signal(home)
    except DjobsError:
        return trouble
    return None


def _mute(seen: Presence) -> DjobsError:
    who = f"pid {seen.pid}" if seen.pid else "pid unknown"
    return DjobsError(
        ErrorCode.UNRESPONSIVE,
        f"The daemon ({who}) is alive but not answering: use --force.",
        hint="`djobsctl stop --force` ends it; what it acknowledged is on disk.",
        pid=seen.pid,
    )
