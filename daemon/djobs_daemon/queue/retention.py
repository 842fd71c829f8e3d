"""What may be put away or removed, and when. Pure.

What failed waits for somebody to act on it: no age alone removes it, only being named or archived.
"""

from collections.abc import Sequence
from typing import Final

from djobs_daemon.queue.present import as_milliseconds
from djobs_daemon.store.records import JobRow
from djobs_daemon.store.upkeep_records import PurgePolicy
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.queue_requests import PurgeJobs
from djobs_protocol.states import TERMINAL_STATES, JobState

ENDED: Final = tuple(state for state in JobState if state in TERMINAL_STATES)
SETTLED: Final = tuple(
    state for state in ENDED if state not in (JobState.FAILED, JobState.DEAD_LETTERED)
)
"""Nobody has to act on a job that ended so."""


def ended_states(asked: Sequence[JobState]) -> tuple[JobState, ...]:
    """Return the states that are meant; ``INVALID_PARAMS`` for one in which a job is open."""
    if opened := [str(state) for state in asked if state not in TERMINAL_STATES]:
        raise DjobsError(
            ErrorCode.INVALID_PARAMS,
            f"a job that is {opened[0]} has not ended; expected states: {', '.join(ENDED)}.",
        )
    return tuple(asked) or ENDED


def purge_policy(request: PurgeJobs, workflow: str | None, now: int) -> PurgePolicy:
    """Return what a request lets go."""
    named = ended_states(request.states)
    plain = named if request.states else SETTLED
    age = as_milliseconds(request.older_than_seconds) or 0
    return PurgePolicy(
        ended_before=now - age + (not age),  # of age 0 is also what has ended just now
        states=() if request.archived_only else plain,
        archived_states=named,
        now=now,
        correlation_id=workflow,
    )


def lets_go(policy: PurgePolicy, job: JobRow) -> bool:
    """Say whether a policy lets a job go, as it is now."""
    states = policy.states if job.archived_at is None else policy.archived_states + policy.states
    return (
        job.state in states
        and job.finished_at is not None
        and job.finished_at < policy.ended_before
        and (job.key_until is None or job.key_until <= policy.now)
        and policy.correlation_id in (None, job.correlation_id)
    )
