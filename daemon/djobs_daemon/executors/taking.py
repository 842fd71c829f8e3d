"""Takes the next job that an executor may run, or waits until there is one."""

from typing import Final

import anyio

from djobs_daemon.executors.recording import ACTOR
from djobs_daemon.executors.treasury import Taken, Treasury
from djobs_daemon.executors.trouble import Trouble
from djobs_daemon.scheduler.waiters import Waiter
from djobs_daemon.scheduler.work import Work
from djobs_daemon.store.interface import Ledger, Store
from djobs_daemon.store.records import Done, JobRow, Wanted, as_ready
from djobs_protocol.errors import DjobsError
from djobs_protocol.states import EventKind

RESET_SECONDS_MIN: Final = 0.1
RESET_SECONDS_MAX: Final = 600.0
"""Until work that waits for a budget is looked for again, should the clock have been set."""


class Taker:
    """Claims jobs of some types. Lives on the event loop's thread."""

    def __init__(
        self,
        store: Store,
        work: Work,
        types: tuple[str, ...],
        treasury: Treasury,
        trouble: Trouble,
    ) -> None:
        self._store = store
        self._work = work
        self._types = types
        self._treasury = treasury
        self._trouble = trouble
        self._waiter: Waiter | None = None

    def look_again(self) -> None:
        """Have a wait for work look whether a budget lets any begin now."""
        if self._waiter is not None:
            self._waiter.tell()

    async def next(self) -> JobRow:
        """Return a job that was claimed just now, once there is one."""
        wanted = Wanted(managed_by="executor", types=self._types)
        with self._work.waiters.waiting(wanted) as self._waiter:
            while True:
                taken = await self._take(wanted)
                self._waiter.found(None if taken.job is None else as_ready(taken.job))
                if taken.job is not None:
                    return taken.job
                if taken.looked_through:
                    await self._wait(self._waiter, taken.again_at)

    async def _wait(self, waiter: Waiter, again_at: int | None) -> None:
        """Wait for work; where some waits for a budget, no longer than until that resets."""
        if again_at is None:
            await waiter.wait()
            return
        left = (again_at - self._work.clock.wall()) / 1000
        with anyio.move_on_after(min(max(left, RESET_SECONDS_MIN), RESET_SECONDS_MAX)):
            await waiter.wait()

    async def _take(self, wanted: Wanted) -> Taken:
        found = Taken(None, True)

        def work(ledger: Ledger) -> Done:
            nonlocal found
            turn = self._work.after_workspace("executor")
            found = self._treasury.take(
                ledger, Wanted(wanted.managed_by, wanted.types, after_workspace=turn)
            )
            if found.job is not None:
                found = found._replace(job=ledger.move(found.job, EventKind.CLAIMED))
            return Done()

        try:
            await self._store.write(ACTOR, work)
        except DjobsError as error:
            await self._trouble.rest("Work cannot be taken", error.message)
            return Taken(None, False)
        if found.job is not None:
            self._work.served("executor", found.job.workspace)
        return found
