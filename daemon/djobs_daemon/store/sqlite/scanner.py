"""A reader for what may take long, so that it keeps no quick read waiting."""

import sqlite3
from collections.abc import Callable
from typing import TypeVar

from anyio import Lock

from djobs_daemon.store.interface import View
from djobs_daemon.store.sqlite.faults import explain
from djobs_daemon.store.sqlite.reader import Reader
from djobs_protocol.errors import DjobsError, ErrorCode

R = TypeVar("R")


class Scanner:
    """Connects with the first scan: most daemons are started by clients that want none."""

    def __init__(self, path: str, new_reader: Callable[[], Reader]) -> None:
        self._path = path
        self._new_reader = new_reader
        self._reader: Reader | None = None
        self._opening = Lock()
        self._closed = False

    async def read(self, work: Callable[[View], R]) -> R:
        """Run ``work`` as ``Reader.read`` does."""
        reader = await self._opened()
        return await reader.read(work)

    async def close(self) -> None:
        """Wait for the scans under way and disconnect."""
        async with self._opening:
            self._closed = True
            if self._reader is not None:
                await self._reader.close()

    async def _opened(self) -> Reader:
        async with self._opening:
            if self._closed:
                raise DjobsError(ErrorCode.DRAINING, "The database is closed.")
            if self._reader is None:
                reader = self._new_reader()
                try:
                    await reader.open()
                except sqlite3.Error as error:
                    raise explain(error, self._path) from error
                self._reader = reader
            return self._reader
