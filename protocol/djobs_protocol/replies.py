"""What each request is answered with; ``REPLIES`` pairs the two."""

from datetime import datetime
from typing import Final, Literal, TypeAlias

import msgspec

from djobs_protocol.requests import (
    AcceptBefore,
    AgentHeartbeat,
    AmendJob,
    ArchiveWorkflow,
    BackUpDatabase,
    CancelJob,
    CheckDatabase,
    ClaimJob,
    ClearLimit,
    CompleteJob,
    DeliverNotice,
    EnqueueJobs,
    ExplainJob,
    FailJob,
    FindStale,
    GetHealth,
    GetJob,
    GetSettings,
    GetStatus,
    HeartbeatJob,
    ListAgents,
    ListJobs,
    ListLimits,
    ListNotices,
    ListPauses,
    ListSchedules,
    ListTypes,
    PauseSchedule,
    PauseWork,
    PurgeJobs,
    QueryAudit,
    ReadEvents,
    RegisterAgent,
    ReleaseJob,
    RemoveSchedule,
    Request,
    ResumeSession,
    ResumeWork,
    RetryFailed,
    RetryJob,
    SetLimit,
    SetSchedule,
    SetType,
    SkipJob,
    StopDaemon,
    SubscribeEvents,
    UnarchiveWorkflow,
    UnsubscribeEvents,
    WaitForJobs,
)
from djobs_protocol.states import JobState
from djobs_protocol.values import (
    Agent,
    Delivery,
    Event,
    Job,
    JobId,
    Limit,
    ManagedBy,
    Offset,
    Pause,
    Schedule,
    StaleJob,
    TypeDefaults,
)


class Welcome(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """The daemon's half of the hello (R16)."""

    protocol: int
    """The highest version both sides speak."""
    protocol_range: tuple[int, int]
    build: str
    schema: int
    database: str
    """The database's UUID."""
    instance: str
    """Random, new at every start of a daemon."""
    pid: int
    started_at: datetime
    session: str
    capabilities: list[str]
    """Method names; more may come, none is ever removed."""


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


class ClaimedJob(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """A job that this session may work on now."""

    job: Job | None = None
    """None when no job may start; ``job.holder`` has the generation and the lease's end."""


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


class AgentList(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Registered agents."""

    agents: list[Agent]


class JobDetail(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """One job with its history, oldest event first."""

    job: Job
    depends_on: list[JobId] = []
    events: list[Event] = []
    events_total: int = 0
    schedule: str | None = None
    """The name of the schedule that made it, if that is still there."""


class Obstacle(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """One reason why a job is not running."""

    kind: Literal[
        "ended", "running", "dependency", "resource", "schedule", "back_off", "paused", "limit"
    ]
    text: str
    job_id: JobId | None = None
    """The job that stands in the way."""
    until: datetime | None = None
    """When it goes away by itself, if nothing else happens."""


class Explanation(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Why a job is not running; without obstacles it may be claimed now."""

    id: JobId
    state: JobState
    managed_by: ManagedBy
    obstacles: list[Obstacle] = []


class JobPage(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """One page of jobs."""

    jobs: list[Job]
    next_cursor: str | None = None


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


class LimitList(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """The limits, and how they stand."""

    limits: list[Limit] = []


class PauseList(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """What is paused now."""

    pauses: list[Pause] = []


class ScheduleSet(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """A schedule as it is now."""

    schedule: Schedule
    upcoming: list[datetime] = []
    """Its next runs; none while it is paused."""
    replaced: bool = False
    """There was one of that name."""
    redacted: int = 0
    """Secrets that were replaced in the payload before it was stored."""


class RemovedSchedule(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """A schedule that is no more."""

    name: str
    workspace: str


class ScheduleList(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Schedules, by workspace and name."""

    schedules: list[Schedule] = []


class ArchivedJobs(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """What was put into the archive, or taken out of it."""

    correlation_id: str
    jobs: int
    """How many now."""
    unfinished: int = 0
    """Open jobs of the workflow, which stay where they are."""
    more: bool = False
    """There are more than one request moves; ask again."""


class PurgedJobs(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """What was removed, or would be."""

    dry_run: bool
    ids: list[JobId] = []
    left: list[JobId] = []
    """They match, and stay: jobs that do not match depend on them."""
    next_cursor: str | None = None
    """There are more than one request looks at; ask again with this."""


class NoticeAnswer(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Whether to give a notice now."""

    deliver: bool
    reason: Literal["given_before", "cooling_down"] | None = None
    """Why not."""
    times: int = 0
    """How often it has been given, this time counted."""
    last_at: datetime | None = None
    """When it was given last, before now."""
    again_at: datetime | None = None
    """From when on the same request would be granted; never, when absent."""


class NoticeList(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Notices that were given, the latest first."""

    notices: list[Delivery] = []
    next_cursor: str | None = None


class StaleJobs(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """What does not get on by itself, by kind, the longest of each first."""

    jobs: list[StaleJob] = []


class TypeList(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """The types that have defaults, by name."""

    types: list[TypeDefaults] = []


class ResumePage(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """What is unfinished in one workflow."""

    correlation_id: str
    unfinished: int
    counts: dict[JobState, int] = {}
    blocked: int = 0
    failed: int = 0
    """Jobs that failed and were not acted on; not part of ``unfinished``."""
    since: datetime | None = None
    """When the oldest unfinished job was enqueued."""
    jobs: list[Job] = []
    next_cursor: str | None = None
    hash: str | None = None
    """Of all this but the leases; the next request may give it as ``known_hash``."""
    unchanged: bool = False
    """The page is the one whose hash was given, and is not repeated."""


class AuditReport(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """The history of a span of time."""

    since: datetime
    until: datetime
    total: int | None = None
    """Events that match, on all pages. Like the other counts, absent after the first page."""
    by_kind: dict[str, int] = {}
    by_type: dict[str, int] = {}
    by_workspace: dict[str, int] = {}
    by_agent: dict[str, int] = {}
    by_session: dict[str, int] = {}
    recent_failures: list[Event] = []
    events: list[Event] = []
    next_cursor: str | None = None


class EventPage(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """What came after an offset, oldest first."""

    events: list[Event] = []
    offset: Offset
    """Go on after this one."""
    more: bool = False
    """There are further lines now, which may match."""
    lagged: Offset | None = None
    """The history is no longer kept up to here: what came before it, after the offset that was
    asked for, is gone."""


class Subscription(msgspec.Struct, kw_only=True, frozen=True):
    """A subscription of this connection."""

    subscription: int
    offset: Offset
    """Told of up to here; after the end of it, what to go on from."""


class EventNotice(EventPage, kw_only=True, frozen=True, omit_defaults=True):
    """The params of an ``events`` notification."""

    subscription: int


class HealthReport(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Is it well, and how much is there."""

    status: Literal["ok", "degraded"]
    counts: dict[JobState, int]
    total: int
    archived: int = 0
    """Jobs in the archive, in none of the counts."""
    problems: list[str] = []
    pauses: list[Pause] = []


class ConnectionInfo(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """One open connection."""

    kind: Literal["rpc", "mcp"]
    session: str
    pid: int
    client: str = ""
    workspace: str = ""
    connected_at: datetime | None = None


class DatabaseInfo(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """The database as files."""

    path: str
    uuid: str
    schema: int
    bytes: int
    wal_bytes: int
    sqlite: str
    last_backup_at: datetime | None = None


class StatusReport(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """The daemon about itself."""

    phase: Literal["serving", "draining", "degraded"]
    pid: int
    instance: str
    build: str
    protocol_range: tuple[int, int]
    started_at: datetime
    uptime_seconds: float
    home: str
    socket: str
    owner: str
    """Who started it: a client, a person in the foreground, a service manager."""
    database: DatabaseInfo
    mcp: Literal["loading", "ready", "failed"]
    """Whether the MCP SDK is loaded; the handshake is answered without it."""
    rss_bytes: int
    connections: list[ConnectionInfo] = []
    counts: dict[JobState, int] = {}
    problems: list[str] = []
    pauses: list[Pause] = []


class SettingValue(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """One setting."""

    name: str
    value: str | int | float | bool
    source: str
    """``default``, ``file`` or the environment variable's name."""


class SettingsReport(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Every setting of the running daemon."""

    settings: list[SettingValue]


class DatabaseReport(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """The outcome of a check; ``ok`` only if ``problems`` is empty."""

    ok: bool
    path: str
    schema: int
    uuid: str
    jobs: int
    events: int
    problems: list[str] = []


class BackupMade(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """A copy of the database, whole and verified."""

    path: str
    bytes: int


class Stopping(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """The daemon has begun to drain."""

    pid: int
    instance: str


Reply: TypeAlias = (
    EnqueuedJobs
    | FinishedJob
    | ClaimedJob
    | MovedJob
    | AmendedJob
    | AcceptedJobs
    | RetriedJobs
    | PauseList
    | LimitList
    | ScheduleSet
    | RemovedSchedule
    | ScheduleList
    | TypeList
    | WaitedJobs
    | NoticeAnswer
    | NoticeList
    | StaleJobs
    | ArchivedJobs
    | PurgedJobs
    | Agent
    | AgentList
    | JobDetail
    | Explanation
    | JobPage
    | ResumePage
    | AuditReport
    | EventPage
    | Subscription
    | HealthReport
    | StatusReport
    | SettingsReport
    | DatabaseReport
    | BackupMade
    | Stopping
)

REPLIES: Final[dict[type[Request], type[Reply]]] = {
    EnqueueJobs: EnqueuedJobs,
    CompleteJob: FinishedJob,
    FailJob: FinishedJob,
    ClaimJob: ClaimedJob,
    HeartbeatJob: MovedJob,
    ReleaseJob: MovedJob,
    RetryJob: MovedJob,
    RetryFailed: RetriedJobs,
    CancelJob: MovedJob,
    SkipJob: MovedJob,
    AmendJob: AmendedJob,
    AcceptBefore: AcceptedJobs,
    PauseWork: PauseList,
    ResumeWork: PauseList,
    ListPauses: PauseList,
    SetSchedule: ScheduleSet,
    PauseSchedule: ScheduleSet,
    RemoveSchedule: RemovedSchedule,
    ListSchedules: ScheduleList,
    ArchiveWorkflow: ArchivedJobs,
    UnarchiveWorkflow: ArchivedJobs,
    PurgeJobs: PurgedJobs,
    DeliverNotice: NoticeAnswer,
    ListNotices: NoticeList,
    FindStale: StaleJobs,
    SetLimit: LimitList,
    ClearLimit: LimitList,
    ListLimits: LimitList,
    SetType: TypeList,
    ListTypes: TypeList,
    WaitForJobs: WaitedJobs,
    RegisterAgent: Agent,
    AgentHeartbeat: Agent,
    ListAgents: AgentList,
    GetJob: JobDetail,
    ExplainJob: Explanation,
    ListJobs: JobPage,
    ResumeSession: ResumePage,
    QueryAudit: AuditReport,
    ReadEvents: EventPage,
    SubscribeEvents: Subscription,
    UnsubscribeEvents: Subscription,
    GetHealth: HealthReport,
    GetStatus: StatusReport,
    GetSettings: SettingsReport,
    CheckDatabase: DatabaseReport,
    BackUpDatabase: BackupMade,
    StopDaemon: Stopping,
}
