"""Metering a run while it lives: a look now and then, and none where no budget could be crossed."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol, runtime_checkable

import anyio
from anyio import to_thread

from djobs_daemon.executors.treasury import Live, Treasury
from djobs_daemon.queue.budgets import Amounts, Reached, Unit
from djobs_daemon.store.interface import Ledger, Store, View
from djobs_daemon.store.records import Actor, Done, EventRow, JobRow
from djobs_daemon.store.usage_records import UsageRow
from djobs_protocol.errors import DjobsError
from djobs_protocol.states import EventKind, JobState

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 0.5
"""Between two looks at what a model has cost; a request to one takes longer."""
REST_SECONDS: Final = 600.0
"""Until a run that stands still is looked after again, should the clock have been set."""
EVENTS: Final = 200
"""Of a job's newest, among which its pauses are looked for."""


@runtime_checkable
class Metered(Protocol):
    """An executor whose work costs more than time."""

    def used(self, folder: str) -> tuple[UsageRow, ...]:
        """Return what a run has used so far. Blocking; by a thread."""


class Meter:
    """Of one run. Lives on the event loop's thread."""

    def __init__(
        self,
        store: Store,
        treasury: Treasury,
        actor: Actor,
        job: JobRow,
        read: Callable[[], tuple[UsageRow, ...]] | None,
        wall_ms: Callable[[], int],
    ) -> None:
        self._store = store
        self._treasury = treasury
        self._actor = actor
        self._job = job
        self._read = read
        self._wall = wall_ms
        self._noted: dict[Unit, int] = {}
        self._noted_unpriced = False
        self._busy_before = 0
        self._busy_since: float | None = None
        self._stirred = anyio.Event()

    def turned(self, *, paused: bool) -> None:
        """Note that the run stands still, or goes on."""
        if paused and self._busy_since is not None:
            self._busy_before = self._busy_ms()
            self._busy_since = None
        elif not paused and self._busy_since is None:
            self._busy_since = anyio.current_time()
        self._stirred.set()

    async def run(
        self, on_over: Callable[[], Awaitable[None]], on_room: Callable[[], Awaitable[None]]
    ) -> None:
        """Look until cancelled; ``on_room`` is for a run that stood still until a reset."""
        await self._begin()
        until: int | None = None
        while True:
            try:
                if self._busy_since is None:
                    await self._rest(until)
                    if self._busy_since is None:
                        await on_room()
                    continue
                over = await self._look()
                if over is not None:
                    until = over.standing.budget.resets_at
                    await on_over()
                    continue
            except DjobsError as error:
                log.warning("A run is not metered now.", extra={"reason": error.message})
            await self._pause()

    async def _begin(self) -> None:
        def work(view: View) -> tuple[list[EventRow], JobRow | None]:
            return view.events_of(self._job.id, EVENTS)[0], view.job(self._job.id)

        events, job = await self._store.read(work)
        spans = [(each.kind, each.at) for each in events]
        self._busy_before = busy_ms(spans, self._wall())
        paused = job is not None and job.paused_at is not None
        self._busy_since = None if paused else anyio.current_time()

    async def _look(self) -> Reached | None:
        live = await self._live()
        grown = any(live.amounts[unit] > self._noted.get(unit, 0) for unit in live.amounts)
        if not grown and live.unpriced == self._noted_unpriced:
            return None
        over: Reached | None = None

        def work(ledger: Ledger) -> Done:
            nonlocal over
            over, job = None, ledger.job(self._job.id)
            if job is not None and is_same_run(job, self._job):
                over = self._treasury.meter(ledger, job, live)
                self._noted = self._treasury.reserved(ledger, job)
            return Done()

        await self._store.write(self._actor, work)
        self._noted_unpriced = live.unpriced
        return over

    async def _live(self) -> Live:
        rows = () if self._read is None else await to_thread.run_sync(self._read)
        return live_of(rows, self._busy_ms())

    def _busy_ms(self) -> int:
        if self._busy_since is None:
            return self._busy_before
        return self._busy_before + round((anyio.current_time() - self._busy_since) * 1000)

    async def _pause(self) -> None:
        """Wait for what could be crossed next: a model's next answer, or the reserved time."""
        seconds = LOOK_SECONDS
        if self._read is None:
            left = self._noted.get("minutes", 0) - self._busy_ms()
            seconds = max(LOOK_SECONDS, min(left / 1000, REST_SECONDS))
        await self._sleep(seconds)

    async def _rest(self, until: int | None) -> None:
        left = REST_SECONDS if until is None else (until - self._wall()) / 1000
        await self._sleep(max(LOOK_SECONDS, min(left, REST_SECONDS)))

    async def _sleep(self, seconds: float) -> None:
        with anyio.move_on_after(seconds):
            await self._stirred.wait()
        self._stirred = anyio.Event()


def is_same_run(job: JobRow, claimed: JobRow) -> bool:
    """Say whether a job is still held by the claim under which it was run."""
    return job.state is JobState.RUNNING and job.generation == claimed.generation


def live_of(rows: Sequence[UsageRow], ran_ms: int) -> Live:
    """Return what a run has used; what has no price is said, and in no sum of money."""
    amounts: Amounts = {
        "usd": sum(row.usd_micros or 0 for row in rows),
        "tokens": sum(row.tokens_in + row.tokens_out for row in rows),
        "minutes": ran_ms,
    }
    return Live(amounts, any(row.usd_micros is None for row in rows))


def busy_ms(events: Sequence[tuple[EventKind, int]], now: int) -> int:
    """Return for how long the run of the last claim has not stood still, by a job's events."""
    total, since = 0, None
    for kind, at in events:
        if kind is EventKind.CLAIMED:
            total, since = 0, at
        elif kind is EventKind.PAUSED and since is not None:
            total, since = total + max(0, at - since), None
        elif kind is EventKind.RESUMED and since is None:
            since = at
    return total if since is None else total + max(0, now - since)
