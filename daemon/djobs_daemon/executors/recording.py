"""Writes down what becomes of runs, however long the disk refuses."""

import logging
from collections.abc import Callable
from typing import Final

import anyio

from djobs_daemon.executors.ending import Settlement
from djobs_daemon.executors.metering import is_same_run
from djobs_daemon.executors.treasury import Treasury
from djobs_daemon.executors.verifier import note_receipt
from djobs_daemon.queue.finish import EXECUTOR
from djobs_daemon.queue.verification import Offer, encode_offer
from djobs_daemon.store.interface import Ledger, Store
from djobs_daemon.store.records import Actor, Done, JobRow
from djobs_protocol.errors import DjobsError
from djobs_protocol.states import EventKind, JobState

log = logging.getLogger(__name__)

ACTOR: Final = Actor(session=EXECUTOR, kind="daemon")
REST_SECONDS: Final = 5.0
"""After a machine that would not start a runner, or a disk that refused."""
PROBLEM: Final = "executors"


class Recorder:
    """What went wrong last is among the daemon's ``problems`` until something goes well."""

    def __init__(self, store: Store, treasury: Treasury, problems: dict[str, str]) -> None:
        self._store = store
        self._treasury = treasury
        self._problems = problems

    @property
    def problem(self) -> str | None:
        """What keeps executors from working."""
        return self._problems.get(PROBLEM)

    def went_wrong(self, what: str) -> None:
        """Note what a person has to see to."""
        self._problems[PROBLEM] = what

    def went_well(self) -> None:
        """Note that the machine, or the disk, does its work again."""
        self._problems.pop(PROBLEM, None)

    async def offered(self, claimed: JobRow, evidence: str) -> JobRow | None:
        """Note that the run went well, once, and return the job as it is then."""
        found: JobRow | None = None

        def work(ledger: Ledger) -> Done:
            nonlocal found
            found = ledger.job(claimed.id)
            if found is None or not is_same_run(found, claimed):
                found = None
            elif found.offered_in is None:
                offer = encode_offer(Offer(evidence, ACTOR.session))
                ledger.mark(found, EventKind.OFFERED, "its run went well", offer=offer)
                found = ledger.job(claimed.id)
            return Done()

        await self._until_written(work, f"That the checks of {claimed.id} begin cannot be recorded")
        return found

    async def conclude(self, claimed: JobRow, settlement: Settlement) -> None:
        """Write down how it ended, however long the disk refuses: the result stays in its file."""

        def work(ledger: Ledger) -> Done:
            job = ledger.job(claimed.id)
            if job is not None and is_same_run(job, claimed):
                ledger.note_usage(job, settlement.usage)
                if settlement.receipt is not None:
                    job = note_receipt(ledger, job, settlement.receipt)
                job = ledger.move(job, settlement.event, settlement.note, **settlement.changes)
            if job is not None and self._treasury.watches and job.state is not JobState.RUNNING:
                self._treasury.settle(ledger, job)
            return Done()

        await self._until_written(work, f"How {claimed.id} ended cannot be recorded")

    async def _until_written(self, work: Callable[[Ledger], Done], failure: str) -> None:
        while True:
            try:
                await self._store.write(ACTOR, work)
                self.went_well()
                return
            except DjobsError as error:
                await self.rest(failure, error.message)

    async def rest(self, what: str, why: str) -> None:
        """Say what went wrong, and give it time."""
        log.warning("%s.", what, extra={"reason": why})
        self.went_wrong(f"{what}: {why}")
        await anyio.sleep(REST_SECONDS)
