"""How many jobs of a workflow are in each state, kept beside the jobs: counting costs nothing.

What a transaction counts is collected and written once, before it commits or when one of its own
requests asks: sixteen clients that fill one workflow change its row once, not sixteen times.
"""

import sqlite3
from collections.abc import Iterable
from typing import Final, NamedTuple

from djobs_daemon.store.records import JobRow
from djobs_protocol.states import TERMINAL_STATES, JobState

BLOCKED: Final = "blocked"
"""The tally of pending jobs with unmet dependencies; the others are named by state."""
ARCHIVED: Final = "archived"
"""The tally of jobs that are in no other, whatever their state."""
OPEN: Final = frozenset(state.value for state in JobState if state not in TERMINAL_STATES)

_UP: Final = """
    INSERT INTO tallies (workflow, what, jobs) VALUES (?, ?, ?)
    ON CONFLICT (workflow, what) DO UPDATE SET jobs = jobs + excluded.jobs
"""
_UNFINISHED: Final = """
    SELECT sum(jobs) FROM tallies
    WHERE workflow = ? AND what IN ('pending', 'running', 'retry_scheduled')
"""
_DOWN: Final = "UPDATE tallies SET jobs = jobs - ? WHERE workflow = ? AND what = ?"


class Place(NamedTuple):
    """How many changes were counted, and how many of them are written."""

    counted: int
    written: int


class Tallies:
    """The changes of one transaction."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._changes: list[tuple[int, str, int]] = []
        self._written = 0
        self._unfinished: dict[int, int] = {}
        """Of workflows that were asked about, as of now."""

    def count(self, workflow: int, what: str, change: int) -> None:
        """Count up, or down, in a workflow."""
        self._changes.append((workflow, what, change))
        if workflow in self._unfinished and what in OPEN:
            self._unfinished[workflow] += change

    def unfinished(self, workflow: int) -> int:
        """Return how many jobs of a workflow are open; asked of the database once a transaction."""
        if workflow not in self._unfinished:
            written = self._db.execute(_UNFINISHED, (workflow,)).fetchone()[0] or 0
            waiting = self._changes[self._written :]
            self._unfinished[workflow] = written + sum(
                change for where, what, change in waiting if where == workflow and what in OPEN
            )
        return self._unfinished[workflow]

    def count_move(self, workflow: int, job: JobRow, state: JobState) -> None:
        """Count a job over from the state it was in to ``state``."""
        self.count(workflow, place_of(job), -1)
        self.count(workflow, state.value, 1)
        if job.blockers and JobState.PENDING in (job.state, state):
            self.count(workflow, BLOCKED, 1 if state is JobState.PENDING else -1)

    def write(self) -> None:
        """Write what is not written yet: before a commit, and before tallies are read."""
        for (workflow, what), change in _sums(self._changes[self._written :]).items():
            if change > 0:
                self._db.execute(_UP, (workflow, what, change))
            elif change < 0:
                self._db.execute(_DOWN, (-change, workflow, what))
        self._written = len(self._changes)

    def place(self) -> Place:
        """Return how far counting and writing have come."""
        return Place(len(self._changes), self._written)

    def return_to(self, place: Place) -> None:
        """Forget what was counted since; the database takes back what was written since."""
        del self._changes[place.counted :]
        self._unfinished.clear()
        self._written = place.written

    def begin(self) -> None:
        """Forget the transaction that is over."""
        self._changes.clear()
        self._unfinished.clear()
        self._written = 0


def place_of(job: JobRow) -> str:
    """Return the tally that a job is counted in."""
    return job.state.value if job.archived_at is None else ARCHIVED


def _sums(changes: Iterable[tuple[int, str, int]]) -> dict[tuple[int, str], int]:
    sums: dict[tuple[int, str], int] = {}
    for workflow, what, change in changes:
        sums[workflow, what] = sums.get((workflow, what), 0) + change
    return sums
