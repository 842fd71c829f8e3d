"""The table of contents of the daemon: every request and who answers it."""

from djobs_daemon.app import App
from djobs_daemon.rpc.handlers import (
    agents,
    audit,
    briefing,
    budgets,
    changes,
    claims,
    daemon,
    events,
    explain,
    holding,
    jobs,
    limits,
    logs,
    overview,
    pauses,
    redo,
    resume,
    retention,
    revise,
    schedules,
    stats,
    types,
    undoing,
    waits,
    watchdog,
)
from djobs_daemon.store.records import Actor, RequestKey, encode_reply
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
from djobs_protocol.errors import DjobsError, ErrorCode
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
from djobs_protocol.requests import Request
from djobs_protocol.session_messages import BriefSession


async def dispatch(app: App, actor: Actor, request: Request, key: RequestKey | None) -> bytes:
    """Answer one request with its encoded reply, or raise ``DjobsError``.

    ``key`` makes a write happen once however often it is asked; reads ignore it.
    """
    app.work.heard_of(actor.session)
    match request:
        case EnqueueJobs():
            return await jobs.enqueue(app, actor, request, key)
        case CompleteJob():
            return await jobs.complete(app, actor, request, key)
        case FailJob():
            return await jobs.fail(app, actor, request, key)
        case ClaimJob():
            return await claims.claim(app, actor, request, key)
        case HeartbeatJob():
            return await claims.heartbeat(app, actor, request, key)
        case ReleaseJob():
            return await claims.release(app, actor, request, key)
        case RetryJob():
            return await redo.retry(app, actor, request, key)
        case RetryFailed():
            return await redo.retry_failed(app, actor, request, key)
        case CancelJob():
            return await redo.cancel(app, actor, request, key)
        case SkipJob():
            return await redo.skip(app, actor, request, key)
        case PauseJob():
            return await holding.pause(app, actor, request, key)
        case AmendJob():
            return await revise.amend(app, actor, request, key)
        case AcceptBefore():
            return await revise.accept_before(app, actor, request, key)
        case ApplyChanges():
            return await changes.apply(app, actor, request, key)
        case UndoChanges():
            return await undoing.undo(app, actor, request, key)
        case PauseWork():
            return await pauses.pause(app, actor, request, key)
        case ResumeWork():
            return await pauses.resume(app, actor, request, key)
        case ListPauses():
            return encode_reply(await pauses.pauses(app))
        case SetSchedule():
            return await schedules.set_schedule(app, actor, request, key)
        case PauseSchedule():
            return await schedules.pause(app, actor, request, key)
        case RemoveSchedule():
            return await schedules.remove(app, actor, request, key)
        case ListSchedules():
            return encode_reply(await schedules.schedules(app, request))
        case ArchiveWorkflow():
            return await retention.archive(app, actor, request, key)
        case UnarchiveWorkflow():
            return await retention.unarchive(app, actor, request, key)
        case PurgeJobs():
            return await retention.purge(app, actor, request, key)
        case DeliverNotice():
            return await watchdog.deliver(app, actor, request, key)
        case ListNotices():
            return encode_reply(await watchdog.notices(app, request))
        case FindStale():
            return encode_reply(await watchdog.find_stale(app, request))
        case SetType():
            return await types.set_type(app, actor, request, key)
        case ListTypes():
            return encode_reply(await types.types(app))
        case WaitForJobs():
            return encode_reply(await waits.wait(app, request))
        case SetLimit():
            return await limits.set_limit(app, actor, request, key)
        case ClearLimit():
            return await limits.clear_limit(app, actor, request, key)
        case ListLimits():
            return encode_reply(await limits.list_limits(app))
        case AllowBudget():
            return await budgets.allow(app, actor, request, key)
        case ListBudgets():
            return encode_reply(await budgets.budgets(app, actor))
        case RegisterAgent():
            return await agents.register(app, actor, request, key)
        case AgentHeartbeat():
            return await agents.heartbeat(app, actor, request, key)
        case ListAgents():
            return encode_reply(await agents.list_agents(app, request))
        case GetJob():
            return encode_reply(await jobs.get(app, request))
        case ExplainJob():
            return encode_reply(await explain.explain(app, request))
        case ListJobs():
            return encode_reply(await jobs.list_jobs(app, request))
        case ResumeSession():
            return encode_reply(await resume.resume(app, actor, request))
        case QueryAudit():
            return encode_reply(await audit.query(app, request))
        case GetOverview():
            return encode_reply(await overview.overview(app, request))
        case BriefSession():
            return encode_reply(await briefing.brief(app, request))
        case GetStats():
            return encode_reply(await stats.stats(app, request))
        case ReadLog():
            return encode_reply(await logs.read(app, request))
        case ReadEvents():
            return encode_reply(await events.read(app, request))
        case SubscribeEvents() | UnsubscribeEvents():
            raise DjobsError(
                ErrorCode.INVALID_REQUEST, "A subscription belongs to an RPC connection."
            )
        case GetHealth():
            return encode_reply(await daemon.health(app))
        case GetStatus():
            return encode_reply(await daemon.status(app))
        case GetSettings():
            return encode_reply(daemon.settings(app))
        case CheckDatabase():
            return encode_reply(await app.store.check())
        case BackUpDatabase():
            return encode_reply(await app.store.backup(request.path))
        case HandOver():
            return encode_reply(await daemon.hand_over(app, actor, request))
        case StopDaemon():
            return encode_reply(daemon.stop(app, actor, request))
