"""Claims that wait for work: woken when a job becomes ready, in the order they came."""

from collections.abc import Iterator
from contextlib import contextmanager

import anyio

from djobs_daemon.store.records import Ready, Wanted


class Waiter:
    """One waiting claim."""

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self._told = anyio.Event()
        self._heard: list[Ready] = []

    @property
    def is_told(self) -> bool:
        """Whether it has been woken and has not looked yet."""
        return self._told.is_set()

    @property
    def unused(self) -> list[Ready]:
        """The jobs it was woken for and did not take: others must hear of them."""
        return self._heard

    def tell(self, job: Ready | None = None) -> None:
        """Wake it, for a job or for anything."""
        if job is not None:
            self._heard.append(job)
        self._told.set()

    def found(self, job: Ready | None) -> None:
        """Note what a look brought; after one in vain, what it heard of is gone."""
        if job is None:
            self._heard.clear()
        elif job in self._heard:
            self._heard.remove(job)

    async def wait(self) -> None:
        """Return when woken; from then on the next wake counts."""
        await self._told.wait()
        self._told = anyio.Event()


class Waiters:
    """All waiting claims. Lives on the event loop's thread."""

    def __init__(self) -> None:
        self._waiting: dict[Waiter, None] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    @contextmanager
    def waiting(self, wanted: Wanted) -> Iterator[Waiter]:
        """Count a claim in for as long as the block runs.

        One that leaves and did not take what it was woken for passes the word on: it took another,
        or gave up, and the job may still be there.
        """
        waiter = Waiter(wanted)
        self._waiting[waiter] = None
        try:
            yield waiter
        finally:
            del self._waiting[waiter]
            for job in waiter.unused:
                self.announce(job)

    def announce(self, job: Ready) -> None:
        """Wake the first claim that would take this job and was not woken yet."""
        for waiter in self._waiting:
            if not waiter.is_told and suits(waiter.wanted, job):
                waiter.tell(job)
                return

    def announce_anything(self) -> None:
        """Wake every claim: what each would take may be there now."""
        for waiter in self._waiting:
            waiter.tell()


def suits(wanted: Wanted, job: Ready) -> bool:
    """Say whether a claim would take a job."""
    if wanted.managed_by != job.managed_by or (wanted.types and job.type not in wanted.types):
        return False
    if wanted.correlation_id is not None:
        return wanted.correlation_id == job.correlation_id
    return wanted.workspace is None or wanted.workspace == job.workspace
