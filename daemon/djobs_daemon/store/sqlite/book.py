"""What the writer remembers between transactions, and puts back when one fails.

Lives on the writer's thread. Job numbers, event numbers and the head of the hash chain are counted
here instead of being asked for, so a batch is inserted in bulk.
"""

import sqlite3
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from djobs_daemon.queue.ids import numbering
from djobs_daemon.store.sqlite.chain import first_hash, next_hash
from djobs_daemon.store.sqlite.names import Names, Sessions
from djobs_daemon.store.sqlite.rows import scalar

_NEWEST_EVENT: Final = "SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1"
_HIGHEST_JOB: Final = "SELECT seq FROM sqlite_sequence WHERE name = 'jobs'"
_ADD_EVENT: Final = """
    INSERT INTO events (seq, at, kind, job, run, from_state, to_state, terminal, type, workflow,
        session, agent, note, data, content, hash)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


class Place(NamedTuple):
    """Where the counters stand."""

    next_job: int
    next_event: int
    head: bytes


class Book:
    """The writer's counters and known names."""

    def __init__(self, db: sqlite3.Connection, database: str) -> None:
        self.db = db
        self.database = database
        self.name = numbering(database)
        self.types = Names(db, "types", "name")
        self.workspaces = Names(db, "workspaces", "path")
        self.workflows = Names(db, "workflows", "correlation_id")
        self.sessions = Sessions(db)
        self.reload()

    def reload(self) -> None:
        """Read the counters from the database."""
        newest, head = self.db.execute(_NEWEST_EVENT).fetchone() or (0, first_hash(self.database))
        self.next_job: int = (scalar(self.db.execute(_HIGHEST_JOB)) or 0) + 1
        self.next_event: int = newest + 1
        self.head: bytes = head

    def place(self) -> Place:
        """Return where the counters stand."""
        return Place(self.next_job, self.next_event, self.head)

    def return_to(self, place: Place) -> None:
        """Put the counters back after a rollback, and forget names it may have taken back."""
        self.next_job, self.next_event, self.head = place
        for names in (self.types, self.workspaces, self.workflows, self.sessions):
            names.forget()

    def add_event(self, line: Sequence[Any], session: str) -> None:
        """Append one line; see ``add_events``."""
        self.db.execute(_ADD_EVENT, self._chained(line, session))

    def add_events(self, lines: Sequence[Sequence[Any]], session: str) -> None:
        """Append lines (the columns between ``seq`` and ``hash``), numbered and chained.

        The chain covers the session's own id, not the number that stands in the row.
        """
        self.db.executemany(_ADD_EVENT, [self._chained(line, session) for line in lines])

    def _chained(self, line: Sequence[Any], session: str) -> tuple[Any, ...]:
        seq = self.next_event
        self.next_event = seq + 1
        self.head = next_hash(self.head, (seq, session, *line))
        return (seq, *line, self.head)
