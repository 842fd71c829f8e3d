"""What each request is answered with; ``REPLIES`` pairs the two."""

from typing import Final, TypeAlias

from djobs_protocol.budget_messages import AllowBudget, BudgetList, ListBudgets
from djobs_protocol.daemon_replies import (
    BackupMade,
    DatabaseReport,
    HandingOver,
    HealthReport,
    SettingsReport,
    StatusReport,
    Stopping,
)
from djobs_protocol.daemon_requests import (
    BackUpDatabase,
    CheckDatabase,
    GetHealth,
    GetSettings,
    GetStatus,
    HandOver,
    StopDaemon,
)
from djobs_protocol.job_replies import (
    AcceptedJobs,
    AmendedJob,
    AppliedChanges,
    ClaimedJob,
    EnqueuedJobs,
    FinishedJob,
    MovedJob,
    RetriedJobs,
    UndoneChanges,
    WaitedJobs,
)
from djobs_protocol.job_requests import (
    AcceptBefore,
    AmendJob,
    ApplyChanges,
    CancelJob,
    ClaimJob,
    CompleteJob,
    EnqueueJobs,
    FailJob,
    HeartbeatJob,
    PauseJob,
    ReleaseJob,
    RetryFailed,
    RetryJob,
    SkipJob,
    UndoChanges,
    WaitForJobs,
)
from djobs_protocol.overview_messages import GetOverview, Overview
from djobs_protocol.queue_replies import (
    AgentList,
    ArchivedJobs,
    LimitList,
    NoticeAnswer,
    NoticeList,
    PauseList,
    PurgedJobs,
    RemovedSchedule,
    ScheduleList,
    ScheduleSet,
    StaleJobs,
    TypeList,
)
from djobs_protocol.queue_requests import (
    AgentHeartbeat,
    ArchiveWorkflow,
    ClearLimit,
    DeliverNotice,
    FindStale,
    ListAgents,
    ListLimits,
    ListNotices,
    ListPauses,
    ListSchedules,
    ListTypes,
    PauseSchedule,
    PauseWork,
    PurgeJobs,
    RegisterAgent,
    RemoveSchedule,
    ResumeWork,
    SetLimit,
    SetSchedule,
    SetType,
    UnarchiveWorkflow,
)
from djobs_protocol.reading_replies import (
    AuditReport,
    EventPage,
    Explanation,
    JobDetail,
    JobPage,
    LogChunk,
    ResumePage,
    Stats,
    Subscription,
)
from djobs_protocol.reading_requests import (
    ExplainJob,
    GetJob,
    GetStats,
    ListJobs,
    QueryAudit,
    ReadEvents,
    ReadLog,
    ResumeSession,
    SubscribeEvents,
    UnsubscribeEvents,
)
from djobs_protocol.requests import Request
from djobs_protocol.session_messages import BriefSession, SessionBrief
from djobs_protocol.values import (
    Agent,
)

Reply: TypeAlias = (
    EnqueuedJobs
    | FinishedJob
    | ClaimedJob
    | MovedJob
    | AmendedJob
    | AcceptedJobs
    | AppliedChanges
    | UndoneChanges
    | RetriedJobs
    | PauseList
    | LimitList
    | BudgetList
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
    | LogChunk
    | Stats
    | Overview
    | SessionBrief
    | Subscription
    | HealthReport
    | StatusReport
    | SettingsReport
    | DatabaseReport
    | BackupMade
    | HandingOver
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
    PauseJob: MovedJob,
    AmendJob: AmendedJob,
    AcceptBefore: AcceptedJobs,
    ApplyChanges: AppliedChanges,
    UndoChanges: UndoneChanges,
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
    AllowBudget: BudgetList,
    ListBudgets: BudgetList,
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
    ReadLog: LogChunk,
    GetStats: Stats,
    GetOverview: Overview,
    BriefSession: SessionBrief,
    ReadEvents: EventPage,
    SubscribeEvents: Subscription,
    UnsubscribeEvents: Subscription,
    GetHealth: HealthReport,
    GetStatus: StatusReport,
    GetSettings: SettingsReport,
    CheckDatabase: DatabaseReport,
    BackUpDatabase: BackupMade,
    HandOver: HandingOver,
    StopDaemon: Stopping,
}
