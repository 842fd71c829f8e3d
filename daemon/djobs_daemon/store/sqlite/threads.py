"""A database connection with a thread of its own, which runs whole transactions in one hop."""

import asyncio
from collections.abc import Callable
from functools import partial
from sqlite3 import Connection
from typing import Any, TypeVar

import aiosqlite
from anyio import CancelScope

R = TypeVar("R")

_ROWS_AT_ONCE = 64
_STEPS_BETWEEN_LOOKS = 50_000
"""Of SQLite's machine, between two looks whether anybody still waits: well below a millisecond."""


class _Caller:
    """Who waits for a piece of work, as its thread sees it."""

    gone = False


class ThreadedConnection(aiosqlite.Connection):
    """``aiosqlite``'s thread, used for functions over the plain connection."""

    def __init__(self, connector: Callable[[], Connection]) -> None:
        super().__init__(connector, iter_chunk_size=_ROWS_AT_ONCE)
        self._caller = _Caller()

    async def start(self) -> None:
        """Start the thread and connect; raise what the connector raises, the thread gone."""
        self._thread.start()
        try:
            await self.run(self._open)
        except BaseException:
            if stopping := self.stop():
                with CancelScope(shield=True):
                    await stopping
            raise

    def _open(self) -> None:
        # On the thread, so that a caller cancelled meanwhile leaves no connection behind.
        self._connection = self._connector()

    async def end_connected(self) -> Connection:
        """End the thread and return the plain connection, still open."""
        plain = await self.run(self._release)
        if stopping := self.stop():
            await stopping
        return plain

    def _release(self) -> Connection:
        plain, self._connection = self.plain, None
        return plain

    @property
    def plain(self) -> Connection:
        """The plain connection, for use on its own thread."""
        return self._conn

    def submit(self, work: Callable[[], R]) -> "asyncio.Future[R]":
        """Queue ``work`` for the thread. Cancelling the future does not withdraw it."""
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._tx.put_nowait((future, work))
        return future

    def post(self, work: Callable[[], object]) -> None:
        """Queue ``work`` for the thread; it hands back what comes of it by itself."""
        self._tx.put_nowait((None, work))

    async def run(self, work: Callable[..., R], *args: Any) -> R:
        """Run ``work`` on the thread and return what it returns."""
        return await self.submit(partial(work, *args))

    async def run_while_wanted(self, work: Callable[..., R], *args: Any) -> R:
        """Run ``work``, which only reads; a caller who gives up also ends it, or its waiting."""
        caller = _Caller()
        try:
            return await self.submit(partial(self._run_for, caller, partial(work, *args)))
        except asyncio.CancelledError:
            caller.gone = True
            raise

    @property
    def is_abandoned(self) -> bool:
        """Whether nobody waits any more for the work under way. For use on the thread."""
        return self._caller.gone

    def _run_for(self, caller: _Caller, work: Callable[[], R]) -> R:
        if caller.gone:
            raise asyncio.CancelledError
        self._caller = caller
        self.plain.set_progress_handler(lambda: caller.gone, _STEPS_BETWEEN_LOOKS)
        try:
            return work()
        finally:
            self.plain.set_progress_handler(None, 0)
