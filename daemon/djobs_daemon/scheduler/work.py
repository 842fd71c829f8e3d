"""What claims and the scheduler share: clock and chance, who waits, who was heard of when."""

import random
from collections.abc import Callable

import anyio

from djobs_daemon.scheduler.clock import Clock, SteadyClock, SystemClock
from djobs_daemon.scheduler.feed import Endings, Feed
from djobs_daemon.scheduler.waiters import Waiters
from djobs_daemon.store.records import Committed

SESSIONS_REMEMBERED_MAX = 10_000


class Work:
    """Lives on the event loop's thread."""

    def __init__(
        self, clock: Clock | None = None, chance: Callable[[], float] = random.random
    ) -> None:
        self.clock = SteadyClock(clock or SystemClock())
        self.chance = chance
        """A number from 0 up to 1, for what is not to happen all at once."""
        self.waiters = Waiters()
        self.feed = Feed()
        self.endings = Endings()
        self.last_calls: dict[str, int] = {}
        """When each session last called, on the steady clock."""
        self._workspace_served: dict[str, str] = {}
        self.expected_lease: int | None = None
        """The end of a lease at which the scheduler looks anyway; None: at none."""
        self._moved = anyio.Event()

    def heard_of(self, session: str) -> None:
        """Note that a session called: that renews what it holds."""
        if len(self.last_calls) >= SESSIONS_REMEMBERED_MAX:
            self.last_calls.clear()
        self.last_calls[session] = self.clock.now()

    def committed(self, news: Committed) -> None:
        """Wake whom a commit concerns."""
        for job in news.ready:
            self.waiters.announce(job)
        if news.resumed:
            self.waiters.announce_anything()
        if news.deadlines_moved or self._is_earlier(news.lease):
            self._moved.set()
        self.feed.grew(news.newest)
        if news.ended:
            self.endings.announce(news.ended)

    def _is_earlier(self, lease: int | None) -> bool:
        if lease is None:
            return False
        return self.expected_lease is None or lease < self.expected_lease

    async def deadlines_moved(self) -> None:
        """Return when something may be due earlier than it was."""
        await self._moved.wait()
        self._moved = anyio.Event()

    def after_workspace(self, managed_by: str) -> str:
        """Return whose turn it was last, for claims from all workspaces."""
        return self._workspace_served.get(managed_by, "")

    def served(self, managed_by: str, workspace: str) -> None:
        """Note whose turn it was."""
        self._workspace_served[managed_by] = workspace
