"""The mark that keeps clients from starting a daemon that its user stopped (R28).

A mark that expired, belongs to an earlier boot or cannot be read is no mark.
"""

from djobs_local import identity
from djobs_local.attempts import now_ms
from djobs_local.records import integer, read_record, remove_record, text, write_record
from djobs_protocol.endpoint import STOP_MARK, state_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

UNTIL_BOOT = "boot"


class StopMark:
    """Who stopped the daemon and for how long. Times are milliseconds since the epoch."""

    __slots__ = ("at", "by", "until")

    def __init__(self, at: int, by: str, until: int | str | None) -> None:
        self.at = at
        self.by = by
        self.until = until
        """``None`` for good, ``"boot"`` to the next boot, or a time."""

    @property
    def passes(self) -> bool:
        """Whether it ends by itself within this boot, as that of a restart does."""
        return isinstance(self.until, int)

    def sentence(self, now: int) -> str:
        """Return what to tell somebody whose request needs the daemon."""
        ago = _span(max(0, now - self.at) // 1000)
        return f"The daemon was stopped on purpose {ago} ago by {self.by or 'somebody'}."


def _span(seconds: int) -> str:
    for length, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"


def write_stop_mark(state: str, by: str, until: int | str | None = None) -> None:
    """Leave the mark; ``until`` is milliseconds since the epoch, ``"boot"``, or None for good."""
    write_record(
        state_file(state, STOP_MARK),
        {
            "schema": 1,
            "at": now_ms(),
            "by": by,
            "until": until,
            "boot": identity.boot_id(),
        },
    )


def read_stop_mark(state: str) -> StopMark | None:
    """Return the mark in force, or None."""
    record = read_record(state_file(state, STOP_MARK))
    if record is None:
        return None
    return _in_force(record, now_ms(), identity.boot_id())


def _in_force(record: "dict[str, Any]", now: int, boot: str | None) -> StopMark | None:
    at = integer(record, "at")
    if at is None:
        return None
    mark = StopMark(at, text(record, "by"), record.get("until"))
    if mark.until is None:
        return mark
    if mark.until == UNTIL_BOOT:
        return mark if text(record, "boot") == (boot or "") else None
    until = integer(record, "until")
    return mark if until is not None and now < until else None


def clear_stop_mark(state: str) -> None:
    """Remove the mark; the next client may start the daemon."""
    remove_record(state_file(state, STOP_MARK))
