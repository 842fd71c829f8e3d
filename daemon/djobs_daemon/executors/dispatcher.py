"""Takes the jobs that the daemon has an executor for, and sees each to its end.

The claim is the durable intent: its job is ``running`` before a runner is spawned, and its run is
named by job and generation, so that whoever dies when, a claim is executed at most once (R10). What
runs belongs to its runner; a daemon that comes later finds it by the claim, and adopts it (R9).
"""

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, Final

import anyio
from anyio import to_thread
from anyio.abc import TaskGroup

from djobs_daemon.executors import commanding, keeping
from djobs_daemon.executors.ancestry import line_of
from djobs_daemon.executors.carried import Carried
from djobs_daemon.executors.ending import Ending, Settlement
from djobs_daemon.executors.facts import RunBegun
from djobs_daemon.executors.kinds import Executor, NotNow, Refused, Surroundings
from djobs_daemon.executors.metering import Meter, Metered
from djobs_daemon.executors.orders import GRACE_MS_DEFAULT
from djobs_daemon.executors.overview import overview
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
from djobs_daemon.executors.taking import Taker
from djobs_daemon.executors.treasury import Treasury
from djobs_daemon.executors.trouble import Trouble
from djobs_daemon.executors.verifier import Verifier
from djobs_daemon.failpoints import failpoint
from djobs_daemon.queue.finish import EXECUTOR
from djobs_daemon.scheduler.work import Work
from djobs_daemon.store.interface import Ledger, Store, View
from djobs_daemon.store.records import Done, JobRow
from djobs_daemon.store.usage_records import UsageRow
from djobs_local.identity import Comparison, compare
from djobs_protocol.daemon_replies import ExecutorsInfo
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.states import EventKind

log = logging.getLogger(__name__)

PROBLEM: Final = "executors"
TAIL_BYTES: Final = 1500
"""Of what work printed, in its evidence or error; the rest is in its log."""


class Dispatcher:
    """Lives on the event loop's thread."""

    def __init__(
        self,
        store: Store,
        work: Work,
        runs: Runs,
        executors: Mapping[str, Executor],
        around: Surroundings,
        jobs_max: int,
        problems: dict[str, str],
        verifier: Verifier,
        treasury: Treasury,
    ) -> None:
        self.runs = runs
        self.treasury = treasury
        self._verifier = verifier
        self._store = store
        self._work = work
        self._executors = executors
        self._around = around
        self._jobs_max = jobs_max
        self._carried: dict[str, Carried] = {}
        self._one_less = anyio.Event()
        self._trouble = Trouble(store, problems, PROBLEM)
        self._recorder = Recorder(self._trouble, treasury)
        types = tuple(sorted(executors))
        self._taker = Taker(store, work, types, treasury, self._trouble)

    async def run(self) -> None:
        """Adopt what runs, then take job after job while there is room, until cancelled."""
        async with anyio.create_task_group() as tasks:
            await self._adopt(tasks)
            while True:
                await self._room()
                carried = Carried(await self._taker.next())
                self._carried[carried.job.id] = carried
                tasks.start_soon(self._guarded, carried)

    def check(self, job_type: str, payload: Any) -> None:
        """Raise ``INVALID_PARAMS`` for a job that could never be run. Any thread may ask."""
        try:
            self._executor(job_type).check(payload)
        except Refused as reason:
            raise DjobsError(ErrorCode.INVALID_PARAMS, str(reason)) from None

    def obstacle(self, job: JobRow) -> str | None:
        """Say what keeps the daemon from running a job that nothing else keeps from it."""
        if job.type not in self._executors:
            return f"This daemon has no executor for the type {job.type!r}; see config.toml."
        if len(self._carried) >= self._jobs_max:
            return f"{self._jobs_max} jobs run, as many as executor_jobs_max allows at once."
        return None

    def overview(self) -> ExecutorsInfo:
        """Return what runs, and why no more are started."""
        carried = self._carried.values()
        paused = [each.job.id for each in carried if each.paused]
        return overview(self._executors, len(carried), paused, self._jobs_max, self._trouble.text)

    async def used_so_far(self) -> Mapping[str, tuple[UsageRow, ...]]:
        """Return what the runs under way have used by now, by job."""
        readers = {
            each.job.id: read
            for each in self._carried.values()
            if (read := self._reader_of_usage(each)) is not None
        }
        if not readers:
            return {}
        return await to_thread.run_sync(lambda: {name: read() for name, read in readers.items()})

    def depth_around(self, pid: int) -> int:
        """Return the depth of the job whose run a process belongs to; 0 when it is of none.

        The nearest counts. On systems without /proc nobody's is known, and the answer is 0.
        """
        runners = {each.runner.pid: each for each in self._carried.values() if each.runner}
        if not runners:
            return 0
        for ancestor in line_of(pid):
            found = runners.get(ancestor)
            if found and found.runner and compare(found.runner) is not Comparison.GONE:
                return found.job.depth
        return 0

    def _executor(self, job_type: str) -> Executor:
        if job_type not in self._executors:
            known = ", ".join(sorted(self._executors))
            raise Refused(f"There is no executor for the type {job_type!r}; there are: {known}.")
        return self._executors[job_type]

    async def stop(self, job_id: str, grace_ms: int = GRACE_MS_DEFAULT) -> None:
        """Have a job's run ended, as the ledger already says that somebody asked for."""
        await self._verifier.stop(job_id, grace_ms)
        carried = self._carried.get(job_id)
        if carried is None:
            return
        carried.stop_wanted = True
        if carried.begun:
            await self.runs.stop(carried.run_id, grace_ms)

    async def pause(self, job_id: str, *, paused: bool) -> None:
        """Have what runs for a job stand still or go on, as the ledger already says."""
        carried = self._carried.get(job_id)
        if carried is None:
            return
        carried.paused = paused
        if carried.begun:
            await self._pause(carried)
        if carried.meter is not None:
            carried.meter.turned(paused=paused)

    async def reconsider(self) -> None:
        """Let go on what a budget held up and has room for now; look for work again."""
        running = list[str]()

        def work(ledger: Ledger) -> Done:
            running[:] = self.treasury.reconsider(ledger)
            return Done()

        await self._store.write(ACTOR, work)
        for job_id in running:
            with suppress(DjobsError):  # one that is ending need not go on
                await self.pause(job_id, paused=False)
        self._taker.look_again()

    async def _pause(self, carried: Carried) -> None:
        act = self.runs.pause if carried.paused else self.runs.resume
        try:
            await act(carried.run_id)
        except (commanding.Refused, commanding.RunnerMute) as reason:
            raise DjobsError(
                ErrorCode.ILLEGAL_TRANSITION, f"{carried.job.id} could not be paused: {reason}."
            ) from None

    async def tidy(self, bytes_max: int) -> int:
        """Remove folders of runs that are over: of jobs that are gone, and the oldest above a size.

        Returns how many. A job whose folder went has no log any more, and keeps its evidence.
        """
        run_ids = await self.runs.run_ids()
        over = await self._store.read(lambda view: keeping.removable(view, run_ids))
        folders = {each: self.runs.folder(each) for each in run_ids}
        sizes = await to_thread.run_sync(keeping.measured, folders)
        chosen = list(keeping.to_remove(sizes, over, bytes_max))
        for run_id in chosen:
            await self.runs.remove(run_id)
        return len(chosen)

    # Taking

    async def _room(self) -> None:
        while len(self._carried) >= self._jobs_max:
            self._one_less = anyio.Event()
            await self._one_less.wait()

    async def _adopt(self, tasks: TaskGroup) -> None:
        """See to what an earlier daemon began."""

        def held(view: View) -> list[JobRow]:
            found = (view.job(each.id) for each in view.held_jobs(EXECUTOR))
            return [job for job in found if job is not None]

        for job in await self._store.read(held):
            carried = self._carried[job.id] = Carried(job)
            carried.begun = True
            carried.runner = await self.runs.runner_identity(carried.run_id)
            tasks.start_soon(self._guarded, carried)

    # Seeing one through

    async def _guarded(self, carried: Carried) -> None:
        try:
            await self._see_through(carried)
        except Exception:  # the boundary where a fault in djobs costs one job, not all
            log.exception("A job could not be seen through.", extra={"job": carried.job.id})
            self._trouble.went_wrong(f"{carried.job.id} is stuck; restart the daemon.")
        finally:
            if self._carried.get(carried.job.id) is carried:  # else its next attempt is there
                del self._carried[carried.job.id]
            self._one_less.set()

    async def _see_through(self, carried: Carried) -> None:
        adopted = carried.begun
        if not adopted:
            settlement = await self._begin(carried)
            if settlement is not None:
                await self._conclude(carried, settlement)
                return
        if carried.paused or adopted:  # whoever paused it may have died before it went on
            with suppress(DjobsError):  # one that is ending need not stand still
                await self._pause(carried)
        if carried.stop_wanted:
            await self.runs.stop(carried.run_id, GRACE_MS_DEFAULT)
        standing = await self._wait_metered(carried)
        await self._conclude(carried, await self._meaning(carried, standing))

    async def _wait_metered(self, carried: Carried) -> Standing:
        if not self.treasury.watches:
            return await self.runs.wait(carried.run_id)
        async with anyio.create_task_group() as beside:
            carried.meter = self._new_meter(carried)
            beside.start_soon(carried.meter.run, partial(self._over, carried), self.reconsider)
            standing = await self.runs.wait(carried.run_id)
            beside.cancel_scope.cancel()
        return standing

    def _new_meter(self, carried: Carried) -> Meter:
        read, wall = self._reader_of_usage(carried), self._work.clock.wall
        return Meter(self._store, self.treasury, ACTOR, carried.job, read, wall)

    def _reader_of_usage(self, carried: Carried) -> Callable[[], tuple[UsageRow, ...]] | None:
        executor: object = self._executors.get(carried.job.type)
        folder = self.runs.folder(carried.run_id)
        return partial(executor.used, folder) if isinstance(executor, Metered) else None

    async def _over(self, carried: Carried) -> None:
        """Have done what the ledger already says of a run that crossed a budget."""
        if self.treasury.table.on_limit == "stop":
            await self.stop(carried.job.id)
        else:
            await self.pause(carried.job.id, paused=True)

    async def _begin(self, carried: Carried) -> Settlement | None:
        """Let a job's command run; return what becomes of the job where that cannot be."""
        job = carried.job
        folder = self.runs.folder(carried.run_id)
        try:
            executor = self._executor(job.type)
            prepared = await to_thread.run_sync(executor.prepare, job, self._around, folder)
            prepared.order.encode()
        except NotNow as wait:
            return put_off(str(wait), wait.until_ms)
        except (Refused, ValueError) as reason:
            return failed(f"It could not be started: {reason}")
        except DjobsError as refusal:
            return failed(f"It could not be started: {refusal.message} {refusal.hint}".strip())
        try:
            await self.runs.prepare(carried.run_id, prepared.order, prepared.files)
            handle = await self.runs.spawn(carried.run_id)
        except (OSError, NotSpawned, RunBegun) as error:
            await self._trouble.rest("Nothing can be started", str(error))
            return Settlement(EventKind.RELEASED, f"it could not be started now: {error}", {})
        self._trouble.went_well()
        return self._let_go(carried, handle)

    def _let_go(self, carried: Carried, handle: Handle) -> Settlement | None:
        if carried.stop_wanted:
            self.runs.abandon(handle)
            return stopped("Stopped before it began.")
        carried.begun = True
        carried.runner = handle.identity
        self.runs.go(handle)  # a runner that has died meanwhile shows when it is waited for
        return None

    async def _meaning(self, carried: Carried, standing: Standing) -> Settlement:
        if standing.phase in (Phase.STARTING, Phase.RUNNING):
            raise RuntimeError(f"{carried.run_id} is not settled")
        job, folder = carried.job, self.runs.folder(carried.run_id)
        tail = await self._tail(carried.run_id) if standing.result is not None else ""
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

    async def _tail(self, run_id: str) -> str:
        page = await self.runs.read_log(run_id, -TAIL_BYTES, TAIL_BYTES)
        text = page.data.decode("utf-8", "replace").strip()
        return text if page.offset == 0 or not text else f"… {text}"

    async def _conclude(self, carried: Carried, settlement: Settlement) -> None:
        await self._recorder.conclude(carried.job, settlement)
        failpoint("verify.concluded")
        if self.treasury.watches:
            self._taker.look_again()
        await self._forget_order(carried.run_id)

    async def _forget_order(self, run_id: str) -> None:
        try:
            await self.runs.forget_order(run_id)
        except OSError as error:
            log.warning("An order stays.", extra={"run": run_id, "error": str(error)})
