"""How far the history goes, and who waits for more of it or for the end of jobs.

Nobody is handed a line here: whoever is woken reads from the ledger what came after the line that
it knows. So nothing is kept for anybody, and a slow reader costs as little as a quick one.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import anyio


class Feed:
    """Woken by every commit that added a line. Lives on the event loop's thread."""

    def __init__(self) -> None:
        self._newest = 0
        self._grown: anyio.Event | None = None

    def grew(self, newest: int) -> None:
        """Note the number of the last line, and wake everybody when it is a new one."""
        if newest > self._newest:
            self._newest = newest
            if self._grown is not None:
                self._grown.set()
                self._grown = None

    async def beyond(self, offset: int) -> None:
        """Return when there are lines after ``offset``; at once if there are already."""
        while self._newest <= offset:
            if self._grown is None:
                self._grown = anyio.Event()
            await self._grown.wait()


class Endings:
    """Who waits for the end of which job. Lives on the event loop's thread."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[Ending]] = {}

    @contextmanager
    def waiting(self, job_ids: Sequence[str]) -> Iterator["Ending"]:
        """Have what is yielded told of each end of these jobs, as long as the block runs."""
        ending = Ending()
        for job_id in job_ids:
            self._waiting.setdefault(job_id, set()).add(ending)
        try:
            yield ending
        finally:
            for job_id in set(job_ids):
                self._waiting[job_id].discard(ending)
                if not self._waiting[job_id]:
                    del self._waiting[job_id]

    def announce(self, ended: Sequence[str]) -> None:
        """Wake those who wait for one of the jobs."""
        if self._waiting:
            for job_id in ended:
                for ending in self._waiting.get(job_id, ()):
                    ending.tell()


class Ending:
    """One who waits."""

    def __init__(self) -> None:
        self._told = anyio.Event()

    def tell(self) -> None:
        """Wake it."""
        self._told.set()

    async def wait(self) -> None:
        """Return when woken; from then on the next wake counts."""
        await self._told.wait()
        self._told = anyio.Event()
