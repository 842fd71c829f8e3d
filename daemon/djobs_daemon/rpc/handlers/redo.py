"""Ended by decision, or opened again: cancel, skip, retry."""

from functools import partial

from djobs_daemon.app import App
from djobs_daemon.queue.correlation import normalise_if_given
from djobs_daemon.queue.dependencies import is_lost
from djobs_daemon.queue.texts import bounded_if_given
from djobs_daemon.rpc.handlers.batches import move_all
from djobs_daemon.rpc.handlers.claims import moved
from djobs_daemon.rpc.handlers.jobs import existing
from djobs_daemon.rpc.handlers.keys import require_own_key, successor
from djobs_daemon.store.interface import Ledger
from djobs_daemon.store.records import Actor, JobRow, RequestKey
from djobs_protocol.job_replies import MovedJob, RetriedJobs
from djobs_protocol.job_requests import CancelJob, RetryFailed, RetryJob, SkipJob
from djobs_protocol.limits import BATCH_JOBS_MAX
from djobs_protocol.states import EventKind, JobState


async def cancel(app: App, actor: Actor, request: CancelJob, key: RequestKey | None) -> bytes:
    """End a job: ``cancelled`` if it has not started, ``stopped`` if somebody works on it."""
    return await _move(app, actor, request, key, EventKind.CANCELLED)


async def skip(app: App, actor: Actor, request: SkipJob, key: RequestKey | None) -> bytes:
    """Accept a job as done without doing it; also one that ended otherwise than by success."""
    return await _move(app, actor, request, key, EventKind.SKIPPED)


async def retry(app: App, actor: Actor, request: RetryJob, key: RequestKey | None) -> bytes:
    """Open an ended job again."""
    return await _move(app, actor, request, key, EventKind.RETRIED)


async def retry_failed(
    app: App, actor: Actor, request: RetryFailed, key: RequestKey | None
) -> bytes:
    """Open again what failed, the oldest first."""
    reason = bounded_if_given("reason", request.reason)
    workflow = normalise_if_given(request.correlation_id)

    def work(ledger: Ledger) -> RetriedJobs:
        found, cursor = ledger.failed(workflow, request.types, BATCH_JOBS_MAX, request.cursor)
        done = move_all(ledger, found, partial(has_successor, ledger), EventKind.RETRIED, reason)
        more = cursor is not None
        return RetriedJobs(ids=done.moved, left=done.left, more=more, next_cursor=cursor)

    return await app.store.write(actor, work, key)


def has_successor(ledger: Ledger, job: JobRow) -> bool:
    """Say whether a newer job was enqueued under the idempotency key of one that failed."""
    return successor(ledger, job) is not None


async def _move(
    app: App,
    actor: Actor,
    request: CancelJob | SkipJob | RetryJob,
    key: RequestKey | None,
    event: EventKind,
) -> bytes:
    reason = bounded_if_given("reason", request.reason)

    def work(ledger: Ledger) -> MovedJob:
        job = existing(ledger, request.job_id)
        if event is EventKind.SKIPPED and is_lost(job.state):
            job = _opened_again(ledger, job, reason)
        if event is EventKind.RETRIED:
            require_own_key(ledger, job)
        stops = event is EventKind.CANCELLED and job.state is JobState.RUNNING
        if stops and job.managed_by == "executor":
            return moved(_asked_to_stop(ledger, job, reason))
        return moved(ledger.move(job, EventKind.STOPPED if stops else event, reason))

    answer = await app.store.write(actor, work, key)
    if event is EventKind.CANCELLED and app.dispatcher is not None:
        await app.dispatcher.stop(request.job_id)
    return answer


def _opened_again(ledger: Ledger, job: JobRow, reason: str | None) -> JobRow:
    """Begin the run that is skipped; one that has ended keeps its end (``states``, rule 2)."""
    require_own_key(ledger, job)
    return ledger.move(job, EventKind.RETRIED, reason)


def _asked_to_stop(ledger: Ledger, job: JobRow, reason: str | None) -> JobRow:
    """Note that what runs for a job is to end; it is stopped once that has happened."""
    if job.stop_requested_at is not None:
        return job
    return ledger.mark(job, EventKind.STOP_REQUESTED, reason, stop_requested_at=ledger.now)
