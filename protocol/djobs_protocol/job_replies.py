"""What is answered about single jobs."""

from datetime import datetime
from typing import Literal

import msgspec

from djobs_protocol.evidence import Receipt
from djobs_protocol.states import JobState
from djobs_protocol.values import (
    Job,
    JobId,
)


class EnqueuedJob(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """One job of an enqueue, in the order asked."""

    id: JobId
    state: JobState
    existing: bool = False
    """The idempotency key named a job that was there already; nothing was written for it."""
    correlation_id: str | None = None
    """Its workflow, where a key of all workspaces named a job of another one than was asked."""


class EnqueuedJobs(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """All of a batch; there is no partial one."""

    correlation_id: str
    jobs: list[EnqueuedJob]
    redacted: int = 0
    """Secrets that were replaced in the payloads before they were stored."""


class FinishedJob(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """A job that has just ended, and what is left of its workflow."""

    id: JobId
    state: JobState
    correlation_id: str
    unfinished: int
    """Jobs of the same correlation_id still open."""
    unmet_dependencies: list[JobId] = []
    """What it was to wait for, and had not: reported all the same."""
    redacted: int = 0
    """Secrets that were replaced in the evidence or error before it was stored."""
    retry_at: datetime | None = None
    """It failed, and will be tried again then."""
    attempts_left: int | None = None
    receipt: Receipt | None = None
    """What its checks found."""
    checking: bool = False
    """Success is reported, and the job is running until its checks have passed: look again."""


class ClaimedJob(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """A job that this session may work on now."""

    job: Job | None = None
    """None when no job may start; ``job.holder`` has the generation and the lease's end."""


class ChangedFile(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """One file that an agent left otherwise than it was."""

    path: str
    """Relative to the workspace."""
    change: Literal["new", "changed", "deleted", "other"]
    """``other``: a symbolic link or a repository, which is never applied."""
    bytes: int = 0


class AppliedChanges(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """What an agent changed, and whether it was written into the workspace just now."""

    id: JobId
    workspace: str
    files: list[ChangedFile]
    diff_path: str
    """Where the whole diff is kept, as long as the run's output is."""
    applied: bool = False
    """False also when the workspace had it all already."""


class RestoredFile(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """One file that becomes what it was before a job."""

    path: str
    """Relative to the workspace."""
    change: Literal["restored", "removed"]
    """``removed``: it was not there."""
    kept_path: str | None = None
    """Where its old content is kept, as long as the run's output is."""


class UndoneChanges(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """What a job wrote into its workspace, and whether it was taken back just now."""

    id: JobId
    workspace: str
    files: list[RestoredFile]
    undone: bool = False
    """False also when the workspace was as before already."""


class MovedJob(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """A job after what was asked of it."""

    id: JobId
    state: JobState
    generation: int = 0
    attempt: int = 0
    max_attempts: int = 0
    lease_expires_at: datetime | None = None


class JobStanding(msgspec.Struct, kw_only=True, frozen=True):
    """How a job stands."""

    id: JobId
    state: JobState


class WaitedJobs(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """How the jobs stand that were waited for, in the order asked."""

    jobs: list[JobStanding]
    done: bool = False
    """What was waited for has come; otherwise the time was up."""


class AmendedJob(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """A job that was changed."""

    id: JobId
    state: JobState
    revision: int
    """For the next change of it."""
    redacted: int = 0
    """Secrets that were replaced in the new payload."""


class AcceptedJobs(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """What was accepted as done."""

    ids: list[JobId] = []
    running: list[JobId] = []
    """Open, earlier, and left alone: somebody works on them."""
    more: bool = False
    """There are more than one request looks at; ask again, with ``next_cursor``."""
    next_cursor: str | None = None


class RetriedJobs(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """What was opened again."""

    ids: list[JobId] = []
    left: list[JobId] = []
    """Failed, and left so: a newer job has their idempotency key."""
    more: bool = False
    """There are more than one request looks at; ask again, with ``next_cursor``."""
    next_cursor: str | None = None
