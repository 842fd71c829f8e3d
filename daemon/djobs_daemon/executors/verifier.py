"""Runs the checks of jobs whose success was reported, and records what they found.

The report is durable before the first check begins, and each check is a run of its own, named by
the report and its place. So whoever dies when, a later daemon finds the report, adopts the run
under way, reads the results of those that ended, and goes on; no check is run twice by a crash.
"""

import logging
import math
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import anyio
from anyio.abc import TaskGroup

from djobs_daemon.executors.check_orders import shell_of
from djobs_daemon.executors.checking import Checking, Ongoing
from djobs_daemon.executors.kinds import Executor, Surroundings
from djobs_daemon.executors.orders import GRACE_MS_DEFAULT
from djobs_daemon.executors.runs import Runs
from djobs_daemon.executors.trouble import Trouble
from djobs_daemon.failpoints import failpoint
from djobs_daemon.queue.checks import kind_of
from djobs_daemon.queue.leases import lease_ms
from djobs_daemon.queue.verification import (
    Offer,
    Verdict,
    Verified,
    decode_offer,
    encode_receipt,
    judge,
    sentence,
)
from djobs_daemon.scheduler.work import Work
from djobs_daemon.store.interface import Ledger, Store, View
from djobs_daemon.store.records import Actor, Done, JobRow
from djobs_protocol.evidence import Check, Receipt
from djobs_protocol.states import EventKind

log = logging.getLogger(__name__)

PROBLEM: Final = "checks"


class Verifier:
    """Lives on the event loop's thread."""

    def __init__(
        self,
        store: Store,
        work: Work,
        runs: Runs,
        executors: Mapping[str, Executor],
        around: Surroundings,
        at_once_max: int,
        problems: dict[str, str],
    ) -> None:
        self._store = store
        self._work = work
        self._runs = runs
        self._executors = executors
        self._at_once_max = at_once_max
        self._trouble = Trouble(store, problems, PROBLEM)
        self._checking = Checking(runs, executors, around, self._trouble)
        self._ongoing: dict[tuple[str, int], Ongoing] = {}
        self._to_come, self._coming = anyio.create_memory_object_stream[Ongoing](math.inf)
        self.on_refused: Callable[[], Awaitable[None]] = _nothing
        """Called when a report did not stand: its reporter may have died meanwhile."""

    async def run(self) -> None:
        """Check what was reported to an earlier daemon, then what is reported, until cancelled."""
        limiter = anyio.CapacityLimiter(self._at_once_max)
        async with anyio.create_task_group() as tasks:
            for job in await self._store.read(_reported):
                self.begin(job)
            await self._serve(tasks, limiter)

    async def _serve(self, tasks: TaskGroup, limiter: anyio.CapacityLimiter) -> None:
        async for ongoing in self._coming:
            tasks.start_soon(self._guarded, ongoing, limiter)

    def begin(self, job: JobRow) -> Ongoing:
        """Have the checks of a reported job run, once; its lease is renewed until they have."""
        assert job.offered_in is not None
        key = (job.id, job.offered_in)
        if key not in self._ongoing:
            self._ongoing[key] = Ongoing(job)
            self._to_come.send_nowait(self._ongoing[key])
        return self._ongoing[key]

    def require_runnable(self, job_type: str, checks: list[Check]) -> None:
        """Raise ``Refused`` for a command that could never be run. Any thread may ask."""
        shell = shell_of(self._executors, job_type)
        for check in checks:
            if kind_of(check) == "command":
                shell.check({"spec": check.command})

    async def stop(self, job_id: str, grace_ms: int = GRACE_MS_DEFAULT) -> None:
        """Have the checks of a job ended, as the ledger already says that somebody asked for."""
        for ongoing in [each for key, each in self._ongoing.items() if key[0] == job_id]:
            ongoing.stop_wanted = True
            if ongoing.run_id is not None:
                await self._runs.stop(ongoing.run_id, grace_ms)

    # An agent's or a worker's job

    async def _guarded(self, ongoing: Ongoing, limiter: anyio.CapacityLimiter) -> None:
        job = ongoing.job
        try:
            async with limiter:
                verified = await self._checking.check_all(ongoing)
                failpoint("verify.task_checked")
                verdict = await self._conclude(job, verified.receipt)
                failpoint("verify.task_concluded")
        except Exception:  # the boundary where a fault in djobs costs one job, not all
            log.exception("A job could not be checked.", extra={"job": job.id})
            self._trouble.went_wrong(f"{job.id} cannot be checked; restart the daemon.")
            verdict = Verdict.VOID
        # Not when cancelled: whoever waits then is answered by the next daemon, which goes on.
        del self._ongoing[job.id, job.offered_in or 0]
        ongoing.done.set()
        if verdict is Verdict.REFUSED:
            await self.on_refused()

    async def _conclude(self, job: JobRow, receipt: Receipt) -> Verdict:
        offered_in = job.offered_in or 0
        offer = decode_offer(await self._store.read(lambda view: view.text_of(offered_in)))
        actor = Actor(offer.session, "daemon", offer.agent)
        verdict = Verdict.VOID

        def work(ledger: Ledger) -> Done:
            nonlocal verdict
            now = ledger.job(job.id)
            verdict = judge(now, offered_in, receipt)
            if verdict is not Verdict.VOID:
                assert now is not None
                self._record(ledger, now, offer, receipt)
            return Done()

        failure = f"What {job.id}'s checks found is not recorded"
        await self._trouble.until_written(actor, work, failure)
        return verdict

    def _record(self, ledger: Ledger, job: JobRow, offer: Offer, receipt: Receipt) -> None:
        job = note_receipt(ledger, job, receipt, offer.request)
        if receipt.passed:
            ledger.move(job, EventKind.SUCCEEDED, offer.evidence, evidence=offer.evidence)
        else:
            ledger.extend_lease(job.id, self._work.clock.now() + lease_ms(job))

    # What is common

    async def check(self, job: JobRow) -> Verified:
        """Run the checks of an executor's job, whose success was noted as reported."""
        assert job.offered_in is not None
        key = (job.id, job.offered_in)
        ongoing = self._ongoing[key] = Ongoing(job)
        try:
            return await self._checking.check_all(ongoing)
        finally:
            ongoing.done.set()
            del self._ongoing[key]


def note_receipt(
    ledger: Ledger,
    job: JobRow,
    receipt: Receipt,
    request: tuple[str, str, bytes] | None = None,
) -> JobRow:
    """Add a receipt to the history of a job, whose report is no longer being checked."""
    return ledger.mark(
        job,
        EventKind.CHECKED,
        sentence(receipt),
        receipt=encode_receipt(receipt, request),
        verified=receipt.passed,
        offered_in=None,
    )


def _reported(view: View) -> list[JobRow]:
    found = (view.job(job_id) for job_id in view.offered_jobs())
    return [job for job in found if job is not None]


async def _nothing() -> None:
    """Nobody wants to know."""
