"""A plan that turned out otherwise: change a job that waits, accept what comes before one."""

from djobs_daemon.app import App
from djobs_daemon.confined_clients import inherited_by
from djobs_daemon.queue.amend import asked_changes, require_amendable, timed
from djobs_daemon.queue.inheritance import Inherited
from djobs_daemon.queue.redaction_report import marks_added
from djobs_daemon.queue.texts import bounded_if_given
from djobs_daemon.rpc.handlers.batches import move_all
from djobs_daemon.rpc.handlers.executable import require_executable
from djobs_daemon.rpc.handlers.jobs import existing
from djobs_daemon.store.interface import Ledger
from djobs_daemon.store.records import Actor, JobRow, RequestKey
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.job_replies import AcceptedJobs, AmendedJob
from djobs_protocol.job_requests import AcceptBefore, AmendJob
from djobs_protocol.limits import BATCH_JOBS_MAX
from djobs_protocol.states import EventKind, JobState


async def amend(app: App, actor: Actor, request: AmendJob, key: RequestKey | None) -> bytes:
    """Change a pending job."""
    changes = asked_changes(request)
    confined = await inherited_by(app, actor)
    reason = bounded_if_given("reason", request.reason)
    redacted = marks_added(request.payload, changes["payload"]) if "payload" in changes else 0

    def work(ledger: Ledger) -> AmendedJob:
        job = existing(ledger, request.job_id)
        require_amendable(job, request)
        require_as_confined(job, confined)
        if "payload" in changes:
            payload = changes["payload"]
            require_executable(app, job.managed_by, job.type, payload, redacted)
        job = ledger.mark(job, EventKind.AMENDED, reason, **timed(changes, ledger.now))
        return AmendedJob(id=job.id, state=job.state, revision=job.revision, redacted=redacted)

    return await app.store.write(actor, work, key)


def require_as_confined(job: JobRow, confined: Inherited | None) -> None:
    """Refuse that work that is confined rewrites what will run with less around it."""
    if confined is not None and job.sandbox is None:
        raise DjobsError(
            ErrorCode.COMMAND_REFUSED,
            f"{job.id} was not handed over out of a sandbox, and what asks to change it is in one "
            f"({confined.level}).",
        )


async def accept_before(
    app: App, actor: Actor, request: AcceptBefore, key: RequestKey | None
) -> bytes:
    """Report as done what is open in a job's workflow and was enqueued before it."""
    evidence = bounded_if_given("evidence", request.evidence)

    def work(ledger: Ledger) -> AcceptedJobs:
        job = existing(ledger, request.job_id)
        said = evidence or f"accepted with everything before {job.id}"
        earlier, cursor = ledger.open_before(job, BATCH_JOBS_MAX, request.cursor)
        done = move_all(ledger, earlier, is_left_open, EventKind.SUCCEEDED, said, evidence=said)
        more = cursor is not None
        return AcceptedJobs(ids=done.moved, running=done.left, more=more, next_cursor=cursor)

    return await app.store.write(actor, work, key)


def is_left_open(job: JobRow) -> bool:
    """Say whether nobody but its doer can end a job well: it is worked on, or has checks."""
    return job.state is JobState.RUNNING or job.verify is not None
