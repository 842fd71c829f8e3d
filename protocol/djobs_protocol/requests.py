"""Every request a client can make, by method name.

To add one: a struct here, a line in ``METHODS``, its reply in ``replies.REPLIES``. The dispatcher's
``match`` is checked for exhaustiveness, so mypy names the place that does not answer it yet.
"""

from typing import Annotated, Final, TypeAlias

import msgspec

from djobs_protocol.limits import (
    BATCH_JOBS_MAX,
    CORRELATION_CHARS_MAX,
    NAME_CHARS_MAX,
    TEXT_BYTES_MAX,
)
from djobs_protocol.states import EventKind, JobState
from djobs_protocol.values import CorrelationId, Cursor, JobId, Moment, Name, NewJob, PageSize

Label: TypeAlias = Annotated[str, msgspec.Meta(max_length=NAME_CHARS_MAX)]
Text: TypeAlias = Annotated[str, msgspec.Meta(max_length=TEXT_BYTES_MAX)]


class ClientInfo(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Who connects, as it says itself. The kernel's word for pid and uid is used for decisions."""

    name: Label = "unknown"
    version: Label = ""
    pid: int = 0


class Hello(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """The first request of every RPC connection (R16)."""

    protocol: tuple[int, int]
    """Lowest and highest protocol version the client speaks."""
    build: Label
    client: ClientInfo = ClientInfo()
    session: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-zA-Z_-]{8,64}$")] | None = None
    """Chosen by the client, random. With it, a write that is sent again with the same request id
    after a reconnect returns the first answer and does nothing twice (R19). Without it the daemon
    makes one up and no answer is kept."""
    agent: Name | None = None
    workspace: Annotated[str, msgspec.Meta(max_length=CORRELATION_CHARS_MAX)] | None = None
    """The folder whose jobs these are: absolute, without symbolic links."""
    expected_db: str | None = None
    """Refuse to talk unless the daemon serves this database (R6)."""


class EnqueueJobs(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Record jobs, all or none."""

    jobs: Annotated[list[NewJob], msgspec.Meta(min_length=1, max_length=BATCH_JOBS_MAX)]
    correlation_id: CorrelationId | None = None
    """Defaults to the session's workspace."""


class CompleteJob(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Report success of a pending job, or of a running one by its holder."""

    job_id: JobId
    evidence: Text | None = None


class FailJob(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Report failure of a pending job, or of a running one by its holder."""

    job_id: JobId
    error: Annotated[Text, msgspec.Meta(min_length=1)]


class GetJob(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Show one job with the newest part of its history."""

    job_id: JobId
    events_limit: PageSize = 20


class ListJobs(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Show jobs, newest first."""

    correlation_id: CorrelationId | None = None
    """All workflows when absent."""
    states: list[JobState] = []
    """All states when empty."""
    limit: PageSize = 50
    cursor: Cursor | None = None


class ResumeSession(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Find what is unfinished, oldest and most urgent first."""

    correlation_id: CorrelationId | None = None
    """Defaults to the session's workspace."""
    limit: PageSize = 20
    cursor: Cursor | None = None


class QueryAudit(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Read the history: counts when ``summary``, else events, newest first."""

    since: Moment | None = None
    """Defaults to 24 hours ago."""
    until: Moment | None = None
    correlation_id: CorrelationId | None = None
    kinds: list[EventKind] = []
    summary: bool = False
    limit: PageSize = 100
    cursor: Cursor | None = None


class GetHealth(msgspec.Struct, kw_only=True, frozen=True):
    """Count the jobs and say whether all is well."""


class GetStatus(msgspec.Struct, kw_only=True, frozen=True):
    """Describe the daemon itself (R50)."""


class GetSettings(msgspec.Struct, kw_only=True, frozen=True):
    """Show every setting as the running daemon has it."""


class CheckDatabase(msgspec.Struct, kw_only=True, frozen=True):
    """Check integrity, the event chain, and that the jobs equal what the events say."""


class StopDaemon(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Drain and exit. The reply comes first; the process is gone when its lock is free (R28)."""

    reason: str = "asked to stop"


Request: TypeAlias = (
    EnqueueJobs
    | CompleteJob
    | FailJob
    | GetJob
    | ListJobs
    | ResumeSession
    | QueryAudit
    | GetHealth
    | GetStatus
    | GetSettings
    | CheckDatabase
    | StopDaemon
)

METHODS: Final[dict[str, type[Request]]] = {
    "job.enqueue": EnqueueJobs,
    "job.complete": CompleteJob,
    "job.fail": FailJob,
    "job.get": GetJob,
    "job.list": ListJobs,
    "session.resume": ResumeSession,
    "audit.query": QueryAudit,
    "daemon.health": GetHealth,
    "daemon.status": GetStatus,
    "daemon.settings": GetSettings,
    "daemon.stop": StopDaemon,
    "db.check": CheckDatabase,
}

HELLO_METHOD: Final = "hello"
