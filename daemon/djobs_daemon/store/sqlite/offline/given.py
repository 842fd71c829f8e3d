"""What a database has given out: numbers of jobs, generations and revisions.

They are in the hands of agents. A database that takes the place of another must not give them out
again, or a late report about a job of the lost time would be taken for one about another job.
"""

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Final, NamedTuple

from djobs_daemon.store.interface import Ledger
from djobs_daemon.store.records import Actor, Done
from djobs_daemon.store.sqlite import files
from djobs_daemon.store.sqlite.anchor import JOBS_GIVEN
from djobs_daemon.store.sqlite.book import Book
from djobs_daemon.store.sqlite.database import connect, database_uuid
from djobs_daemon.store.sqlite.group import run_group, write_task
from djobs_daemon.store.sqlite.rows import scalar
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.states import EventKind

NUMBERS_SKIPPED: Final = 1_000_000
"""Of jobs, when the replaced database cannot say which it gave out."""
COUNTS_SKIPPED: Final = 1000
"""Of generations and revisions of each job, likewise."""

_HIGHEST: Final = "SELECT seq FROM sqlite_sequence WHERE name = 'jobs'"
_COUNTERS: Final = "SELECT seq, generation, revision FROM jobs"
_OWN: Final = "SELECT generation, revision FROM jobs WHERE seq = ?"
_GIVEN: Final = """
    INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2
"""
_SKIP: Final = "UPDATE sqlite_sequence SET seq = ? WHERE name = 'jobs'"
_BEGIN: Final = "INSERT INTO sqlite_sequence (name, seq) VALUES ('jobs', ?)"


class Counters(NamedTuple):
    """How far a job has come."""

    generation: int
    revision: int


class Ahead(NamedTuple):
    """How much further the replaced database has come than the one that takes its place."""

    highest: int = 0
    """Number of a job."""
    jobs: Mapping[int, Counters] = {}
    """Those jobs of both whose counters are higher there."""


def how_far_ahead(path: str, fresh: str) -> Ahead:
    """Compare the database at ``path`` with the one that is to take its place.

    What cannot be read counts as far ahead. Another program's file raises: it stays where it is.
    """
    with closing(connect(fresh, "ro")) as new:
        try:
            if files.judge(path) == "new":
                return Ahead()
            with closing(connect(path, "ro")) as old:
                return _compare(old, new)
        except (DjobsError, sqlite3.Error) as error:
            if isinstance(error, DjobsError) and error.code is ErrorCode.DB_FOREIGN:
                raise
            return _far_ahead(new)


def _compare(old: sqlite3.Connection, new: sqlite3.Connection) -> Ahead:
    if database_uuid(old) != database_uuid(new):
        return Ahead()  # the ids of the one are none of the other's
    return Ahead(scalar(old.execute(_HIGHEST)) or 0, dict(_behind(old, new)))


def _behind(old: sqlite3.Connection, new: sqlite3.Connection) -> Iterator[tuple[int, Counters]]:
    for seq, generation, revision in old.execute(_COUNTERS):
        own = new.execute(_OWN, (seq,)).fetchone()
        if own is not None and (generation > own[0] or revision > own[1]):
            yield seq, Counters(max(generation, own[0]), max(revision, own[1]))


def _far_ahead(new: sqlite3.Connection) -> Ahead:
    highest = (scalar(new.execute(_HIGHEST)) or 0) + NUMBERS_SKIPPED
    jobs = {
        seq: Counters(generation + COUNTS_SKIPPED, revision + COUNTS_SKIPPED)
        for seq, generation, revision in new.execute(_COUNTERS)
    }
    return Ahead(highest, jobs)


def catch_up(db: sqlite3.Connection, ahead: Ahead, now: int) -> None:
    """Let a database go on where the one that it replaces has come to; events say so of jobs.

    ``db`` has the newest schema and is served by nobody.
    """
    if ahead.highest > (scalar(db.execute(_HIGHEST)) or 0):
        with db:
            db.execute("BEGIN")
            if not db.execute(_SKIP, (ahead.highest,)).rowcount:
                db.execute(_BEGIN, (ahead.highest,))
            db.execute(_GIVEN, (JOBS_GIVEN, str(ahead.highest)))
    if ahead.jobs:
        _amend(db, ahead.jobs, now)


def _amend(db: sqlite3.Connection, jobs: Mapping[int, Counters], now: int) -> None:
    book = Book(db, database_uuid(db))
    actor = Actor(f"restore-{now}", "cli", None, "", "djobsctl restore", os.getpid())

    def work(ledger: Ledger) -> Done:
        for seq, counters in jobs.items():
            job = ledger.job(book.name(seq))
            assert job is not None
            ledger.mark(
                job,
                EventKind.AMENDED,
                "the database was restored; what was given out since does not return",
                generation=counters.generation,
                revision=counters.revision + 1,
            )
        return Done()

    (outcome,) = run_group(book, [write_task(actor, work, None)], now, "the restored database")
    if isinstance(outcome, DjobsError):
        raise outcome
