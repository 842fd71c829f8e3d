"""The daemon about itself: health, status, settings, stop."""

import time

from djobs_daemon import program, upgrading
from djobs_daemon.app import App
from djobs_daemon.confined_clients import require_unconfined
from djobs_daemon.memory import resident_bytes
from djobs_daemon.queue.pauses import present_pause
from djobs_daemon.queue.present import moment
from djobs_daemon.store.records import Actor, JobFilter
from djobs_daemon.store.usage_records import MICROS_PER_USD
from djobs_protocol.daemon_replies import (
    HandingOver,
    HealthReport,
    SettingsReport,
    SettingValue,
    StatusReport,
    Stopping,
)
from djobs_protocol.daemon_requests import HandOver, StopDaemon
from djobs_protocol.version import PROTOCOL_MAX, PROTOCOL_MIN, VERSION


async def health(app: App) -> HealthReport:
    """Count all jobs by state."""
    counts, archived, pauses = await app.store.read(
        lambda view: (view.count_jobs(JobFilter()), view.count_archived(), view.pauses())
    )
    return HealthReport(
        status="degraded" if app.problems else "ok",
        counts=dict(counts),
        total=sum(counts.values()),
        archived=archived,
        problems=list(app.problems.values()),
        pauses=[present_pause(each) for each in pauses],
    )


async def status(app: App) -> StatusReport:
    """Describe this daemon, its database and who is connected."""
    counts, pauses = await app.store.read(
        lambda view: (view.count_jobs(JobFilter()), view.pauses())
    )
    micros, asked = await _today(app)
    instance = app.instance
    return StatusReport(
        phase=app.phase,
        pid=instance.pid,
        instance=instance.id,
        build=VERSION,
        installed_build=upgrading.pending_build(),
        protocol_range=(PROTOCOL_MIN, PROTOCOL_MAX),
        started_at=moment(instance.started_at),
        uptime_seconds=round(time.time() - instance.started_at / 1000, 3),
        home=instance.home,
        socket=instance.socket,
        owner=instance.owner,
        database=await app.store.describe(),
        mcp=app.mcp,
        rss_bytes=resident_bytes(),
        connections=app.connections.known(),
        counts=dict(counts),
        problems=list(app.problems.values()),
        pauses=[present_pause(each) for each in pauses],
        executors=None if app.dispatcher is None else app.dispatcher.overview(),
        cost_today_usd=micros / MICROS_PER_USD,
        over_budget=asked,
    )


async def _today(app: App) -> tuple[int, int]:
    if app.dispatcher is None:
        return 0, 0
    treasury, now = app.dispatcher.treasury, app.work.clock.wall()
    return await app.store.read(lambda view: treasury.today(view, now))


def settings(app: App) -> SettingsReport:
    """List every setting with where its value came from."""
    rows = [
        SettingValue(name=setting.name, value=value, source=source)
        for setting, value, source in app.settings.rows()
    ]
    return SettingsReport(settings=rows)


async def hand_over(app: App, actor: Actor, request: HandOver) -> HandingOver:
    """Begin to become the version that is installed now, here or where the client's is."""
    await require_unconfined(app, actor, "A handover")
    successor = program.own() if request.program is None else program.stated(request.program)
    who = f"{actor.client or actor.kind}, pid {actor.pid}"
    build = await upgrading.hand_over(app, successor, f"{request.reason} ({who})")
    return HandingOver(pid=app.instance.pid, instance=app.instance.id, build=build)


def stop(app: App, actor: Actor, request: StopDaemon) -> Stopping:
    """Begin to drain."""
    app.request_stop(f"{request.reason} ({actor.client or actor.kind}, pid {actor.pid})")
    return Stopping(pid=app.instance.pid, instance=app.instance.id)
