"""Takes the jobs that the daemon has an executor for, and sees each to its end.

The claim is the durable intent: its job is ``running`` before a runner is spawned, and its run is
named by job and generation, so that whoever dies when, a claim is executed at most once (R10). What
runs belongs to its runner; a daemon that comes later finds it by the claim, and adopts it (R9).
"""

import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

import anyio
from anyio import to_thread
from anyio.abc import TaskGroup

from djobs_daemon.executors import keeping
from djobs_daemon.executors.carried import Carried
from djobs_daemon.executors.course import Course
from djobs_daemon.executors.given_along import require_given
from djobs_daemon.executors.kinds import Executor, Refused, Surroundings
from djobs_daemon.executors.orders import GRACE_MS_DEFAULT
from djobs_daemon.executors.overview import overview
from djobs_daemon.executors.recording import ACTOR
from djobs_daemon.executors.runs import Runs
from djobs_daemon.executors.taking import Taker
from djobs_daemon.executors.treasury import Treasury
from djobs_daemon.executors.trouble import Trouble
from djobs_daemon.executors.verifier import Verifier
from djobs_daemon.executors.whereabouts import Whereabouts
from djobs_daemon.queue.finish import EXECUTOR
from djobs_daemon.scheduler.work import Work
from djobs_daemon.store.interface import Ledger, Store, View
from djobs_daemon.store.records import Done, JobDraft, JobRow
from djobs_daemon.store.usage_records import UsageRow
from djobs_protocol.daemon_replies import ExecutorsInfo
from djobs_protocol.errors import DjobsError, ErrorCode

log = logging.getLogger(__name__)

PROBLEM: Final = "executors"


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
        self._executors = executors
        self._jobs_max = jobs_max
        self._carried: dict[str, Carried] = {}
        self._one_less = anyio.Event()
        self._trouble = Trouble(store, problems, PROBLEM)
        self._course = Course(
            store, work, runs, executors, around, verifier, treasury, self._trouble
        )
        self.whereabouts = Whereabouts(self._carried, executors)
        self.adopted = anyio.Event()
        """Set once all that an earlier daemon began is known here."""
        types = tuple(sorted(executors))
        self._taker = Taker(store, work, types, treasury, self._trouble)

    async def run(self) -> None:
        """Adopt what runs, then take job after job while there is room, until cancelled."""
        async with anyio.create_task_group() as tasks:
            await self._adopt(tasks)
            self.adopted.set()
            while True:
                await self._room()
                carried = Carried(await self._taker.next())
                self._carried[carried.job.id] = carried
                tasks.start_soon(self._guarded, carried)

    def check(self, job_type: str, payload: Any) -> None:
        """Raise ``INVALID_PARAMS`` for a job that could never be run. Any thread may ask."""
        try:
            self._course.executor_of(job_type).check(payload)
        except Refused as reason:
            raise DjobsError(ErrorCode.INVALID_PARAMS, str(reason)) from None

    def check_given(self, draft: JobDraft) -> None:
        """Raise ``INVALID_PARAMS`` for what a job may not bring along. Any thread may ask."""
        try:
            require_given(self._course.executor_of(draft.type), draft, self.treasury.table.job)
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
            if (read := self._course.reader_of_usage(each)) is not None
        }
        if not readers:
            return {}
        return await to_thread.run_sync(lambda: {name: read() for name, read in readers.items()})

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
            await self._course.pause(carried)
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

    # Seeing them through

    async def _guarded(self, carried: Carried) -> None:
        try:
            await self._course.see_through(carried, self._over, self.reconsider)
            if self.treasury.concerns(carried.job):
                self._taker.look_again()
        except Exception:  # the boundary where a fault in djobs costs one job, not all
            log.exception("A job could not be seen through.", extra={"job": carried.job.id})
            self._trouble.went_wrong(f"{carried.job.id} is stuck; restart the daemon.")
        finally:
            if self._carried.get(carried.job.id) is carried:  # else its next attempt is there
                del self._carried[carried.job.id]
            self._one_less.set()

    async def _over(self, carried: Carried) -> None:
        """Have done what the ledger already says of a run that crossed a budget."""
        if self.treasury.table.on_limit == "stop":
            await self.stop(carried.job.id)
        else:
            await self.pause(carried.job.id, paused=True)
