"""Every request a client can make, by method name.

To add one: a struct here, a line in ``METHODS``, its reply in ``replies.REPLIES``. The dispatcher's
``match`` is checked for exhaustiveness, so mypy names the place that does not answer it yet.
"""

from typing import Annotated, Any, Final, Literal, TypeAlias

import msgspec

from djobs_protocol.limits import (
    BATCH_JOBS_MAX,
    CORRELATION_CHARS_MAX,
    EVENTS_PAGE_MAX,
    FOLLOWED_JOBS_MAX,
    KEY_SECONDS_MAX,
    NAME_CHARS_MAX,
    TEXT_BYTES_MAX,
    WAIT_SECONDS_MAX,
)
from djobs_protocol.states import EventKind, JobState
from djobs_protocol.values import (
    Attempts,
    CorrelationId,
    Cursor,
    Defaults,
    JobId,
    LeaseSeconds,
    LimitAmount,
    LimitScope,
    ManagedBy,
    Missed,
    Moment,
    Name,
    NewJob,
    Offset,
    Overlap,
    PageSize,
    PauseScope,
    Priority,
    WindowSeconds,
)

Label: TypeAlias = Annotated[str, msgspec.Meta(max_length=NAME_CHARS_MAX)]
PURGE_SECONDS_DEFAULT = 30 * 86_400.0
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


class PauseWork(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Let no claim take anything, or nothing of a workspace or a type; what runs goes on."""

    scope: PauseScope = "everything"
    subject: Annotated[str, msgspec.Meta(max_length=CORRELATION_CHARS_MAX)] | None = None
    """The workspace's path (default: the session's), or the type."""
    reason: Text | None = None


class ResumeWork(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """End a pause."""

    scope: PauseScope = "everything"
    subject: Annotated[str, msgspec.Meta(max_length=CORRELATION_CHARS_MAX)] | None = None


class WaitForJobs(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Wait until jobs have ended. One that is opened again meanwhile counts as open."""

    job_ids: Annotated[list[JobId], msgspec.Meta(min_length=1, max_length=FOLLOWED_JOBS_MAX)]
    any: bool = False
    """Until one of them has ended, instead of all."""
    wait_seconds: Annotated[float, msgspec.Meta(ge=0, le=WAIT_SECONDS_MAX)] = 0
    """Then the reply says how they stand."""


class ListPauses(msgspec.Struct, kw_only=True, frozen=True):
    """Show what is paused."""


class SetType(Defaults, kw_only=True, frozen=True, omit_defaults=True):
    """Say what jobs of a type get from now on where they do not say it themselves.

    What is left out stays. Jobs that are enqueued already keep what they got.
    """

    type: Name
    reset: bool = False
    """Forget the type's defaults before those that are named here."""


class ListTypes(msgspec.Struct, kw_only=True, frozen=True):
    """Show the types that have defaults."""


class SetSchedule(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Have jobs made at times of day; a schedule of that name is replaced, its jobs stay."""

    name: Name
    cron: Annotated[str, msgspec.Meta(min_length=1, max_length=NAME_CHARS_MAX)]
    """Minute, hour, day of month, month, day of week, as Debian's cron; or ``@daily`` and such."""
    job: NewJob
    """What each job is made from: without dependencies, idempotency key and time."""
    zone: Label | None = None
    """An IANA name; defaults to the daemon's own, which is kept by its name."""
    missed: Missed = "once"
    overlap: Overlap | None = None
    """Defaults to ``skip``; with ``missed="all"`` to ``allow``."""
    paused: bool | None = None
    """One that is replaced stays as it is unless this says otherwise."""
    workspace: CorrelationId | None = None
    """Defaults to the session's."""
    correlation_id: CorrelationId | None = None
    """Defaults to the workspace."""


class PauseSchedule(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Have a schedule make no jobs, or go on; what comes due meanwhile is not missed."""

    name: Name
    paused: bool = True
    workspace: CorrelationId | None = None
    """Defaults to the session's; without either the name must be the only one of all."""


class RemoveSchedule(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Remove a schedule; the jobs that it made stay."""

    name: Name
    workspace: CorrelationId | None = None
    """Defaults to the session's; without either the name must be the only one of all."""


class ListSchedules(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Show schedules by workspace and name."""

    workspace: CorrelationId | None = None
    """Of all workspaces when absent."""


class ArchiveWorkflow(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Leave the ended jobs of a workflow out of lists and counts; ``BATCH_JOBS_MAX`` at once.

    Open ones stay where they are. An archived job is found by its id, and a retry brings it back.
    """

    correlation_id: CorrelationId | None = None
    """Defaults to the session's workspace."""
    states: list[JobState] = []
    """Only jobs that ended so; all when empty."""
    reason: Text | None = None


class UnarchiveWorkflow(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Bring the archived jobs of a workflow back; ``BATCH_JOBS_MAX`` at once."""

    correlation_id: CorrelationId | None = None
    """Defaults to the session's workspace."""
    reason: Text | None = None


class PurgeJobs(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Remove ended jobs, with their texts and results, for good; ``PURGE_JOBS_MAX`` at once.

    Their events stay. A job that others depend on stays as long as they do, and so does one whose
    idempotency key still counts because of its window.
    """

    older_than_seconds: Annotated[float, msgspec.Meta(ge=0, le=1e10)] = PURGE_SECONDS_DEFAULT
    """Since they ended."""
    states: list[JobState] = []
    """Only jobs that ended so. When empty: all but those that failed, unless they are archived."""
    correlation_id: CorrelationId | None = None
    """Of all workflows when absent."""
    archived_only: bool = False
    dry_run: bool = True
    """Only say which they are."""
    reason: Text | None = None
    cursor: Cursor | None = None


class DeliverNotice(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Ask whether to give somebody a notice now; who is told yes gives it, and nobody else is.

    The same notice (kind, key and recipient) is given once in ``window_seconds``, and none of its
    kind to the recipient within ``cooldown_seconds`` of another.
    """

    kind: Name
    key: Name
    """What the notice is about: the id of a job, say."""
    recipient: Name
    window_seconds: Annotated[float, msgspec.Meta(ge=1, le=KEY_SECONDS_MAX)] | None = None
    """Once for ever when absent."""
    cooldown_seconds: Annotated[float, msgspec.Meta(ge=1, le=KEY_SECONDS_MAX)] | None = None


class ListNotices(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Show who was given which notice, the latest first."""

    limit: PageSize = 50
    cursor: Cursor | None = None


class FindStale(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Find jobs that do not get on by themselves: for whoever watches."""

    correlation_id: CorrelationId | None = None
    """All workflows when absent."""
    running_seconds: Annotated[float, msgspec.Meta(ge=0, le=1e10)] = 600
    """In work, and nothing was heard of the holder for so long."""
    ready_seconds: Annotated[float, msgspec.Meta(ge=0, le=1e10)] = 86_400
    """Ready for so long, and nobody took it."""
    overdue_seconds: Annotated[float, msgspec.Meta(ge=0, le=1e10)] = 60
    """Its time passed so long ago."""
    failed_seconds: Annotated[float, msgspec.Meta(ge=0, le=1e10)] = 0
    """Failed so long ago, and was neither retried nor archived."""
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 20
    """Of each kind."""


class SetLimit(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Bound how many jobs of something run at once, or start in a time; what runs goes on.

    Replaces what was said of it before. Jobs that are held up start in their usual order.
    """

    scope: LimitScope
    subject: Annotated[str, msgspec.Meta(max_length=CORRELATION_CHARS_MAX)] | None = None
    """The type, the resource key, or the workspace's path (default: the session's)."""
    workspace: Annotated[str, msgspec.Meta(max_length=CORRELATION_CHARS_MAX)] | None = None
    """Whose resource it is: a folder (default: the session's own) ..."""
    everywhere: bool = False
    """... or all of them together."""
    running: LimitAmount | None = None
    """At most so many at once. A resource without a limit is one job's at a time."""
    starts: LimitAmount | None = None
    """At most so many in any ``window_seconds``, whatever becomes of them."""
    window_seconds: WindowSeconds | None = None


class ClearLimit(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """End a limit."""

    scope: LimitScope
    subject: Annotated[str, msgspec.Meta(max_length=CORRELATION_CHARS_MAX)] | None = None
    workspace: Annotated[str, msgspec.Meta(max_length=CORRELATION_CHARS_MAX)] | None = None
    everywhere: bool = False


class ListLimits(msgspec.Struct, kw_only=True, frozen=True):
    """Show the limits, and how they stand."""


class RegisterAgent(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Make an agent known by name, and label this session with it."""

    agent_id: Name
    capabilities: Annotated[list[Name], msgspec.Meta(max_length=100)] = []
    metadata: Any = msgspec.field(default_factory=dict)


class AgentHeartbeat(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Say that an agent is there."""

    agent_id: Name


class ListAgents(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Show registered agents, the most recently seen first."""

    status: Literal["online", "offline"] | None = None


class GetJob(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Show one job with the newest part of its history."""

    job_id: JobId
    events_limit: PageSize = 20


class ExplainJob(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Say why a job is not running, and when that changes."""

    job_id: JobId


class ListJobs(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Show jobs, newest first."""

    correlation_id: CorrelationId | None = None
    """All workflows when absent."""
    states: list[JobState] = []
    """All states when empty."""
    archived: bool = False
    """Those that are archived, instead."""
    limit: PageSize = 50
    cursor: Cursor | None = None


class ResumeSession(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Find what is unfinished, oldest and most urgent first."""

    correlation_id: CorrelationId | None = None
    """Defaults to the session's workspace."""
    limit: PageSize = 20
    cursor: Cursor | None = None
    known_hash: Label | None = None
    """Of the page as it was last time: if it still is, the reply only says so."""


class QueryAudit(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Read the history: counts when ``summary``, else events, newest first."""

    since: Moment | None = None
    """Defaults to 24 hours ago."""
    until: Moment | None = None
    correlation_id: CorrelationId | None = None
    workspace: CorrelationId | None = None
    """The folder that the jobs belong to, whatever their workflow."""
    agent: Label | None = None
    """The name under which it was done; not every session has one."""
    session: Label | None = None
    job_id: JobId | None = None
    types: list[Name] = []
    kinds: list[EventKind] = []
    summary: bool = False
    limit: PageSize = 100
    cursor: Cursor | None = None


class EventSelection(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Which events, and from where on: what reading and subscribing have in common."""

    after: Offset | None = None
    """What is known already: the offset of the last reply, or the ``seq`` of the last event."""
    since: Moment | None = None
    """Instead: from the first event at this time or later. With neither: only what is to come."""
    job_ids: Annotated[list[JobId], msgspec.Meta(max_length=FOLLOWED_JOBS_MAX)] = []
    correlation_id: CorrelationId | None = None
    """With ``job_ids``: of these jobs, or of this workflow. With neither: of all."""
    kinds: list[EventKind] = []
    types: Annotated[list[Name], msgspec.Meta(max_length=100)] = []
    agent: Name | None = None


class ReadEvents(EventSelection, kw_only=True, frozen=True, omit_defaults=True):
    """Read the history forwards from an offset; wait for more when that is its end."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=EVENTS_PAGE_MAX)] = EVENTS_PAGE_MAX
    wait_seconds: Annotated[float, msgspec.Meta(ge=0, le=WAIT_SECONDS_MAX)] = 0
    """For an event that matches, if there is none."""


class SubscribeEvents(EventSelection, kw_only=True, frozen=True, omit_defaults=True):
    """Have this connection told of events as they are committed, from an offset on.

    They come as notifications, ``events`` with ``EventNotice``. Nothing is kept for a client that
    does not read: it is served from the history when it reads again.
    """


class UnsubscribeEvents(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """End a subscription of this connection."""

    subscription: int


class GetHealth(msgspec.Struct, kw_only=True, frozen=True):
    """Count the jobs and say whether all is well."""


class GetStatus(msgspec.Struct, kw_only=True, frozen=True):
    """Describe the daemon itself (R50)."""


class GetSettings(msgspec.Struct, kw_only=True, frozen=True):
    """Show every setting as the running daemon has it."""


class CheckDatabase(msgspec.Struct, kw_only=True, frozen=True):
    """Check integrity, the event chain, and that the jobs equal what the events say."""


class BackUpDatabase(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Copy the database while it is in use, and verify the copy."""

    path: Annotated[str, msgspec.Meta(max_length=CORRELATION_CHARS_MAX)] | None = None
    """A new file, its absolute path; a generation among the daemon's own backups when absent."""


class StopDaemon(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Drain and exit. The reply comes first; the process is gone when its lock is free (R28)."""

    reason: str = "asked to stop"


Request: TypeAlias = (
    EnqueueJobs
    | CompleteJob
    | FailJob
    | ClaimJob
    | HeartbeatJob
    | ReleaseJob
    | RetryJob
    | RetryFailed
    | CancelJob
    | SkipJob
    | AmendJob
    | AcceptBefore
    | PauseWork
    | ResumeWork
    | ListPauses
    | SetSchedule
    | PauseSchedule
    | RemoveSchedule
    | ListSchedules
    | ArchiveWorkflow
    | UnarchiveWorkflow
    | PurgeJobs
    | DeliverNotice
    | ListNotices
    | FindStale
    | SetType
    | ListTypes
    | WaitForJobs
    | SetLimit
    | ClearLimit
    | ListLimits
    | RegisterAgent
    | AgentHeartbeat
    | ListAgents
    | GetJob
    | ExplainJob
    | ListJobs
    | ResumeSession
    | QueryAudit
    | ReadEvents
    | SubscribeEvents
    | UnsubscribeEvents
    | GetHealth
    | GetStatus
    | GetSettings
    | CheckDatabase
    | BackUpDatabase
    | StopDaemon
)

METHODS: Final[dict[str, type[Request]]] = {
    "job.enqueue": EnqueueJobs,
    "job.complete": CompleteJob,
    "job.fail": FailJob,
    "job.claim": ClaimJob,
    "job.heartbeat": HeartbeatJob,
    "job.release": ReleaseJob,
    "job.retry": RetryJob,
    "job.retry_failed": RetryFailed,
    "job.cancel": CancelJob,
    "job.skip": SkipJob,
    "job.amend": AmendJob,
    "job.accept_before": AcceptBefore,
    "job.wait": WaitForJobs,
    "queue.pause": PauseWork,
    "queue.resume": ResumeWork,
    "queue.pauses": ListPauses,
    "schedule.set": SetSchedule,
    "schedule.pause": PauseSchedule,
    "schedule.remove": RemoveSchedule,
    "schedule.list": ListSchedules,
    "workflow.archive": ArchiveWorkflow,
    "workflow.unarchive": UnarchiveWorkflow,
    "queue.purge": PurgeJobs,
    "notice.deliver": DeliverNotice,
    "notice.list": ListNotices,
    "job.stale": FindStale,
    "type.set": SetType,
    "type.list": ListTypes,
    "limit.set": SetLimit,
    "limit.clear": ClearLimit,
    "limit.list": ListLimits,
    "agent.register": RegisterAgent,
    "agent.heartbeat": AgentHeartbeat,
    "agent.list": ListAgents,
    "job.get": GetJob,
    "job.explain": ExplainJob,
    "job.list": ListJobs,
    "session.resume": ResumeSession,
    "audit.query": QueryAudit,
    "events.read": ReadEvents,
    "events.subscribe": SubscribeEvents,
    "events.unsubscribe": UnsubscribeEvents,
    "daemon.health": GetHealth,
    "daemon.status": GetStatus,
    "daemon.settings": GetSettings,
    "daemon.stop": StopDaemon,
    "db.check": CheckDatabase,
    "db.backup": BackUpDatabase,
}

HELLO_METHOD: Final = "hello"
EVENTS_METHOD: Final = "events"
"""Of the notifications of a subscription: ``replies.EventNotice``."""
