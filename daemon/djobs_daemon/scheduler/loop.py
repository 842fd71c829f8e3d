"""The loop that acts when something is due. Sleeps until then; nothing is polled."""

import logging
from collections.abc import Awaitable
from typing import Final

import anyio

from djobs_daemon.queue.leases import after_death, after_lapse
from djobs_daemon.scheduler.firing import Remark, fire, put_all_right
from djobs_daemon.scheduler.rules import granted, judge, next_opening, next_wake_ms
from djobs_daemon.scheduler.work import Work
from djobs_daemon.store.interface import Ledger, Store
from djobs_daemon.store.records import Actor, Deadlines, Done, HeldJob
from djobs_protocol.errors import DjobsError
from djobs_protocol.states import EventKind

log = logging.getLogger(__name__)

BATCH: Final = 256
"""Jobs looked after in one transaction."""
ALL_HELD: Final = 1_000_000
LONG_AGO: Final = 0
FOREVER_MS: Final = 2**53
RETRY_SECONDS: Final = 5.0
"""After a disk that refused; the leases are due all the same."""


class Scheduler:
    """Looks after leases, back-offs, times of day and schedules."""

    def __init__(self, work: Work, store: Store, actor: Actor) -> None:
        self._work = work
        self._store = store
        self._actor = actor
        self._opening: int | None = LONG_AGO
        """When a rate lets more start; at first, what opened while there was no daemon."""
        self._remarks: list[Remark] = []

    async def run(self) -> None:
        """Act whenever something is due, until cancelled."""
        await self._begin()
        while True:
            try:
                pause = await self._act()
            except DjobsError as error:
                log.warning("The scheduler rests.", extra={"reason": error.message})
                pause = RETRY_SECONDS
            with anyio.move_on_after(pause if pause is not None else float("inf")):
                await self._work.deadlines_moved()

    async def _begin(self) -> None:
        """See to what a time without a daemon may have left."""
        await self._guarded("Leases could not be extended.", self._grant(0))
        await self._guarded("Schedules could not be looked at.", self._put_schedules_right())

    async def _guarded(self, failure: str, work: Awaitable[None]) -> None:
        try:
            await work
        except DjobsError as error:
            log.warning("%s", failure, extra={"reason": error.message})

    async def _act(self) -> float | None:
        """Do what is due; return the seconds until something is again."""
        gap = self._work.clock.put_right()
        if gap.slept_ms or gap.jumped_ms:
            log.info("The machine slept, or its clock was set.", extra=gap._asdict())
            await self._grant(gap.shift_ms)
            self._opening = LONG_AGO
            await self._put_schedules_right()
        while True:
            self._work.expected_lease = None  # what is committed while this reads is not missed
            deadlines = await self._store.read(lambda view: view.deadlines())
            self._work.expected_lease = deadlines.lease
            await self._reopen(deadlines)
            wait = next_wake_ms(deadlines, self._work.clock.now(), self._work.clock.wall())
            if wait != 0:
                return None if wait is None else wait / 1000
            await self._store.write(self._actor, self._sweep)
            self._log_remarks()

    async def _reopen(self, deadlines: Deadlines) -> None:
        """Let start what a rate held up, once its time has come."""
        now = self._work.clock.wall()
        has_come = self._opening is not None and self._opening <= now
        self._opening = next_opening(deadlines, now)
        if has_come and deadlines.opens:
            await self._store.write(self._actor, _reopened)

    def _sweep(self, ledger: Ledger) -> Done:
        now = self._work.clock.now()
        renewed, lapsed = judge(ledger.lapsing(now, BATCH), self._work.last_calls, now)
        for held, until in renewed:
            ledger.extend_lease(held.id, until)
        for held in lapsed:
            _end_lease(ledger, held, after_lapse(held), "its lease lapsed")
        wall = self._work.clock.wall()
        ledger.make_due(wall, BATCH)
        self._remarks = fire(ledger, wall)
        return Done()

    async def _put_schedules_right(self) -> None:
        """See to schedules that wait for a wrong time: at the start, and when the clock was set."""
        if not await self._store.read(lambda view: view.schedules()):
            return

        def work(ledger: Ledger) -> Done:
            self._remarks = put_all_right(ledger, self._work.clock.wall())
            return Done()

        await self._store.write(self._actor, work)
        self._log_remarks()

    def _log_remarks(self) -> None:
        for remark in self._remarks:
            log.warning("%s", remark.text, extra=remark.about)
        self._remarks = []

    async def _grant(self, shift_ms: int) -> None:
        """Give every lease one more term: after a sleep, a jump, or a start of the daemon (R15)."""
        if (await self._store.read(lambda view: view.deadlines())).lease is None:
            return
        now = self._work.clock.now()

        def work(ledger: Ledger) -> Done:
            for held, until in granted(ledger.lapsing(FOREVER_MS, ALL_HELD), shift_ms, now):
                ledger.extend_lease(held.id, until)
            return Done()

        await self._store.write(self._actor, work)


def _reopened(ledger: Ledger) -> Done:
    ledger.reopen()
    return Done()


async def release_all(store: Store, actor: Actor, session: str, why: str) -> int:
    """Give back what a session that is gone held; return how many jobs that were."""
    if not await store.read(lambda view: view.held_jobs(session)):
        return 0
    released = 0

    def work(ledger: Ledger) -> Done:
        nonlocal released
        # Who reported success has done its part; what becomes of it is the checks' to say.
        held_jobs = [each for each in ledger.held_jobs(session) if not each.offered]
        for held in held_jobs:
            _end_lease(ledger, held, after_death(held), why)
        released = len(held_jobs)
        return Done()

    await store.write(actor, work)
    return released


def _end_lease(ledger: Ledger, held: HeldJob, event: EventKind, why: str) -> None:
    job = ledger.job(held.id)
    assert job is not None
    changes = {"last_error": why} if event is EventKind.DEAD_LETTERED else {}
    ledger.move(job, event, f"{why}; it was held by {held.session[:12]}", **changes)
