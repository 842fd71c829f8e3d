"""The store without its thread: a request is written, and its news told, before it is answered."""

from collections.abc import Callable
from typing import Any, TypeVar

from djobs_daemon.store.interface import Ledger, View
from djobs_daemon.store.records import Actor, Committed, Done, RequestKey
from djobs_daemon.store.sqlite.book import Book
from djobs_daemon.store.sqlite.check import check
from djobs_daemon.store.sqlite.database import database_uuid, open_writer
from djobs_daemon.store.sqlite.group import run_group, write_task
from djobs_daemon.store.sqlite.migrate import load
from djobs_daemon.store.sqlite.view import SqliteView
from djobs_protocol.daemon_replies import DatabaseReport
from djobs_protocol.replies import Reply

R = TypeVar("R")


class DirectStore:
    """One file, written by whoever asks. Not durable: a walk closes it, but does not crash."""

    def __init__(
        self, path: str, clock_ms: Callable[[], int], tell: Callable[[Committed], None]
    ) -> None:
        self.path = path
        self._clock_ms = clock_ms
        self._tell = tell
        self._db = open_writer(path, load(), clock_ms(), lambda: None)
        self._db.execute("PRAGMA synchronous = OFF")
        self.database = database_uuid(self._db)
        self._book = Book(self._db, self.database)

    async def write(
        self, actor: Actor, work: Callable[[Ledger], Reply | Done], key: RequestKey | None = None
    ) -> bytes:
        """Commit one request."""
        task = write_task(actor, work, key)
        (outcome,) = run_group(self._book, [task], self._clock_ms(), self.path)
        self._tell(self._book.take_news())
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def read(self, work: Callable[[View], R]) -> R:
        """Look at what is committed."""
        return work(SqliteView(self._db, self.database, self._book.name))

    scan = read

    async def check(self) -> DatabaseReport:
        """Check the database end to end."""
        return check(self._db, self.path, self._clock_ms(), load())

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"no walk needs {name}")
