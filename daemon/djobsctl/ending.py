"""Ending the process that holds the daemon's lock, once it is proven which one that is (R4)."""

import signal
import time

from djobs_local import identity, locks
from djobs_local.presence import Presence, is_alive
from djobs_local.records import read_record
from djobs_local.traces import stale_record
from djobs_protocol.endpoint import DAEMON_LOCK, ENDPOINT_RECORD, state_file
from djobs_protocol.errors import DjobsError, ErrorCode

TERM_GRACE_SECONDS = 5.0
"""From SIGTERM to SIGKILL when the stop is forced."""
KILL_SECONDS = 5.0
"""From SIGKILL to a free lock; the kernel needs milliseconds."""
POLL_SECONDS = 0.01
"""Between two looks at a lock: the kernel tells nobody when a lock becomes free."""


def gone_by(home: str, deadline: float) -> bool:
    """Wait for both of the daemon's locks; False when they are still held at the deadline."""
    while is_alive(home):
        if time.monotonic() >= deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def ask_by_signal(home: str) -> None:
    """Send the signal on which a daemon drains and ends, as it does when it is asked."""
    identity.send_signal(_proven(home), signal.SIGTERM)


def end(home: str, seen: Presence) -> None:
    """End it: SIGTERM, and SIGKILL when that does not help."""
    target = _proven(home)
    identity.send_signal(target, signal.SIGTERM)
    # A stopped process does not act on SIGTERM until it is continued.
    identity.send_signal(target, signal.SIGCONT)
    if gone_by(home, time.monotonic() + TERM_GRACE_SECONDS):
        return
    identity.send_signal(target, signal.SIGKILL)
    if not gone_by(home, time.monotonic() + KILL_SECONDS):
        raise still_there(seen)


def _proven(home: str) -> identity.ProcessIdentity:
    """Return the identity of the lock's holder; raise when its record does not prove it."""
    recorded = identity.ProcessIdentity.from_record(read_record(state_file(home, ENDPOINT_RECORD)))
    holder = locks.holder_pid(state_file(home, DAEMON_LOCK))
    if recorded is None or identity.compare(recorded) is not identity.Comparison.SAME:
        raise _unproven(home, holder)
    if holder is not None and holder != recorded.pid:
        raise _unproven(home, holder)
    return recorded


def _unproven(home: str, holder: int | None) -> DjobsError:
    who = f"pid {holder} by the kernel's word" if holder else "unknown"
    sentences = (
        f"It cannot be proven which process holds the lock ({who}); none was signalled.",
        stale_record(home),
    )
    return DjobsError(
        ErrorCode.UNRESPONSIVE,
        " ".join(filter(None, sentences)),
        hint="Look at that process yourself before you end it.",
        pid=holder,
    )


def still_there(seen: Presence) -> DjobsError:
    """Return the error for a daemon that does not go."""
    return DjobsError(
        ErrorCode.UNRESPONSIVE,
        f"The daemon (pid {seen.pid or 'unknown'}) has been told to stop but still runs.",
        hint="Wait and run `djobsctl stop` again, or end it with `djobsctl stop --force`.",
        pid=seen.pid,
    )
