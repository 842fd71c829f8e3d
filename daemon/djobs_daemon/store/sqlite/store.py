"""``SqliteStore``: the ledger in one SQLite file, as the interface's asynchronous ``Store``."""

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from sqlite3 import Connection
from typing import Any, Final, TypeVar

from anyio import CancelScope, Lock, to_thread

from djobs_daemon.queue.ids import numbering
from djobs_daemon.store.interface import Ledger, View
from djobs_daemon.store.records import Actor, Committed, Done, RequestKey
from djobs_daemon.store.sqlite import backup, notices, soundness, upkeep
from djobs_daemon.store.sqlite.book import Book
from djobs_daemon.store.sqlite.check import check_connection
from djobs_daemon.store.sqlite.database import connect, database_uuid, is_large, open_writer
from djobs_daemon.store.sqlite.faults import explain
from djobs_daemon.store.sqlite.group import task_of, write_task
from djobs_daemon.store.sqlite.guard import Guard
from djobs_daemon.store.sqlite.migrate import Migration, load
from djobs_daemon.store.sqlite.reader import Reader
from djobs_daemon.store.sqlite.scanner import Scanner
from djobs_daemon.store.sqlite.threads import ThreadedConnection
from djobs_daemon.store.sqlite.writer import Listeners, Writer
from djobs_protocol.daemon_replies import BackupMade, DatabaseInfo, DatabaseReport
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.replies import Reply

R = TypeVar("R")

_KEPT_OPEN: Final[list[Connection]] = []
"""Connections to databases that are not what they were; whatever closes them is to be the end of
the process, which runs no code of SQLite."""


class SqliteStore:
    """See ``interface.Store``. Made by ``open``; one event loop, one process, one at a time."""

    def __init__(
        self,
        guard: Guard,
        copying: backup.Copying,
        clock_ms: Callable[[], int],
        connection: ThreadedConnection,
        writer: Writer,
        book: Book,
        reader: Reader,
        scanner: Scanner,
        answers_kept_ms: int,
        migrations: list[Migration],
    ) -> None:
        self.path: Final = guard.path
        self.database: Final = book.database
        self._guard = guard
        self._copying = copying
        self._clock_ms = clock_ms
        self._connection = connection
        self._writer = writer
        self._book = book
        self._reader = reader
        self._scanner = scanner
        self._answers_kept_ms = answers_kept_ms
        self._migrations = migrations
        self._closed = False
        self._checking = Lock()
        self._backing_up = Lock()
        self._is_sound = True

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        path: str,
        *,
        backups: str,
        clock_ms: Callable[[], int],
        on_replaced: Callable[[], None] = lambda: None,
        on_committed: Callable[[Committed], None] = lambda _news: None,
        generations: int = backup.GENERATIONS,
        weekly_generations: int = 0,
        answers_kept_ms: int = upkeep.ANSWER_KEPT_MS,
        migrations: list[Migration] | None = None,
        thorough: bool = False,
        on_trouble: Callable[[DjobsError | None], None] = lambda _: None,
    ) -> AsyncIterator["SqliteStore"]:
        """Open or create the database; on leaving, write what was accepted and close it.

        ``backups`` is the folder for copies, of which the newest ``generations`` are kept, and the
        last of each of ``weekly_generations`` weeks.
        Answers to writes are kept for ``answers_kept_ms``, and until the next ``maintain``.
        ``on_replaced`` is called once, on the event loop, when the files are found replaced (R6).
        ``on_trouble`` is told there why a write failed when the storage is to blame, and None once
        one succeeds again; ``on_committed`` what each commit changed. ``thorough`` checks the whole
        file first, whatever its size.
        Raises ``DjobsError`` with the path; a file that cannot be served is left as it is (R7).
        Only one process may do this, under the daemon's lock.
        """
        store = await cls._start(
            await to_thread.run_sync(os.path.realpath, path),
            backup.Copying(backups, generations, weekly_generations),
            clock_ms,
            Listeners(on_replaced, on_trouble, on_committed),
            answers_kept_ms,
            await to_thread.run_sync(load) if migrations is None else migrations,
            thorough,
        )
        try:
            yield store
        finally:
            with CancelScope(shield=True):
                await store.close()

    @classmethod
    async def _start(
        cls,
        path: str,
        copying: backup.Copying,
        clock_ms: Callable[[], int],
        listeners: Listeners,
        answers_kept_ms: int,
        migrations: list[Migration],
        thorough: bool,
    ) -> "SqliteStore":
        await to_thread.run_sync(backup.drop_parts, copying.folder)

        def copy_first() -> None:
            backup.back_up(path, copying, clock_ms())

        connection = ThreadedConnection(
            partial(open_writer, path, migrations, clock_ms(), copy_first, thorough)
        )
        await connection.start()
        try:
            book = await connection.run(_read_book, connection, path)
            guard = await connection.run(Guard, path)
            writer = Writer(connection, book, guard, clock_ms, listeners)
            name = numbering(book.database)
            new_reader = partial(Reader, guard, book.database, name, writer)
            reader = new_reader()
            await reader.open()
        except BaseException:
            with CancelScope(shield=True):
                await connection.close()
            raise
        scanner = Scanner(path, new_reader)
        return cls(
            guard,
            copying,
            clock_ms,
            connection,
            writer,
            book,
            reader,
            scanner,
            answers_kept_ms,
            migrations,
        )

    async def write(
        self, actor: Actor, work: Callable[[Ledger], Reply | Done], key: RequestKey | None = None
    ) -> bytes:
        """Run ``work`` in a durable transaction and return its encoded reply."""
        return await self._writer.write(write_task(actor, work, key))

    async def read(self, work: Callable[[View], R]) -> R:
        """Run ``work`` on a consistent snapshot that includes every acknowledged write."""
        return await self._reader.read(work)

    async def scan(self, work: Callable[[View], R]) -> R:
        """Run ``work`` as ``read`` does, on a thread and a connection of its own."""
        return await self._scanner.read(work)

    async def forget_session(self, session: str) -> None:
        """Drop the kept answers of a session that ended cleanly."""
        await self._writer.write(task_of(partial(upkeep.forget_session, session)))

    async def describe(self) -> DatabaseInfo:
        """Describe the files. Answers also when the database can no longer be used."""
        return await self._reader.run(
            backup.describe, self.path, self._copying.folder, self.database
        )

    def is_intact(self) -> bool:
        """Say whether the files are those that were opened, none cut or written over (R6).

        Looks at names, sizes and first bytes only, so it may be called on the event loop.
        """
        return self._guard.are_intact()

    async def check(self) -> DatabaseReport:
        """Check the database end to end, on a connection of its own: this may take long."""
        async with self._checking:
            checker = ThreadedConnection(partial(connect, self.path, "ro"))
            with self._explained():
                return await _borrow(
                    checker,
                    check_connection,
                    checker,
                    self.path,
                    self._clock_ms(),
                    self._migrations,
                )

    async def find_damage(self) -> DjobsError | None:
        """Read the file through if opening it did not; return the damage found, if any (R7).

        A damaged file is preserved from then on: writes are refused, and closing leaves its bytes
        and those of its WAL as they are. ``DjobsError`` when it could not be read at all.
        """
        if not await self._connection.run(is_large, self.path):
            return None
        checker = ThreadedConnection(partial(connect, self.path, "ro"))
        with self._explained():
            damage = await _borrow(checker, soundness.find_damage, checker, self.path)
        if damage is not None:
            self._is_sound = False
            self._writer.refuse(damage)
            await self._connection.run(self._book.db.execute, "PRAGMA wal_autocheckpoint = 0")
        return damage

    async def backup(self, target: str | None = None) -> BackupMade:
        """Copy the database to a new file or into the folder of backups."""
        async with self._backing_up:
            copier = ThreadedConnection(partial(connect, self.path, "ro"))
            place = self._copying if target is None else target
            with self._explained():
                return await _borrow(
                    copier, backup.back_up, self.path, place, self._clock_ms(), copier
                )

    async def cut_history(self, before: int) -> int:
        """Remove the oldest events, from before a time; ``CutHistory`` says which. How many."""
        step = upkeep.CutHistory(before)
        await self._repeat(step)
        return step.removed

    async def _repeat(self, step: upkeep.Step) -> None:
        """Write step by step until there is no more, so that no other writer waits long."""
        while step.more:
            await self._writer.write(task_of(step))

    async def maintain(self) -> None:
        """Do what is due about once a day: prune answers and notices, give space back."""
        before = self._clock_ms() - self._answers_kept_ms
        after: upkeep.Position | None = upkeep.START
        while after is not None:
            step = upkeep.Prune(before, after)
            await self._writer.write(task_of(step))
            after = step.reached
        await self._repeat(notices.Forget(self._clock_ms()))
        with self._explained():
            await self._connection.run(self._tidy)

    def _tidy(self) -> None:
        if self._guard.are_same():
            with self._guard.shrinking() as shrinking:
                shrinking.is_done = upkeep.tidy(self._book.db)

    async def close(self) -> None:
        """Write what was accepted, fold the WAL into the database, close. May be called twice.

        A WAL whose database is not what it was stays: it may be all that is left.
        """
        if self._closed:
            return
        self._closed = True
        self._writer.refuse(DjobsError(ErrorCode.DRAINING, "The database is closed."))
        await self._writer.drain()
        await self._scanner.close()
        if self._is_sound and self._guard.are_intact():
            await self._reader.close()
            await self._connection.run(upkeep.finish, self._book.db)
        else:
            # SQLite folds when the last connection is closed, unless that one may not write.
            _KEPT_OPEN.append(await self._reader.end_connected())
        await self._connection.close()
        self._guard.close()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise explain(error, self.path) from error


async def _borrow(connection: ThreadedConnection, work: Callable[..., R], *args: Any) -> R:
    """Run ``work`` on a connection opened for it alone."""
    await connection.start()
    try:
        return await connection.run_while_wanted(work, *args)
    except asyncio.CancelledError:
        connection.plain.interrupt()  # a check looks for this between pages, and for nothing else
        raise
    finally:
        with CancelScope(shield=True):
            await connection.close()


def _read_book(connection: ThreadedConnection, path: str) -> Book:
    db = connection.plain
    try:
        return Book(db, database_uuid(db))
    except Exception as error:
        raise backup.unreadable(error, path) from error
