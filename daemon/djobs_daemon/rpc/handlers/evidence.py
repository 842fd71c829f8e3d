"""Success that is checked before it stands: the report, and the answer once checks have spoken."""

import anyio

from djobs_daemon.app import App
from djobs_daemon.failpoints import failpoint
from djobs_daemon.queue import finish, leases
from djobs_daemon.queue.present import present_receipt
from djobs_daemon.queue.verification import (
    Offer,
    as_stored,
    decode_receipt,
    encode_offer,
    refusal,
)
from djobs_daemon.store.interface import Ledger
from djobs_daemon.store.records import Actor, JobRow, RequestKey
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.job_replies import FinishedJob
from djobs_protocol.job_requests import CompleteJob
from djobs_protocol.limits import CHECKS_WAIT_SECONDS
from djobs_protocol.states import EventKind, JobState


def offered(
    app: App,
    ledger: Ledger,
    job: JobRow,
    request: CompleteJob,
    evidence: str | None,
    key: RequestKey | None,
) -> JobRow:
    """Note a report of success, and return the job as it is then: held, with its checks to come.

    The same request again after a crash is no second report: what became of the first answers it.
    """
    if job.offered_in is None and _was_asked_by(ledger, job, key):
        return job
    finish.require_reportable(job, ledger.actor.session, request.generation)
    if job.offered_in is not None:
        return job
    if job.state is not JobState.RUNNING:
        job = _taken(app, ledger, job)
    actor = ledger.actor
    offer = Offer(evidence, actor.session, actor.agent, as_stored(key))
    ledger.mark(job, EventKind.OFFERED, evidence, offer=encode_offer(offer))
    noted = ledger.job(job.id)
    assert noted is not None
    return noted


async def answer(app: App, actor: Actor, job: JobRow, key: RequestKey | None) -> bytes:
    """Return how a report ended, or that its checks still run; raise if it did not stand."""
    if job.offered_in is not None and app.verifier is not None:
        failpoint("verify.task_offered")
        ongoing = app.verifier.begin(job)
        with anyio.move_on_after(CHECKS_WAIT_SECONDS), app.requests.resting():
            await ongoing.done.wait()

    def work(ledger: Ledger) -> FinishedJob:
        return _outcome(ledger, job)

    return await app.store.write(actor, work, key)


def _was_asked_by(ledger: Ledger, job: JobRow, key: RequestKey | None) -> bool:
    text = None if job.receipt_in is None else ledger.text_of(job.receipt_in)
    return key is not None and text is not None and decode_receipt(text).request == as_stored(key)


def _taken(app: App, ledger: Ledger, job: JobRow) -> JobRow:
    """Let who reports on a job without having claimed it hold it while it is checked."""
    if job.managed_by == "executor":
        raise DjobsError(
            ErrorCode.NOT_HOLDER,
            f"{job.id} has checks, and is run and checked by djobs itself.",
            hint="Wait for it, or cancel it.",
        )
    leases.require_claimable(job, job.managed_by)
    holder = ledger.resource_holder(job)
    if holder is not None:
        raise finish.held(holder)
    until = app.work.clock.now() + leases.lease_ms(job)
    return ledger.move(job, EventKind.CLAIMED, lease_expires_at=until)


def _outcome(ledger: Ledger, reported: JobRow) -> FinishedJob:
    job = ledger.job(reported.id)
    text = None if job is None or job.receipt_in is None else ledger.text_of(job.receipt_in)
    if job is None or job.generation != reported.generation:
        raise _moved_on(reported, job)
    if job.state is JobState.SUCCEEDED and text is not None:
        return FinishedJob(
            id=job.id,
            state=job.state,
            correlation_id=job.correlation_id,
            unfinished=ledger.count_unfinished(job.correlation_id),
            receipt=present_receipt(text),
        )
    if job.state is not JobState.RUNNING:
        raise _moved_on(reported, job)
    if job.offered_in is None and text is not None:
        raise refusal(job, present_receipt(text))
    return FinishedJob(
        id=job.id,
        state=job.state,
        correlation_id=job.correlation_id,
        unfinished=ledger.count_unfinished(job.correlation_id),
        checking=True,
    )


def _moved_on(reported: JobRow, job: JobRow | None) -> DjobsError:
    state = "gone" if job is None else job.state
    return DjobsError(
        ErrorCode.ILLEGAL_TRANSITION,
        f"{reported.id} is {state}: that happened while its checks ran, so the report is void.",
        state=str(state),
    )
