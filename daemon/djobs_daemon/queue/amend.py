"""What may be changed about a job that has not started. Pure."""

from typing import Any

from djobs_daemon.queue.enqueue import stored_payload
from djobs_daemon.queue.present import milliseconds
from djobs_daemon.store.records import JobRow
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.job_requests import AmendJob
from djobs_protocol.limits import PAYLOAD_BYTES_MAX
from djobs_protocol.states import JobState


def asked_changes(request: AmendJob) -> dict[str, Any]:
    """Return the columns that a request sets; ``INVALID_PARAMS`` when it sets none."""
    changes: dict[str, Any] = {}
    if request.priority is not None:
        changes["priority"] = request.priority
    if request.max_attempts is not None:
        changes["max_attempts"] = request.max_attempts
    if request.run_at is not None:
        changes["run_at"] = milliseconds(request.run_at)
    if request.payload is not None:
        changes["payload"] = stored_payload(request.payload, PAYLOAD_BYTES_MAX)
    if not changes:
        raise DjobsError(
            ErrorCode.INVALID_PARAMS,
            "There is nothing to change; expected payload, priority, max_attempts or run_at.",
        )
    return changes


def require_amendable(job: JobRow, request: AmendJob) -> None:
    """Refuse what is not pending, or no longer what the caller looked at."""
    if job.state is not JobState.PENDING:
        raise DjobsError(
            ErrorCode.ILLEGAL_TRANSITION,
            f"{job.id} is {job.state}; only a pending job can be changed.",
        )
    if request.revision is not None and request.revision != job.revision:
        raise DjobsError(
            ErrorCode.CONFLICT,
            f"{job.id} is at revision {job.revision}, not {request.revision}: it was changed "
            "since. Look at it again.",
            revision=job.revision,
        )
    if request.max_attempts is not None and request.max_attempts <= job.attempt:
        raise DjobsError(
            ErrorCode.INVALID_PARAMS,
            f"max_attempts must be more than the {job.attempt} that {job.id} has used.",
        )


def timed(changes: dict[str, Any], now: int) -> dict[str, Any]:
    """Return the changes with what a new time means: whether it has come."""
    if "run_at" not in changes:
        return changes
    return {**changes, "run_at": max(changes["run_at"], now), "due": changes["run_at"] <= now}
