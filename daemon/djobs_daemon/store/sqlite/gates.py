"""What no claim may take now, because it is paused or has reached a limit.

Lives on the writer's thread and remembers whether there is any pause or limit: as long as there is
none, a claim asks the database nothing about them.
"""

import sqlite3
from typing import Final, NamedTuple

from djobs_daemon.queue.limits import concerns, is_reached
from djobs_daemon.store.records import JobRow, LimitRow
from djobs_daemon.store.sqlite import limits, pauses
from djobs_daemon.store.sqlite.rows import scalar

_TYPE: Final = "SELECT seq FROM types WHERE name = ?"
_WORKSPACE: Final = "SELECT seq FROM workspaces WHERE path = ?"


class Closed(NamedTuple):
    """What no claim may take, by number."""

    everything: bool = False
    types: frozenset[int] = frozenset()
    workspaces: frozenset[int] = frozenset()


NOTHING: Final = Closed()


class Gates:
    """The pauses and limits of a database, as far as they must be remembered."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._nothing_paused = False
        self._limits: list[LimitRow] | None = None
        """Their counts are as old as the memory."""

    def forget(self) -> None:
        """Look everything up anew: something changed, or was taken back."""
        self._nothing_paused = False
        self._limits = None

    @property
    def limits(self) -> list[LimitRow]:
        """The limits; how they stand may be out of date."""
        if self._limits is None:
            self._limits = limits.rows(self._db)
        return self._limits

    def closed(self, now: int) -> Closed:
        """Return what is closed. Resources are not among it: jobs that wait for one are parked."""
        paused = self._paused()
        if not self.limits or paused.everything:
            return paused
        reached = [limit for limit in self.as_they_stand(now) if is_reached(limit, now)]
        return Closed(
            False,
            paused.types | self._numbers("type", _TYPE, reached),
            paused.workspaces | self._numbers("workspace", _WORKSPACE, reached),
        )

    def _paused(self) -> Closed:
        """Return what is paused; what is so before its first job has no number to remember."""
        self._nothing_paused = self._nothing_paused or not pauses.rows(self._db)
        return NOTHING if self._nothing_paused else Closed(*pauses.paused(self._db))

    def as_they_stand(self, now: int) -> list[LimitRow]:
        """Return the limits with their counts of now, none of them of the future."""
        standing = limits.rows(self._db)
        if any(each.oldest_start is not None and each.oldest_start > now for each in standing):
            limits.bring_to_now(self._db, now)
            standing = limits.rows(self._db)
        return standing

    def note_start(self, job: JobRow, now: int) -> bool:
        """Count a start under the rates that concern the job; say whether there are any."""
        if not any(limit.starts is not None and concerns(limit, job) for limit in self.limits):
            return False
        limits.note_start(self._db, job, now)
        return True

    def bound(self, job: JobRow) -> bool:
        """Say whether the job counts under a limit of how many run: its end lets another start."""
        return any(limit.running is not None and concerns(limit, job) for limit in self.limits)

    def _numbers(self, scope: str, find: str, reached: list[LimitRow]) -> set[int]:
        found = {
            scalar(self._db.execute(find, (limit.subject,)))
            for limit in reached
            if limit.scope == scope
        }
        return found - {None}
