"""What the writer remembers between transactions, and puts back when one fails.

Lives on the writer's thread. Job numbers, event numbers and the head of the hash chain are counted
here instead of being asked for, so a batch is inserted in bulk.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from djobs_daemon.queue.ids import numbering
from djobs_daemon.store.records import Committed, JobRow, Ready, as_ready
from djobs_daemon.store.sqlite.additions import Additions
from djobs_daemon.store.sqlite.anchor import chain_start
from djobs_daemon.store.sqlite.chain import next_hash, text_digest
from djobs_daemon.store.sqlite.gates import Gates
from djobs_daemon.store.sqlite.names import JobNames, Sessions
from djobs_daemon.store.sqlite.rows import scalar
from djobs_daemon.store.sqlite.tallies import Place as TalliesPlace
from djobs_daemon.store.sqlite.tallies import Tallies
from djobs_protocol.states import TERMINAL_EVENTS, JobState
from djobs_protocol.values import Defaults

_NEWEST_EVENT: Final = "SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1"
_HIGHEST_JOB: Final = "SELECT seq FROM sqlite_sequence WHERE name = 'jobs'"


class EventLine(NamedTuple):
    """A line of the history that has no number yet. Its order is the order of the hash."""

    at: int
    kind: str
    job: int
    run: int
    before: str | None
    after: str
    type: str
    correlation_id: str
    workspace: str
    session: str
    agent: str | None
    note: str | None = None
    data: str | None = None
    """JSON of the columns that the event set."""
    text: str | None = None
    """A payload, evidence or an error, whole."""


class Place(NamedTuple):
    """Where the counters stand."""

    next_job: int
    next_event: int
    head: bytes
    ready: int
    ended: int
    names: int
    sessions: int
    tallies: TalliesPlace


class Book:
    """The writer's counters and known names."""

    def __init__(self, db: sqlite3.Connection, database: str) -> None:
        self.connection = db
        self.database = database
        self.name = numbering(database)
        self.names = JobNames(db)
        self.sessions = Sessions(db)
        self.tallies = Tallies(db)
        self.additions = Additions(db)
        self.gates = Gates(db)
        self.ready: list[Ready] = []
        self.ended: list[str] = []
        self.deadlines_moved = False
        self.earliest_lease: int | None = None
        self.resumed = False
        self.type_defaults: Mapping[str, Defaults] | None = None
        """Of every type that has any; None until somebody asks."""
        self._read_counters()

    @property
    def db(self) -> sqlite3.Connection:
        """The connection, with everything added so far written."""
        self.additions.write()
        return self.connection

    @property
    def jobs_db(self) -> sqlite3.Connection:
        """The connection, with every job written, though not every text."""
        self.additions.write_jobs()
        return self.connection

    def job_db(self, seq: int) -> sqlite3.Connection:
        """Return the connection, with one job and its texts written."""
        self.additions.write_job(seq)
        return self.connection

    def _read_counters(self) -> None:
        first, before = chain_start(self.connection)
        newest, head = self.connection.execute(_NEWEST_EVENT).fetchone() or (first - 1, before)
        self.next_job: int = (scalar(self.connection.execute(_HIGHEST_JOB)) or 0) + 1
        self.next_event: int = newest + 1
        self.head: bytes = head

    def place(self) -> Place:
        """Return where the counters stand."""
        return Place(
            self.next_job,
            self.next_event,
            self.head,
            len(self.ready),
            len(self.ended),
            self.names.added,
            self.sessions.added,
            self.tallies.place(),
        )

    def return_to(self, place: Place) -> None:
        """Put the counters back after a rollback, and forget names it may have taken back."""
        self.next_job, self.next_event, self.head = place[:3]
        del self.ready[place.ready :]
        del self.ended[place.ended :]
        if self.names.added != place.names:
            self.names.forget()
        if self.sessions.added != place.sessions:
            self.sessions.forget()
        self.type_defaults = None
        self.tallies.return_to(place.tallies)
        self.additions.forget()
        self.gates.forget()

    def take_news(self) -> Committed:
        """Return what has changed for those who wait, once."""
        newest = self.next_event - 1
        news = Committed(
            self.ready, self.deadlines_moved, self.resumed, newest, self.ended, self.earliest_lease
        )
        self.ready, self.deadlines_moved, self.resumed, self.ended = [], False, False, []
        self.earliest_lease = None
        return news

    def note_lease(self, until: int | None) -> None:
        """Note that a lease begins that ends then."""
        if until is not None and (self.earliest_lease is None or until < self.earliest_lease):
            self.earliest_lease = until

    def announce(self, job: JobRow) -> None:
        """Note a job for the claims that wait, if it may be claimed now."""
        waits = job.blockers or not job.due or job.parked or job.paused_at is not None
        if job.state is JobState.PENDING and not waits:
            self.ready.append(as_ready(job))

    def add_events(self, lines: Iterable[EventLine], session: int) -> None:
        """Append lines, numbered and chained; ``session`` is the number of their session."""
        for line in lines:
            seq = self.next_event
            self.next_event = seq + 1
            if line.text is not None:
                self.additions.texts.append((seq, line.text))
                self.additions.retold.add(line.job)
            self.additions.events.append(self._chained(seq, line, session))

    def _chained(self, seq: int, line: EventLine, session: int) -> tuple[Any, ...]:
        content = text_digest(line.text)
        self.head = next_hash(self.head, (seq, *line[:-1], content))
        return (
            seq,
            *line[:6],
            int(line.kind in TERMINAL_EVENTS),
            *self.names.numbers(line.type, line.correlation_id, line.workspace),
            session,
            *line[10:13],
            content,
            self.head,
        )
