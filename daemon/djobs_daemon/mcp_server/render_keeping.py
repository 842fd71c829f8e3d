"""Answers of the tools about policies: limits, defaults, schedules, notices, what is stuck."""

from typing import Any, Final

import msgspec

from djobs_daemon.mcp_server.render_batch import MORE, batch, hidden
from djobs_daemon.mcp_server.shorten import GROUP_CHARS, clip, present, preview, shown_time
from djobs_protocol.queue_replies import (
    ArchivedJobs,
    LimitList,
    NoticeAnswer,
    NoticeList,
    PurgedJobs,
    RemovedSchedule,
    ScheduleList,
    ScheduleSet,
    StaleJobs,
    TypeList,
)
from djobs_protocol.values import Delivery, Limit, Schedule, StaleJob

AGAIN: Final = "There are more: call it again."
LIMITS_SHOWN: Final = 30
SCHEDULES_SHOWN: Final = 20
SCHEDULED_PAYLOAD_BYTES: Final = 160
TYPES_SHOWN: Final = 30
STALE_SHOWN: Final = 40


Keeping = (
    NoticeAnswer
    | NoticeList
    | StaleJobs
    | ArchivedJobs
    | PurgedJobs
    | LimitList
    | ScheduleSet
    | RemovedSchedule
    | ScheduleList
    | TypeList
)


def content(reply: Keeping) -> dict[str, Any]:
    """Return what is encoded as the answer."""
    match reply:
        case NoticeAnswer():
            return {"deliver": reply.deliver} | present(
                reason=reply.reason,
                last=shown_time(reply.last_at),
                again=shown_time(reply.again_at),
            )
        case NoticeList():
            return {"notices": [_notice(each) for each in reply.notices]} | present(
                next_cursor=reply.next_cursor, note=MORE if reply.next_cursor else None
            )
        case StaleJobs():
            return {"stale": [_stale(job) for job in reply.jobs[:STALE_SHOWN]]} | present(
                note=hidden(len(reply.jobs) - STALE_SHOWN)
            )
        case ArchivedJobs():
            return {"correlation_id": reply.correlation_id, "tasks": reply.jobs} | present(
                still_open=reply.unfinished or None, note=AGAIN if reply.more else None
            )
        case PurgedJobs():
            done = "would_remove" if reply.dry_run else "removed"
            return batch(done, reply.ids, reply.next_cursor, left_for_dependents=reply.left)
        case LimitList():
            return _limits(reply)
        case ScheduleSet():
            return _scheduled(reply)
        case RemovedSchedule():
            return {"removed": reply.name}
        case ScheduleList():
            return {
                "schedules": [_schedule(each) for each in reply.schedules[:SCHEDULES_SHOWN]]
            } | present(note=hidden(len(reply.schedules) - SCHEDULES_SHOWN))
        case TypeList():
            return _types(reply)


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
    return {"types": told} | present(note=hidden(len(reply.types) - len(shown)))


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


def _stale(job: StaleJob) -> dict[str, Any]:
    return present(id=job.id, kind=job.kind, since=shown_time(job.since), why=job.text)


def _notice(given: Delivery) -> dict[str, Any]:
    return {
        "kind": clip(given.kind, GROUP_CHARS),
        "key": clip(given.key, GROUP_CHARS),
        "recipient": clip(given.recipient, GROUP_CHARS),
        "times": given.times,
        "last": shown_time(given.last_at),
    }
