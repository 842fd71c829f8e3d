"""Holding a job back, and letting it go on."""

from djobs_daemon.app import App
from djobs_daemon.queue.texts import bounded_if_given
from djobs_daemon.rpc.handlers.claims import moved
from djobs_daemon.rpc.handlers.jobs import existing
from djobs_daemon.store.interface import Ledger
from djobs_daemon.store.records import Actor, JobRow, RequestKey
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.job_replies import MovedJob
from djobs_protocol.job_requests import PauseJob
from djobs_protocol.states import TERMINAL_STATES, EventKind, JobState


async def pause(app: App, actor: Actor, request: PauseJob, key: RequestKey | None) -> bytes:
    """Hold a job back, or let it go on. The ledger says so first; a later daemon goes by that."""
    reason = bounded_if_given("reason", request.reason)

    def work(ledger: Ledger) -> MovedJob:
        job = existing(ledger, request.job_id)
        _require_pausable(job)
        if request.paused == (job.paused_at is not None):
            return moved(job)
        event = EventKind.PAUSED if request.paused else EventKind.RESUMED
        paused_at = ledger.now if request.paused else None
        return moved(ledger.mark(job, event, reason, paused_at=paused_at))

    answer = await app.store.write(actor, work, key)
    if app.dispatcher is not None:
        await app.dispatcher.pause(request.job_id, paused=request.paused)
    return answer


def _require_pausable(job: JobRow) -> None:
    if job.state in TERMINAL_STATES:
        raise DjobsError(ErrorCode.ILLEGAL_TRANSITION, f"{job.id} is {job.state}.")
    if job.state is JobState.RUNNING and job.managed_by != "executor":
        raise DjobsError(
            ErrorCode.ILLEGAL_TRANSITION,
            f"{job.id} is being worked on by somebody who cannot be made to pause; only what djobs "
            "runs itself can.",
        )
