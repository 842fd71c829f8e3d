"""A plan that turned out otherwise: change a job that waits, accept what comes before one."""

from djobs_daemon.app import App
from djobs_daemon.queue.amend import asked_changes, require_amendable, timed
from djobs_daemon.queue.redaction_report import marks_added
from djobs_daemon.queue.texts import bounded
from djobs_daemon.rpc.handlers.jobs import existing
from djobs_daemon.store.interface import Actor, Ledger, RequestKey
from djobs_protocol.limits import BATCH_JOBS_MAX
from djobs_protocol.replies import AcceptedJobs, AmendedJob
from djobs_protocol.requests import AcceptBefore, AmendJob
from djobs_protocol.states import EventKind, JobState


async def amend(app: App, actor: Actor, request: AmendJob, key: RequestKey | None) -> bytes:
    """Change a pending job."""
    changes = asked_changes(request)
    reason = None if request.reason is None else bounded("reason", request.reason)
    redacted = marks_added(request.payload, changes["payload"]) if "payload" in changes else 0

    def work(ledger: Ledger) -> AmendedJob:
        job = existing(ledger, request.job_id)
        require_amendable(job, request)
        job = ledger.mark(job, EventKind.AMENDED, reason, **timed(changes, ledger.now))
        return AmendedJob(id=job.id, state=job.state, revision=job.revision, redacted=redacted)

    return await app.store.write(actor, work, key)


async def accept_before(
    app: App, actor: Actor, request: AcceptBefore, key: RequestKey | None
) -> bytes:
    """Report as done what is open in a job's workflow and was enqueued before it."""
    evidence = None if request.evidence is None else bounded("evidence", request.evidence)

    def work(ledger: Ledger) -> AcceptedJobs:
        job = existing(ledger, request.job_id)
        said = evidence or f"accepted with everything before {job.id}"
        accepted, running = [], []
        earlier = ledger.open_before(job, BATCH_JOBS_MAX + 1)
        for each in earlier[:BATCH_JOBS_MAX]:
            open_job = existing(ledger, each)  # as those before it left it
            if open_job.state is JobState.RUNNING:
                running.append(each)
            else:
                ledger.move(open_job, EventKind.SUCCEEDED, said, evidence=said)
                accepted.append(each)
        return AcceptedJobs(ids=accepted, running=running, more=len(earlier) > BATCH_JOBS_MAX)

    return await app.store.write(actor, work, key)
