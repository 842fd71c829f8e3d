"""The folder of copies of the database: what they are called, and which of them are kept.

``jobs-<UTC>.db`` was made by the daemon, as a matter of course or because somebody asked; what is
kept of them is a rule. ``replaced-<UTC>.db`` was in use until somebody put another in its place;
those stay until somebody removes them.
"""

import os
from datetime import UTC, datetime

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

MADE = "jobs-"
REPLACED = "replaced-"
SUFFIX = ".db"
_STAMP = "%Y%m%dT%H%M%S.%f"


class Generation:
    """One copy."""

    __slots__ = ("bytes", "name", "path", "taken_at")

    def __init__(self, folder: str, name: str, taken_at: datetime) -> None:
        self.name = name
        self.path = os.path.join(folder, name)
        self.taken_at = taken_at
        try:
            self.bytes = os.stat(self.path).st_size
        except OSError:
            self.bytes = 0

    @property
    def was_replaced(self) -> bool:
        """Say whether it was in use until another was put in its place."""
        return self.name.startswith(REPLACED)


def name_at(prefix: str, now_ms: int) -> str:
    """Return the name of a copy taken at a time."""
    return f"{prefix}{datetime.fromtimestamp(now_ms / 1000, UTC).strftime(_STAMP)[:-3]}Z{SUFFIX}"


def taken_at(name: str) -> datetime | None:
    """Return when the copy of that name was taken; None if it is no name of a copy."""
    stamp = name.removeprefix(REPLACED).removeprefix(MADE)
    if stamp == name:
        return None
    try:
        return datetime.strptime(stamp, f"{_STAMP}Z{SUFFIX}").replace(tzinfo=UTC)
    except ValueError:
        return None


def generations(folder: str) -> list[Generation]:
    """Return the copies in a folder, oldest first."""
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    dated = [(moment, name) for name in names if (moment := taken_at(name)) is not None]
    return [Generation(folder, name, moment) for moment, name in sorted(dated)]


def superfluous(made: "Sequence[Generation]", newest: int, weeks: int) -> "list[Generation]":
    """Return what is not kept of the copies that the daemon made, given oldest first.

    Kept are the ``newest``, and the newest of each of the last ``weeks`` weeks that have any.
    """
    of_week = {each.taken_at.isocalendar()[:2]: each.name for each in made}
    kept = {each.name for each in made[-newest:]} if newest else set()
    kept |= set([*of_week.values()][-weeks:]) if weeks else set()
    return [each for each in made if each.name not in kept]
