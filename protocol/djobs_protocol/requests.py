"""Every request a client can make, by method name.

To add one: a struct in the file of its family, a line here in ``Request`` and in ``METHODS``, its
reply in ``replies.REPLIES``. The dispatcher's ``match`` is checked for exhaustiveness: mypy names
the place that does not answer it yet.
"""

from typing import Final, TypeAlias

from djobs_protocol.budget_messages import AllowBudget, ListBudgets
from djobs_protocol.daemon_requests import (
    BackUpDatabase,
    CheckDatabase,
    GetHealth,
    GetSettings,
    GetStatus,
    HandOver,
    StopDaemon,
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
from djobs_protocol.overview_messages import GetOverview
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
from djobs_protocol.session_messages import BriefSession

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
    | PauseJob
    | AmendJob
    | AcceptBefore
    | ApplyChanges
    | UndoChanges
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
    | AllowBudget
    | ListBudgets
    | RegisterAgent
    | AgentHeartbeat
    | ListAgents
    | GetJob
    | ExplainJob
    | ListJobs
    | ResumeSession
    | QueryAudit
    | ReadLog
    | GetStats
    | GetOverview
    | BriefSession
    | ReadEvents
    | SubscribeEvents
    | UnsubscribeEvents
    | GetHealth
    | GetStatus
    | GetSettings
    | CheckDatabase
    | BackUpDatabase
    | HandOver
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
    "job.pause": PauseJob,
    "job.amend": AmendJob,
    "job.accept_before": AcceptBefore,
    "job.apply": ApplyChanges,
    "job.undo": UndoChanges,
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
    "budget.allow": AllowBudget,
    "budget.list": ListBudgets,
    "agent.register": RegisterAgent,
    "agent.heartbeat": AgentHeartbeat,
    "agent.list": ListAgents,
    "job.get": GetJob,
    "job.explain": ExplainJob,
    "job.list": ListJobs,
    "session.resume": ResumeSession,
    "audit.query": QueryAudit,
    "job.log": ReadLog,
    "queue.stats": GetStats,
    "queue.overview": GetOverview,
    "session.brief": BriefSession,
    "events.read": ReadEvents,
    "events.subscribe": SubscribeEvents,
    "events.unsubscribe": UnsubscribeEvents,
    "daemon.health": GetHealth,
    "daemon.status": GetStatus,
    "daemon.settings": GetSettings,
    "daemon.hand_over": HandOver,
    "daemon.stop": StopDaemon,
    "db.check": CheckDatabase,
    "db.backup": BackUpDatabase,
}

HELLO_METHOD: Final = "hello"
EVENTS_METHOD: Final = "events"
"""Of the notifications of a subscription: ``reading_replies.EventNotice``."""
