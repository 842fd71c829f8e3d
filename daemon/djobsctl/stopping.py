"""Stopping the daemon and meaning it (R28).

The mark comes first, so that no hook or editor starts it again meanwhile. Done is when the kernel
lock is free and nobody is about to take it, not when the daemon says so.
"""

import time

from djobs_local import identity, locks
from djobs_local.attempts import forget_attempts
from djobs_local.call import connect
from djobs_local.folders import prepare_state, refuse_real_home
from djobs_local.presence import Kind, Presence, is_alive, look
from djobs_local.stop_mark import clear_stop_mark, read_stop_mark, write_stop_mark
from djobs_protocol.endpoint import DAEMON_LOCK, ENDPOINT_RECORD, SPAWN_LOCK, state_file
from djobs_protocol.errors import DjobsError, ErrorCode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from djobsctl.talk import Talk

STOP_SECONDS_DEFAULT = 30.0
"""How long to wait for the daemon to be gone; draining has a shorter bound of its own."""
TERM_GRACE_SECONDS = 5.0
"""From SIGTERM to SIGKILL when the stop is forced."""
KILL_SECONDS = 5.0
"""From SIGKILL to a free lock; the kernel needs milliseconds."""
ANSWER_SECONDS = 2.0
POLL_SECONDS = 0.01
"""Between two looks at a lock: the kernel tells nobody when a lock becomes free."""

_NO_ANSWER = (ErrorCode.DEADLINE_EXCEEDED, ErrorCode.UNAVAILABLE, ErrorCode.DRAINING)


class Stopped:
    """What a stop found and left. ``counts`` are the jobs it last knew of, by state."""

    def __init__(self) -> None:
        self.was_running = False
        self.forced = False
        self.pid: int | None = None
        self.counts: dict[str, int] = {}

    def as_document(self) -> "dict[str, Any]":
        """Return it as plain values."""
        return {
            "was_running": self.was_running,
            "pid": self.pid,
            "forced": self.forced,
            "jobs": self.counts,
        }


def stop(home: str, talk: "Talk", *, force: bool, timeout_seconds: float) -> Stopped:
    """Mark the daemon as stopped, end it, and return when it is gone.

    ``DjobsError(UNRESPONSIVE)`` when it does not go; the mark is taken back then, because the
    command has failed and left no trace.
    """
    refuse_real_home(home)
    prepare_state(home)
    marked_before = read_stop_mark(home) is not None
    write_stop_mark(home, by="djobsctl stop")
    try:
        return _end(home, talk, force=force, deadline=time.monotonic() + timeout_seconds)
    except BaseException:
        if not marked_before:
            clear_stop_mark(home)
        raise


def _end(home: str, talk: "Talk", *, force: bool, deadline: float) -> Stopped:
    done = Stopped()
    seen = _settled(home, deadline)
    if not seen.running and not is_alive(home):
        return done
    done.was_running, done.pid = True, seen.pid
    with talk.waiting("Waiting for the daemon to finish what it is doing ..."):
        asked = seen.kind is not Kind.MUTE and _ask(home, done)
        if not asked and seen.kind is not Kind.DRAINING and not force:
            raise _mute(seen)
        patience = min(deadline, time.monotonic() + TERM_GRACE_SECONDS) if force else deadline
        if not (asked or seen.kind is Kind.DRAINING) or not _gone_by(home, patience):
            if not force:
                raise _still_there(seen)
            _kill(home, seen)
            done.forced = True
    forget_attempts(home)
    return done


def _settled(home: str, deadline: float) -> Presence:
    """Look until nobody is half-way through a start that began before the mark was there."""
    while True:
        seen = look(home)
        under_way = seen.kind is Kind.STARTING or locks.is_held(state_file(home, SPAWN_LOCK))
        if not under_way or time.monotonic() >= deadline:
            return seen
        time.sleep(POLL_SECONDS)


def _ask(home: str, done: Stopped) -> bool:
    """Ask the daemon to stop; False when it does not answer. Notes what will survive it."""
    try:
        with connect(home, spawn=False, deadline_seconds=ANSWER_SECONDS) as connection:
            done.pid = connection.peer_pid or done.pid
            done.counts = connection.call("daemon.health", {}, ANSWER_SECONDS).get("counts", {})
            connection.call("daemon.stop", {"reason": "djobsctl stop"}, ANSWER_SECONDS)
    except DjobsError as error:
        if error.code in (*_NO_ANSWER, ErrorCode.UNRESPONSIVE, ErrorCode.STOPPED_BY_USER):
            return not is_alive(home)
        raise
    return True


def _gone_by(home: str, deadline: float) -> bool:
    """Wait for both of the daemon's locks; False when they are still held at the deadline."""
    while is_alive(home):
        if time.monotonic() >= deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def _kill(home: str, seen: Presence) -> None:
    """End the process that holds the lock, once it is proven which one that is (R4)."""
    import signal

    target = _verified(home, seen)
    identity.send_signal(target, signal.SIGTERM)
    # A stopped process does not act on SIGTERM until it is continued.
    identity.send_signal(target, signal.SIGCONT)
    if _gone_by(home, time.monotonic() + TERM_GRACE_SECONDS):
        return
    identity.send_signal(target, signal.SIGKILL)
    if not _gone_by(home, time.monotonic() + KILL_SECONDS):
        raise _still_there(seen)


def _verified(home: str, seen: Presence) -> identity.ProcessIdentity:
    """Return the identity of the lock's holder; raise when its record does not prove it."""
    from djobs_local.records import read_record

    record = seen.record or read_record(state_file(home, ENDPOINT_RECORD))
    recorded = identity.ProcessIdentity.from_record(record)
    holder = locks.holder_pid(state_file(home, DAEMON_LOCK))
    if recorded is None or identity.compare(recorded) is not identity.Comparison.SAME:
        raise _unproven(holder)
    if holder is not None and holder != recorded.pid:
        raise _unproven(holder)
    return recorded


def _unproven(holder: int | None) -> DjobsError:
    who = f"pid {holder} by the kernel's word" if holder else "unknown"
    return DjobsError(
        ErrorCode.UNRESPONSIVE,
        f"It cannot be proven which process holds the lock ({who}); none was signalled.",
        hint="Look at that process yourself before you end it.",
        pid=holder,
    )


def _mute(seen: Presence) -> DjobsError:
    who = f"pid {seen.pid}" if seen.pid else "pid unknown"
    return DjobsError(
        ErrorCode.UNRESPONSIVE,
        f"The daemon ({who}) is alive but not answering: use --force.",
        hint="`djobsctl stop --force` ends it; what it acknowledged is on disk.",
        pid=seen.pid,
    )


def _still_there(seen: Presence) -> DjobsError:
    return DjobsError(
        ErrorCode.UNRESPONSIVE,
        f"The daemon (pid {seen.pid or 'unknown'}) has been told to stop but still runs.",
        hint="Wait and run `djobsctl stop` again, or end it with `djobsctl stop --force`.",
        pid=seen.pid,
    )
