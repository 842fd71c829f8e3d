"""Writes down what becomes of runs, however long the disk refuses."""

from typing import Final

from djobs_daemon.executors.ending import Settlement
from djobs_daemon.executors.metering import is_same_run
from djobs_daemon.executors.treasury import Treasury
from djobs_daemon.executors.trouble import Trouble
from djobs_daemon.executors.verifier import note_receipt
from djobs_daemon.queue.finish import EXECUTOR
from djobs_daemon.queue.verification import Offer, encode_offer
from djobs_daemon.store.interface import Ledger
from djobs_daemon.store.records import Actor, Done, JobRow
from djobs_protocol.states import EventKind, JobState

ACTOR: Final = Actor(session=EXECUTOR, kind="daemon")


class Recorder:
    """Lives on the event loop's thread."""

    def __init__(self, trouble: Trouble, treasury: Treasury) -> None:
        self._trouble = trouble
        self._treasury = treasury

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

        await self._trouble.until_written(
            ACTOR, work, f"That the checks of {claimed.id} begin cannot be recorded"
        )
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
            if (
                job is not None
                and self._treasury.concerns(job)
                and job.state is not JobState.RUNNING
            ):
                self._treasury.settle(ledger, job)
            return Done()

        await self._trouble.until_written(ACTOR, work, f"How {claimed.id} ended cannot be recorded")

    def _settle(self, ledger: Ledger, job: JobRow) -> None:
        if self._treasury.concerns(job):
            self._treasury.settle(ledger, job)
