"""The statements of the store without the store: what benchmarks compare it with.

A request is run once through the real code over a database that notes every statement with its
parameters. Played back through a bare connection with the same schema and pragmas, the notes are
what SQLite alone takes for the same work; they follow every change of the store by themselves.
"""

import os
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, cast

from djobs_daemon.store.interface import Ledger
from djobs_daemon.store.records import Actor, Done, RequestKey
from djobs_daemon.store.sqlite.book import Book
from djobs_daemon.store.sqlite.database import database_uuid, open_writer
from djobs_daemon.store.sqlite.group import run_group, write_task
from djobs_daemon.store.sqlite.migrate import load
from djobs_protocol.replies import Reply

RECORDED_AT: Final = 1_700_000_000_000
"""The time of every recorded transaction, milliseconds since the epoch."""


class Statement(NamedTuple):
    """One call of the database."""

    sql: str
    parameters: Any
    many: bool


Transaction = list[Statement]


class _NotingDatabase:
    """Passes statements on to a connection and notes them."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self.notes: Transaction = []

    @property
    def in_transaction(self) -> bool:
        return self._db.in_transaction

    @property
    def total_changes(self) -> int:
        return self._db.total_changes

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> sqlite3.Cursor:
        self.notes.append(Statement(sql, parameters, many=False))
        return self._db.execute(sql, parameters)

    def executemany(self, sql: str, rows: Sequence[Sequence[Any]]) -> sqlite3.Cursor:
        self.notes.append(Statement(sql, list(rows), many=True))
        return self._db.executemany(sql, rows)


class Recorder:
    """A store that writes at once, one transaction per request, and notes the statements."""

    def __init__(self, folder: str) -> None:
        self._db = db = fresh_database(os.path.join(folder, "recorded.db"))
        db.execute("PRAGMA synchronous = OFF")  # nobody needs what is recorded here
        self.database = database_uuid(db)
        self._noting = _NotingDatabase(db)
        self._book = Book(cast("sqlite3.Connection", self._noting), self.database)
        self.transactions: list[Transaction] = []

    def close(self) -> None:
        """Close the database that was written on the way."""
        self._db.close()

    async def write(
        self, actor: Actor, work: Callable[[Ledger], Reply | Done], key: RequestKey | None = None
    ) -> bytes:
        """Run ``work`` as ``interface.Store.write`` does."""
        self._noting.notes = []
        task = write_task(actor, work, key)
        (outcome,) = run_group(self._book, [task], RECORDED_AT, "recorded.db")
        if isinstance(outcome, Exception):
            raise outcome
        self.transactions.append(self._noting.notes)
        return outcome


def fresh_database(path: str) -> sqlite3.Connection:
    """Create a database of the newest schema and return the writer's connection to it."""
    return open_writer(path, load(), RECORDED_AT, lambda: None)


def play(db: sqlite3.Connection, transactions: Sequence[Transaction]) -> None:
    """Run what was recorded, each row that it asks for fetched."""
    for transaction in transactions:
        for sql, parameters, many in transaction:
            if many:
                db.executemany(sql, parameters)
            else:
                cursor = db.execute(sql, parameters)
                if cursor.description is not None:
                    cursor.fetchone()
