"""Ended by decision, or opened again: cancel, skip, retry."""

from djobs_daemon.app import App
from djobs_daemon.queue.texts import bounded
from djobs_daemon.rpc.handlers.claims import moved
from djobs_daemon.rpc.handlers.jobs import existing
from djobs_daemon.store.interface import Actor, Ledger, RequestKey
from djobs_protocol.replies import MovedJob
from djobs_protocol.requests import CancelJob, RetryJob, SkipJob
from djobs_protocol.states import EventKind, JobState


async def cancel(app: App, actor: Actor, request: CancelJob, key: RequestKey | None) -> bytes:
    """End a job: ``cancelled`` if it has not started, ``stopped`` if somebody works on it."""
    return await _move(app, actor, request, key, EventKind.CANCELLED)


async def skip(app: App, actor: Actor, request: SkipJob, key: RequestKey | None) -> bytes:
    """Accept a job as done without doing it."""
    return await _move(app, actor, request, key, EventKind.SKIPPED)


async def retry(app: App, actor: Actor, request: RetryJob, key: RequestKey | None) -> bytes:
    """Open an ended job again."""
    return await _move(app, actor, request, key, EventKind.RETRIED)


async def _move(
    app: App,
    actor: Actor,
    request: CancelJob | SkipJob | RetryJob,
    key: RequestKey | None,
    event: EventKind,
) -> bytes:
    reason = None if request.reason is None else bounded("reason", request.reason)

    def work(ledger: Ledger) -> MovedJob:
        job = existing(ledger, request.job_id)
        stops = event is EventKind.CANCELLED and job.state is JobState.RUNNING
        return moved(ledger.move(job, EventKind.STOPPED if stops else event, reason))

    return await app.store.write(actor, work, key)
