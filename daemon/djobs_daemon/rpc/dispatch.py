"""The table of contents of the daemon: every request and who answers it."""

from djobs_daemon.app import App
from djobs_daemon.rpc.handlers import audit, daemon, jobs, resume
from djobs_daemon.store.interface import Actor, RequestKey, encode_reply
from djobs_protocol.requests import (
    CheckDatabase,
    CompleteJob,
    EnqueueJobs,
    FailJob,
    GetHealth,
    GetJob,
    GetSettings,
    GetStatus,
    ListJobs,
    QueryAudit,
    Request,
    ResumeSession,
    StopDaemon,
)


async def dispatch(app: App, actor: Actor, request: Request, key: RequestKey | None) -> bytes:
    """Answer one request with its encoded reply, or raise ``DjobsError``.

    ``key`` makes a write happen once however often it is asked; reads ignore it.
    """
    match request:
        case EnqueueJobs():
            return await jobs.enqueue(app, actor, request, key)
        case CompleteJob():
            return await jobs.complete(app, actor, request, key)
        case FailJob():
            return await jobs.fail(app, actor, request, key)
        case GetJob():
            return encode_reply(await jobs.get(app, request))
        case ListJobs():
            return encode_reply(await jobs.list_jobs(app, request))
        case ResumeSession():
            return encode_reply(await resume.resume(app, actor, request))
        case QueryAudit():
            return encode_reply(await audit.query(app, request))
        case GetHealth():
            return encode_reply(await daemon.health(app))
        case GetStatus():
            return encode_reply(await daemon.status(app))
        case GetSettings():
            return encode_reply(daemon.settings(app))
        case CheckDatabase():
            return encode_reply(await app.store.check())
        case StopDaemon():
            return encode_reply(daemon.stop(app, actor, request))
