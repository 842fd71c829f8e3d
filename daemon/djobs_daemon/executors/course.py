"""One claimed job from its beginning to its end: let it run, wait, tell what its end means."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Final

import anyio
from anyio import to_thread

from djobs_daemon.executors import commanding
from djobs_daemon.executors.carried import Carried
from djobs_daemon.executors.ending import Ending, Settlement
from djobs_daemon.executors.facts import RunBegun
from djobs_daemon.executors.kinds import Executor, NotNow, Refused, Surroundings
from djobs_daemon.executors.metering import Meter, Metered
from djobs_daemon.executors.orders import GRACE_MS_DEFAULT
from djobs_daemon.executors.recording import ACTOR, Recorder
from djobs_daemon.executors.runs import Handle, Phase, Runs, Standing
from djobs_daemon.executors.settling import (
    failed,
    put_off,
    run_time,
    settle,
    stopped,
    with_checks,
)
from djobs_daemon.executors.spawning import NotSpawned
from djobs_daemon.executors.treasury import Treasury
from djobs_daemon.executors.trouble import Trouble
from djobs_daemon.executors.variables import secrets_of, without_secrets
from djobs_daemon.executors.verifier import Verifier
from djobs_daemon.failpoints import failpoint
from djobs_daemon.scheduler.work import Work
from djobs_daemon.store.interface import Store
from djobs_daemon.store.usage_records import UsageRow
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.states import EventKind

log = logging.getLogger(__name__)

TAIL_BYTES: Final = 1500
"""Of what work printed, in its evidence or error; the rest is in its log."""
OnOver = Callable[[Carried], Awaitable[None]]


class Course:
    """What one daemon does for every job that it runs. Lives on the event loop's thread."""

    def __init__(
        self,
        store: Store,
        work: Work,
        runs: Runs,
        executors: Mapping[str, Executor],
        around: Surroundings,
        verifier: Verifier,
        treasury: Treasury,
        trouble: Trouble,
    ) -> None:
        self._store = store
        self._work = work
        self._runs = runs
        self._executors = executors
        self._around = around
        self._verifier = verifier
        self._treasury = treasury
        self._trouble = trouble
        self._recorder = Recorder(trouble, treasury)

    def executor_of(self, job_type: str) -> Executor:
        """Return who does a type of work; ``Refused`` when nobody does."""
        if job_type not in self._executors:
            known = ", ".join(sorted(self._executors))
            raise Refused(f"There is no executor for the type {job_type!r}; there are: {known}.")
        return self._executors[job_type]

    async def see_through(
        self, carried: Carried, on_over: OnOver, on_room: Callable[[], Awaitable[None]]
    ) -> None:
        """Bring a job to its end. ``on_over``: its run crossed a budget; ``on_room``: one reset."""
        adopted = carried.begun
        if not adopted:
            settlement = await self._begin(carried)
            if settlement is not None:
                await self._conclude(carried, settlement)
                return
        if carried.paused or adopted:  # whoever paused it may have died before it went on
            with suppress(DjobsError):  # one that is ending need not stand still
                await self.pause(carried)
        if carried.stop_wanted:
            await self._runs.stop(carried.run_id, GRACE_MS_DEFAULT)
        standing = await self._wait_metered(carried, on_over, on_room)
        await self._conclude(carried, await self._meaning(carried, standing))

    async def _wait_metered(
        self, carried: Carried, on_over: OnOver, on_room: Callable[[], Awaitable[None]]
    ) -> Standing:
        if not self._treasury.concerns(carried.job):
            return await self._runs.wait(carried.run_id)
        async with anyio.create_task_group() as beside:
            carried.meter = self._new_meter(carried)
            beside.start_soon(carried.meter.run, partial(on_over, carried), on_room)
            standing = await self._runs.wait(carried.run_id)
            beside.cancel_scope.cancel()
        return standing

    def _new_meter(self, carried: Carried) -> Meter:
        read, wall = self.reader_of_usage(carried), self._work.clock.wall
        return Meter(self._store, self._treasury, ACTOR, carried.job, read, wall)

    def reader_of_usage(self, carried: Carried) -> Callable[[], tuple[UsageRow, ...]] | None:
        """Return what tells what a run has used so far; None where it costs time only."""
        executor: object = self._executors.get(carried.job.type)
        folder = self._runs.folder(carried.run_id)
        return partial(executor.used, folder) if isinstance(executor, Metered) else None

    async def _begin(self, carried: Carried) -> Settlement | None:
        """Let a job's command run; return what becomes of the job where that cannot be."""
        job = carried.job
        folder = self._runs.folder(carried.run_id)
        try:
            executor = self.executor_of(job.type)
            prepared = await to_thread.run_sync(executor.prepare, job, self._around, folder)
            prepared.order.encode()
        except NotNow as wait:
            return put_off(str(wait), wait.until_ms)
        except (Refused, ValueError) as reason:
            return failed(f"It could not be started: {reason}")
        except DjobsError as refusal:
            return failed(f"It could not be started: {refusal.message} {refusal.hint}".strip())
        try:
            await self._runs.prepare(carried.run_id, prepared.order, prepared.files)
            handle = await self._runs.spawn(carried.run_id)
        except (OSError, NotSpawned, RunBegun) as error:
            await self._trouble.rest("Nothing can be started", str(error))
            return Settlement(EventKind.RELEASED, f"it could not be started now: {error}", {})
        self._trouble.went_well()
        return self._let_go(carried, handle)

    def _let_go(self, carried: Carried, handle: Handle) -> Settlement | None:
        if carried.stop_wanted:
            self._runs.abandon(handle)
            return stopped("Stopped before it began.")
        carried.begun = True
        carried.runner = handle.identity
        self._runs.go(handle)  # a runner that has died meanwhile shows when it is waited for
        return None

    async def _meaning(self, carried: Carried, standing: Standing) -> Settlement:
        if standing.phase in (Phase.STARTING, Phase.RUNNING):
            raise RuntimeError(f"{carried.run_id} is not settled")
        job, folder = carried.job, self._runs.folder(carried.run_id)
        tail = await self._tail(carried) if standing.result is not None else ""
        ending = Ending(job, standing, folder, tail, self._work.clock.wall(), self._work.chance())
        executor = self._executors.get(job.type)
        act = settle if executor is None else executor.end
        settlement = await to_thread.run_sync(act, ending)
        settlement = settlement._replace(usage=(*settlement.usage, *run_time(ending)))
        if settlement.event is EventKind.SUCCEEDED and job.verify is not None:
            return await self._checked(ending, settlement)
        return settlement

    async def _checked(self, ending: Ending, settlement: Settlement) -> Settlement:
        """Run the job's checks after its run went well, and return what becomes of it then."""
        job = await self._recorder.offered(ending.job, settlement.note)
        failpoint("verify.offered")
        if job is None:  # somebody moved it, and nothing is recorded
            return settlement
        verified = await self._verifier.check(job)
        failpoint("verify.checked")
        now = await self._store.read(lambda view: view.job(job.id))
        return with_checks(ending._replace(job=now or job), settlement, verified)

    async def _tail(self, carried: Carried) -> str:
        page = await self._runs.read_log(carried.run_id, -TAIL_BYTES, TAIL_BYTES)
        secrets = await to_thread.run_sync(secrets_of, carried.job, self._around.home)
        text = without_secrets(page.data, secrets).decode("utf-8", "replace").strip()
        return text if page.offset == 0 or not text else f"… {text}"

    async def _conclude(self, carried: Carried, settlement: Settlement) -> None:
        await self._recorder.conclude(carried.job, settlement)
        failpoint("verify.concluded")
        await self._forget_order(carried.run_id)

    async def _forget_order(self, run_id: str) -> None:
        try:
            await self._runs.forget_order(run_id)
        except OSError as error:
            log.warning("An order stays.", extra={"run": run_id, "error": str(error)})

    async def pause(self, carried: Carried) -> None:
        """Have a run stand still or go on, as it is noted of it."""
        act = self._runs.pause if carried.paused else self._runs.resume
        try:
            await act(carried.run_id)
        except (commanding.Refused, commanding.RunnerMute) as reason:
            raise DjobsError(
                ErrorCode.ILLEGAL_TRANSITION, f"{carried.job.id} could not be paused: {reason}."
            ) from None
