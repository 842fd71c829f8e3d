"""Answers of the tools for several agents, as an agent reads them."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from djobs_daemon.mcp_server.shorten import (
    DETAIL_BYTES_MAX,
    GROUP_CHARS,
    clip,
    present,
    preview,
    shown_time,
)
from djobs_protocol.job_replies import (
    AcceptedJobs,
    AmendedJob,
    ClaimedJob,
    MovedJob,
    RetriedJobs,
    WaitedJobs,
)
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
from djobs_protocol.reading_replies import Explanation, LogChunk, ModelUsage, Stats
from djobs_protocol.states import OPEN_STATES
from djobs_protocol.values import Agent, Job, Limit, Pause, Schedule, StaleJob

NOTHING_READY: Final = "No task may start now; why_task says why one waits."
STILL_OPEN: Final = "The time is up; call it again to wait on."
AGENTS_SHOWN: Final = 50
IDS_SHOWN: Final = 50
MORE: Final = "There are more: call it again with next_cursor as cursor."
AGAIN: Final = "There are more: call it again."
LIMITS_SHOWN: Final = 30
SCHEDULES_SHOWN: Final = 20
SCHEDULED_PAYLOAD_BYTES: Final = 160
TYPES_SHOWN: Final = 30
MODELS_SHOWN: Final = 20
UNPRICED: Final = "Where cost_usd is null the price is not known; the sum leaves it out."
STALE_SHOWN: Final = 40
ERROR_CHARS_MAX: Final = 500


Sharing = (
    ClaimedJob
    | MovedJob
    | AmendedJob
    | AcceptedJobs
    | RetriedJobs
    | PauseList
    | LimitList
    | TypeList
    | WaitedJobs
    | NoticeAnswer
    | NoticeList
    | StaleJobs
    | ArchivedJobs
    | PurgedJobs
    | ScheduleSet
    | RemovedSchedule
    | ScheduleList
    | Explanation
    | LogChunk
    | Stats
    | AgentList
    | Agent
)


def content(reply: Sharing) -> dict[str, Any]:
    """Return what is encoded as the answer."""
    match reply:
        case ClaimedJob(job=None):
            return {"id": None, "note": NOTHING_READY}
        case ClaimedJob(job=job):
            assert job is not None
            return _claimed(job)
        case MovedJob():
            return present(
                id=reply.id, state=reply.state, lease_until=shown_time(reply.lease_expires_at)
            )
        case AmendedJob():
            return present(id=reply.id, revision=reply.revision, redacted=reply.redacted or None)
        case AcceptedJobs():
            return _batch("accepted", reply.ids, reply.next_cursor, left_running=reply.running)
        case RetriedJobs():
            return _batch("retried", reply.ids, reply.next_cursor, left_for_a_newer_task=reply.left)
        case PauseList():
            return {"paused": [shown_pause(each) for each in reply.pauses]}
        case Stats():
            return {"counts": reply.counts, "cost_usd": reply.cost_usd} | present(
                usage=[_usage(each) for each in reply.usage[:MODELS_SHOWN]],
                note=UNPRICED if reply.unpriced else None,
            )
        case LogChunk():
            return _log(reply)
        case NoticeAnswer():
            return {"deliver": reply.deliver} | present(
                reason=reply.reason,
                last=shown_time(reply.last_at),
                again=shown_time(reply.again_at),
            )
        case NoticeList():
            return {"notices": len(reply.notices)}
        case StaleJobs():
            return {"stale": [_stale(job) for job in reply.jobs[:STALE_SHOWN]]} | present(
                note=_hidden(len(reply.jobs) - STALE_SHOWN)
            )
        case ArchivedJobs():
            return {"correlation_id": reply.correlation_id, "tasks": reply.jobs} | present(
                still_open=reply.unfinished or None, note=AGAIN if reply.more else None
            )
        case PurgedJobs():
            done = "would_remove" if reply.dry_run else "removed"
            return _batch(done, reply.ids, reply.next_cursor, left_for_dependents=reply.left)
        case LimitList():
            return _limits(reply)
        case ScheduleSet():
            return _scheduled(reply)
        case RemovedSchedule():
            return {"removed": reply.name}
        case ScheduleList():
            return {
                "schedules": [_schedule(each) for each in reply.schedules[:SCHEDULES_SHOWN]]
            } | present(note=_hidden(len(reply.schedules) - SCHEDULES_SHOWN))
        case TypeList():
            return _types(reply)
        case WaitedJobs():
            return _waited(reply)
        case Explanation():
            return _explained(reply)
        case AgentList():
            return {"agents": [_agent(agent) for agent in reply.agents[:AGENTS_SHOWN]]}
        case Agent():
            return _agent(reply)


def _limits(reply: LimitList) -> dict[str, Any]:
    """Return the limits, the first of them if there are many."""
    shown = [_limit(each) for each in reply.limits[:LIMITS_SHOWN]]
    hidden = len(reply.limits) - len(shown)
    return {"limits": shown} | present(note=f"And {hidden} more limits." if hidden else None)


def _limit(limit: Limit) -> dict[str, Any]:
    return present(
        scope=limit.scope,
        subject=clip(limit.subject, GROUP_CHARS),
        workspace=clip(limit.workspace, GROUP_CHARS),
        running=limit.running,
        starts=limit.starts,
        window_seconds=limit.window_seconds,
        running_now=limit.running_now,
        opens_at=None if limit.opens_at is None else shown_time(limit.opens_at),
    )


def _types(reply: TypeList) -> dict[str, Any]:
    """Return the defaults by type, the first of them if there are many."""
    shown = reply.types[:TYPES_SHOWN]
    told = {clip(each.type, GROUP_CHARS): msgspec.to_builtins(each) for each in shown}
    for defaults in told.values():
        del defaults["type"]
    return {"types": told} | present(note=_hidden(len(reply.types) - len(shown)))


def _scheduled(reply: ScheduleSet) -> dict[str, Any]:
    """Return what an agent has to know of a schedule that it set: when, and where that is meant."""
    schedule = reply.schedule
    return present(
        name=schedule.name,
        zone=schedule.zone,
        next=[shown_time(each) for each in reply.upcoming],
        paused=shown_time(schedule.paused_at),
        replaced=reply.replaced or None,
        redacted=reply.redacted or None,
    )


def _schedule(each: Schedule) -> dict[str, Any]:
    job = each.job
    return present(
        name=clip(each.name, GROUP_CHARS),
        cron=each.cron,
        zone=each.zone,
        type=clip(job.type, GROUP_CHARS),
        payload=preview(job.payload, SCHEDULED_PAYLOAD_BYTES) if job.payload else None,
        missed=each.missed,
        overlap=each.overlap,
        next=shown_time(each.next_at),
        last=shown_time(each.last_at),
        last_task=each.last_job,
        paused=shown_time(each.paused_at),
    )


def _hidden(count: int) -> str | None:
    return f"And {count} more." if count > 0 else None


def _stale(job: StaleJob) -> dict[str, Any]:
    return present(id=job.id, kind=job.kind, since=shown_time(job.since), why=job.text)


def _usage(of: ModelUsage) -> dict[str, Any]:
    return {
        "model": f"{of.provider}:{of.model}",
        "in": of.input_tokens,
        "out": of.output_tokens,
        "cost_usd": of.cost_usd,
    }


def _log(chunk: LogChunk) -> dict[str, Any]:
    return present(
        output=chunk.data.decode("utf-8", "replace"),
        next_after=chunk.next_offset,
        missing_bytes=chunk.missing_bytes or None,
        more=chunk.next_offset < chunk.end or None,
        running=chunk.running or None,
    )


def _claimed(job: Job) -> dict[str, Any]:
    holder = job.holder
    return present(
        id=job.id,
        type=job.type,
        payload=preview(job.payload, DETAIL_BYTES_MAX),
        attempt=f"{job.attempt}/{job.max_attempts}",
        last_error=clip(job.last_error, ERROR_CHARS_MAX),
        generation=holder.generation if holder else None,
        lease_until=shown_time(holder.lease_expires_at) if holder else None,
    )


def _waited(reply: WaitedJobs) -> dict[str, Any]:
    """Return what has ended and how, and what is still open."""
    still_open = [job.id for job in reply.jobs if job.state in OPEN_STATES]
    ended = {job.id: job.state for job in reply.jobs if job.state not in OPEN_STATES}
    note = None if reply.done else STILL_OPEN
    return {"done": reply.done} | present(ended=ended, open=still_open, note=note)


def _batch(
    done: str, ids: Sequence[str], cursor: str | None, **left: Sequence[str]
) -> dict[str, Any]:
    """Return what was done to how many, which, and those that were left with the reason."""
    shown = {name: _shown_ids(each) for name, each in {"ids": ids, **left}.items()}
    return {done: len(ids)} | present(**shown, next_cursor=cursor, note=MORE if cursor else None)


def _shown_ids(ids: Sequence[str]) -> list[str]:
    hidden = len(ids) - IDS_SHOWN
    return [*ids[:IDS_SHOWN], *([f"and {hidden} more"] if hidden > 0 else [])]


def shown_pause(pause: Pause) -> dict[str, Any]:
    """Return a pause as an agent reads it."""
    return present(
        scope=pause.scope,
        subject=clip(pause.subject, GROUP_CHARS),
        since=shown_time(pause.since),
        reason=clip(pause.reason, ERROR_CHARS_MAX),
    )


def _explained(reply: Explanation) -> dict[str, Any]:
    if not reply.obstacles:
        ready = f"Nothing: it may be claimed by any {reply.managed_by} now."
        return {"id": reply.id, "state": reply.state, "waits_for": ready}
    waits = [
        present(kind=each.kind, why=each.text, until=shown_time(each.until))
        for each in reply.obstacles
    ]
    return {"id": reply.id, "state": reply.state, "waits_for": waits}


def _agent(agent: Agent) -> dict[str, Any]:
    return present(
        id=agent.id,
        status=agent.status,
        capabilities=agent.capabilities,
        metadata=agent.metadata,
        seen=shown_time(agent.seen_at),
    )
