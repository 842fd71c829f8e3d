"""What is asked about single jobs: record, take, report, decide."""

from typing import Annotated, Any

import msgspec

from djobs_protocol.limits import (
    BATCH_JOBS_MAX,
    FOLLOWED_JOBS_MAX,
    WAIT_SECONDS_MAX,
)
from djobs_protocol.values import (
    ApplyAction,
    Attempts,
    CorrelationId,
    Cursor,
    JobId,
    LeaseSeconds,
    ManagedBy,
    Moment,
    Name,
    NewJob,
    Priority,
    Text,
    UndoAction,
)


class EnqueueJobs(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Record jobs, all or none."""

    jobs: Annotated[list[NewJob], msgspec.Meta(min_length=1, max_length=BATCH_JOBS_MAX)]
    correlation_id: CorrelationId | None = None
    """Defaults to the session's workspace."""


class CompleteJob(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Report success of a pending job, or of a running one by its holder."""

    job_id: JobId
    evidence: Text | None = None
    generation: int | None = None
    """Of the claim, where another session than the holder's reports."""


class FailJob(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Report failure of a pending job, or of a running one by its holder."""

    job_id: JobId
    error: Annotated[Text, msgspec.Meta(min_length=1)]
    generation: int | None = None
    retry: bool = True
    """A running job with attempts left is tried again later; False ends it now."""


class ClaimJob(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Take a job under a lease: the most urgent, then oldest, that may start.

    From the workflow if one is named, else from the session's workspace, else from all of them.
    """

    types: Annotated[list[Name], msgspec.Meta(max_length=100)] = []
    """Any type when empty."""
    job_id: JobId | None = None
    """This one, or a refusal that says why not."""
    correlation_id: CorrelationId | None = None
    everywhere: bool = False
    """All workspaces, which take turns."""
    managed_by: ManagedBy = "agent"
    agent_id: Name | None = None
    lease_seconds: LeaseSeconds | None = None
    wait_seconds: Annotated[float, msgspec.Meta(ge=0, le=WAIT_SECONDS_MAX)] = 0
    """For a job to become ready, if none is."""


class HeartbeatJob(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Renew the lease of a running job. Any other call of the holder renews it, too."""

    job_id: JobId
    lease_seconds: LeaseSeconds | None = None
    generation: int | None = None


class ReleaseJob(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Give a running job back; it counts as no attempt."""

    job_id: JobId
    reason: Text | None = None
    generation: int | None = None


class RetryJob(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Open an ended job again: a new run, with all its attempts; the history stays."""

    job_id: JobId
    reason: Text | None = None


class RetryFailed(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Open every job again that failed or was dead-lettered.

    Looks at ``BATCH_JOBS_MAX`` of them, the oldest first, those after ``cursor``.
    """

    correlation_id: CorrelationId | None = None
    """Of all workflows when absent."""
    types: Annotated[list[Name], msgspec.Meta(max_length=100)] = []
    """Of any type when empty."""
    reason: Text | None = None
    cursor: Cursor | None = None


class CancelJob(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """End a job that has not started; a running one only by its holder (``release`` it first)."""

    job_id: JobId
    reason: Text | None = None


class PauseJob(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Hold a job back, or let it go on.

    One that has not started is not taken until then; what the daemon runs for one stands still, and
    its ``max_duration`` does not go on. Work of others cannot be made to stand still.
    """

    job_id: JobId
    paused: bool = True
    reason: Text | None = None


class ApplyChanges(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Write what an agent changed in its copy of the job's workspace into the workspace itself.

    All or nothing: ``CONFLICT`` when a file is no longer what the agent began with. What is applied
    already is left alone.
    """

    job_id: JobId
    action: ApplyAction = "apply"


class UndoChanges(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Take back what the daemon wrote into a job's workspace: a model's files, applied changes.

    All or nothing: ``CONFLICT`` when a file is no longer what was written. What was taken back
    already is left alone.
    """

    job_id: JobId
    action: UndoAction = "undo"


class SkipJob(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Accept a job that has not started as done without doing it."""

    job_id: JobId
    reason: Text | None = None


class AmendJob(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Change a job that has not started; what is left out stays."""

    job_id: JobId
    revision: Annotated[int, msgspec.Meta(ge=1)] | None = None
    """Of the job as the caller saw it: refused if it was changed since."""
    payload: Any = None
    """The whole new payload. ``null`` stands for leaving it as it is."""
    priority: Priority | None = None
    max_attempts: Attempts | None = None
    run_at: Moment | None = None
    """Not before this time; one that has passed: now."""
    reason: Text | None = None


class AcceptBefore(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Report as done what is open in a job's workflow and was enqueued before it.

    Looks at ``BATCH_JOBS_MAX`` of them, the oldest first, those after ``cursor``; what somebody
    works on is left alone.
    """

    job_id: JobId
    """It stays as it is."""
    evidence: Text | None = None
    cursor: Cursor | None = None


class WaitForJobs(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Wait until jobs have ended. One that is opened again meanwhile counts as open."""

    job_ids: Annotated[list[JobId], msgspec.Meta(min_length=1, max_length=FOLLOWED_JOBS_MAX)]
    any: bool = False
    """Until one of them has ended, instead of all."""
    wait_seconds: Annotated[float, msgspec.Meta(ge=0, le=WAIT_SECONDS_MAX)] = 0
    """Then the reply says how they stand."""
