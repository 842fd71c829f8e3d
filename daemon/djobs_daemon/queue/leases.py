"""Who may write to a running job, how long a claim lasts, and what happens when it lapses."""

from typing import Final, Literal

from djobs_daemon.queue.finish import held, moment_text, require_reportable
from djobs_daemon.store.records import HeldJob, JobRow
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.states import EventKind, JobState
from djobs_protocol.values import ManagedBy

LEASE_MS_DEFAULT: Final[dict[ManagedBy, int]] = {
    "agent": 10 * 60 * 1000,
    "worker": 60 * 1000,
    "executor": 60 * 1000,
}
"""An agent thinks and edits for minutes between two calls, and its death is noticed otherwise."""


def lease_ms(job: JobRow | HeldJob, asked_ms: int | None = None) -> int:
    """Return how long a claim or a renewal lasts, milliseconds.

    As asked, else as the claim asked, else as the job says, else by who manages it.
    """
    claimed_ms = job.held_ms if isinstance(job, JobRow) else None
    return asked_ms or claimed_ms or job.lease_ms or LEASE_MS_DEFAULT[job.managed_by]


def require_claimable(job: JobRow, managed_by: ManagedBy) -> None:
    """Raise unless a named job may be claimed; resources and limits are looked at elsewhere."""
    if job.managed_by != managed_by:
        raise DjobsError(
            ErrorCode.ILLEGAL_TRANSITION,
            f"{job.id} is work for a {job.managed_by}, not for a {managed_by}.",
        )
    if job.state is JobState.RUNNING:
        raise held(job)
    if job.state is not JobState.PENDING:
        raise DjobsError(ErrorCode.ILLEGAL_TRANSITION, f"{job.id} is {job.state}, not pending.")
    if job.blockers or not job.due or job.paused_at is not None:
        raise DjobsError(
            ErrorCode.ILLEGAL_TRANSITION, f"{job.id} may not start yet: {_obstacle(job)}."
        )


def require_holder(job: JobRow, session: str, generation: int | None) -> None:
    """Raise unless the caller holds the job: by its session, or by knowing the claim's number."""
    if job.state is not JobState.RUNNING:
        raise DjobsError(
            ErrorCode.STALE_GENERATION,
            f"{job.id} is {job.state}; nobody holds it now.",
            state=str(job.state),
        )
    require_reportable(job, session, generation)


def after_lapse(job: HeldJob) -> Literal[EventKind.LEASE_LAPSED, EventKind.DEAD_LETTERED]:
    """Return what a lapsed lease means: another try, or the end when no attempt is left."""
    if job.attempt < job.max_attempts:
        return EventKind.LEASE_LAPSED
    return EventKind.DEAD_LETTERED


def after_death(
    job: HeldJob,
) -> Literal[EventKind.RELEASED, EventKind.LEASE_LAPSED, EventKind.DEAD_LETTERED]:
    """Return what the holder's death means.

    An agent's editor crashes for reasons of its own, and its work must be found again however often
    that happens. A worker that dies may have died of the job, so that counts as an attempt.
    """
    return EventKind.RELEASED if job.managed_by == "agent" else after_lapse(job)


def _obstacle(job: JobRow) -> str:
    if job.paused_at is not None:
        return "it is paused"
    return "it waits for other jobs" if job.blockers else f"not before {moment_text(job.run_at)}"
