"""Schedules: say when jobs are to be made, pause, remove, look."""

from functools import partial
from typing import Final, NamedTuple

import msgspec
from anyio import to_thread

from djobs_daemon.app import App
from djobs_daemon.confined_clients import require_unconfined
from djobs_daemon.local_zone import local_zone
from djobs_daemon.queue import correlation
from djobs_daemon.queue.batch import drafts_of
from djobs_daemon.queue.cron import upcoming
from djobs_daemon.queue.present import moment
from djobs_daemon.queue.redaction_report import marks_added
from djobs_daemon.queue.schedules import (
    find,
    first_time,
    named,
    overlap_of,
    placed,
    present_schedule,
    require_name,
    stored,
    template_of,
)
from djobs_daemon.rpc.handlers.executable import require_executable, require_given
from djobs_daemon.store.interface import Ledger, View
from djobs_daemon.store.records import Actor, RequestKey
from djobs_daemon.store.schedule_records import ScheduleDraft, ScheduleRow, Turn
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.limits import SCHEDULES_MAX
from djobs_protocol.queue_replies import RemovedSchedule, ScheduleList, ScheduleSet
from djobs_protocol.queue_requests import ListSchedules, PauseSchedule, RemoveSchedule, SetSchedule
from djobs_protocol.values import NewJob

SHOWN: Final = 3
"""Times that are answered."""


class _Times(NamedTuple):
    """When a schedule fires."""

    zone: str
    upcoming: list[int]


async def set_schedule(
    app: App, actor: Actor, request: SetSchedule, key: RequestKey | None
) -> bytes:
    """Store a schedule, or put it in the place of the one of its name."""
    await require_unconfined(app, actor, "A schedule")
    workspace = _workspace(request.workspace, actor)
    if not workspace:
        raise DjobsError(
            ErrorCode.INVALID_PARAMS, "workspace is missing, and this session has none itself."
        )
    require_name(request.name)
    workflow = correlation.choose(request.correlation_id, workspace)
    template = template_of(request.job, workflow, workspace)
    overlap = overlap_of(request.overlap, request.missed)
    times = await to_thread.run_sync(partial(_times, request, app.work.clock.wall()))
    draft = ScheduleDraft(
        name=request.name,
        workspace=workspace,
        cron=request.cron.strip(),
        zone=times.zone,
        missed=request.missed,
        overlap=overlap,
        template=stored(template),
        next_at=times.upcoming[0],
        paused_at=None,
    )
    redacted = marks_added(request.job.payload, draft.template)

    def work(ledger: Ledger) -> ScheduleSet:
        _require_executable(app, ledger, template.job, redacted)
        rows = ledger.schedules()
        old = find(rows, request.name, workspace)
        if old is None and len(rows) >= SCHEDULES_MAX:
            raise DjobsError(
                ErrorCode.CONFLICT,
                f"There are {SCHEDULES_MAX} schedules, the most there may be; remove one first.",
            )
        ledger.keep_schedule(placed(draft, old, ledger.now, request.paused))
        row = named(ledger.schedules(), request.name, workspace)
        return _set(row, times.upcoming, replaced=old is not None, redacted=redacted)

    return await app.store.write(actor, work, key)


def _require_executable(app: App, ledger: Ledger, job: NewJob, redacted: int) -> None:
    """Raise unless what the schedule makes could be run, as far as that is the daemon's."""
    usual = ledger.type_defaults().get(job.type)
    managed_by = job.managed_by or (None if usual is None else usual.managed_by)
    payload = msgspec.json.encode(job.payload).decode()
    require_executable(app, managed_by, job.type, payload, redacted)
    (draft,) = drafts_of([job], "schedule", "/")
    require_given(app, msgspec.structs.replace(draft, managed_by=managed_by or "agent"))


async def pause(app: App, actor: Actor, request: PauseSchedule, key: RequestKey | None) -> bytes:
    """Have a schedule make no jobs, or go on from now."""
    workspace = _workspace(request.workspace, actor)
    now = app.work.clock.wall()

    def work(ledger: Ledger) -> ScheduleSet:
        row = named(ledger.schedules(), request.name, workspace)
        times = [] if request.paused else upcoming(row.cron, row.zone, now, SHOWN)
        if request.paused != (row.paused_at is not None):
            next_at = next(iter(times), None)
            paused_at = ledger.now if request.paused else None
            ledger.turn_schedule(row.seq, Turn(next_at, row.last_at, paused_at))
        return _set(named(ledger.schedules(), request.name, row.workspace), times)

    return await app.store.write(actor, work, key)


async def remove(app: App, actor: Actor, request: RemoveSchedule, key: RequestKey | None) -> bytes:
    """Remove a schedule; its jobs stay."""
    workspace = _workspace(request.workspace, actor)

    def work(ledger: Ledger) -> RemovedSchedule:
        row = named(ledger.schedules(), request.name, workspace)
        ledger.remove_schedule(row.seq)
        return RemovedSchedule(name=row.name, workspace=row.workspace)

    return await app.store.write(actor, work, key)


async def schedules(app: App, request: ListSchedules) -> ScheduleList:
    """Show schedules."""
    workspace = correlation.normalise_if_given(request.workspace)

    def work(view: View) -> ScheduleList:
        rows = view.schedules()
        chosen = [row for row in rows if workspace is None or row.workspace == workspace]
        return ScheduleList(schedules=[present_schedule(row) for row in chosen])

    return await app.store.read(work)


def _times(request: SetSchedule, now: int) -> _Times:
    """Return when it fires; on another thread: zones are files, and some expressions take long."""
    zone = request.zone or local_zone()
    first = first_time(request.cron, zone, now)
    return _Times(zone, [first, *upcoming(request.cron, zone, first, SHOWN - 1)])


def _set(
    row: ScheduleRow, times: list[int], *, replaced: bool = False, redacted: int = 0
) -> ScheduleSet:
    return ScheduleSet(
        schedule=present_schedule(row),
        upcoming=[moment(each) for each in times] if row.paused_at is None else [],
        replaced=replaced,
        redacted=redacted,
    )


def _workspace(asked: str | None, actor: Actor) -> str:
    return correlation.normalise(asked) if asked else actor.workspace
