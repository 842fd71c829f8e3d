"""What a daemon left behind, when it cannot be asked: who it was, and when it last did something.

For sentences only. Nothing is decided, started or signalled because of what is found here.
"""

import os

from djobs_local import identity
from djobs_local.records import read_record
from djobs_protocol.endpoint import DAEMON_LOG, DATABASE, ENDPOINT_RECORD, state_file

_SIGNS = {
    "its log": DAEMON_LOG,
    "its database": f"{DATABASE}-wal",
    "its record": ENDPOINT_RECORD,
}
"""Files that nobody but a living daemon writes."""


class Sign:
    """The newest sign of life. ``at`` is milliseconds since the epoch."""

    __slots__ = ("at", "what")

    def __init__(self, at: int, what: str) -> None:
        self.at = at
        self.what = what

    def sentence(self, now: int) -> str:
        """Return it for a person: the daemon may have had nothing to write since."""
        return f"Last sign of life: {self.what} was written {max(0, now - self.at) // 1000} s ago."


def last_sign(state: str) -> Sign | None:
    """Return what the daemon of a state folder wrote last; None when it wrote nothing."""
    found = [
        Sign(written, what)
        for what, name in _SIGNS.items()
        if (written := _written_ms(state_file(state, name))) is not None
    ]
    return max(found, key=lambda sign: sign.at, default=None)


def _written_ms(path: str) -> int | None:
    try:
        return os.lstat(path).st_mtime_ns // 1_000_000
    except OSError:
        return None


def stale_record(state: str) -> str:
    """Say who the recorded daemon was, if the record is no longer true; else "" (R4)."""
    record = read_record(state_file(state, ENDPOINT_RECORD))
    recorded = identity.ProcessIdentity.from_record(record)
    if recorded is None or identity.compare(recorded) is identity.Comparison.SAME:
        return ""
    return f"The recorded daemon is {identity.describe(recorded)}."
