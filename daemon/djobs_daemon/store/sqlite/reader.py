"""The read-only connection: every read is one snapshot on a thread of its own."""

import sqlite3
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from djobs_daemon.store.interface import View
from djobs_daemon.store.sqlite.database import connect
from djobs_daemon.store.sqlite.faults import explain
from djobs_daemon.store.sqlite.guard import Guard
from djobs_daemon.store.sqlite.rows import Naming
from djobs_daemon.store.sqlite.threads import ThreadedConnection
from djobs_daemon.store.sqlite.view import SqliteView
from djobs_daemon.store.sqlite.writer import Writer
from djobs_protocol.errors import DjobsError, ErrorCode

R = TypeVar("R")


class Reader:
    """Reads beside the writer. In WAL mode neither waits for the other."""

    def __init__(self, guard: Guard, database: str, name: Naming, writer: Writer) -> None:
        self._path = path = guard.path
        self._guard = guard
        self._database = database
        self._name = name
        self._writer = writer
        self._connection = ThreadedConnection(partial(connect, path, "ro"))

    async def open(self) -> None:
        """Connect, and lock the file as every reader of it does."""
        await self._connection.start()
        await self._connection.run(self._touch)

    async def read(self, work: Callable[[View], R]) -> R:
        """Run ``work`` in one deferred transaction."""
        try:
            return await self._connection.run_while_wanted(self._snapshot, work)
        except sqlite3.Error as error:
            raise explain(error, self._path) from error
        except DjobsError as error:
            if error.code is ErrorCode.DB_REPLACED:
                self._writer.report_replaced()
            raise

    async def run(self, work: Callable[..., R], *args: Any) -> R:
        """Run ``work`` on the reader's thread, outside a transaction."""
        return await self._connection.run(work, *args)

    async def close(self) -> None:
        """Wait for the reads under way and disconnect."""
        await self._connection.close()

    async def end_connected(self) -> sqlite3.Connection:
        """Wait for the reads under way; return the connection, still open and locking."""
        return await self._connection.end_connected()

    def _touch(self) -> None:
        self._connection.plain.execute("SELECT 1 FROM sqlite_schema").fetchall()

    def _snapshot(self, work: Callable[[View], R]) -> R:
        if not self._guard.are_same():
            raise DjobsError(ErrorCode.DB_REPLACED, f"{self._path} was replaced, cut or removed.")
        db = self._connection.plain
        db.execute("BEGIN")
        try:
            return work(SqliteView(db, self._database, self._name))
        finally:
            if db.in_transaction:
                db.execute("ROLLBACK")
