"""How long what is over is kept, by the settings. Usually for ever."""

from collections.abc import Callable
from typing import Final

from djobs_daemon.app import App
from djobs_daemon.caretaker import Caretaker
from djobs_daemon.holders import daemon_actor
from djobs_daemon.queue.retention import purge_policy
from djobs_daemon.rpc.handlers.retention import remove
from djobs_daemon.storage import clock_ms
from djobs_daemon.store.interface import View
from djobs_daemon.store.upkeep_records import PurgePage, PurgePolicy
from djobs_protocol.limits import PURGE_JOBS_MAX
from djobs_protocol.queue_requests import PurgeJobs

DAY_SECONDS: Final = 86_400


async def apply(app: App, store: Caretaker) -> None:
    """Remove jobs, and then the oldest events, that are older than the settings keep them."""
    if app.settings.keep_ended_days:
        await _purge(app, app.settings.keep_ended_days)
    if app.settings.keep_history_days:
        age_ms = app.settings.keep_history_days * DAY_SECONDS * 1000
        await store.cut_history(clock_ms() - age_ms)


async def _purge(app: App, days: int) -> None:
    request = PurgeJobs(older_than_seconds=days * DAY_SECONDS)
    policy = purge_policy(request, None, clock_ms())
    note = f"removed {days} days after its end (keep_ended_days)"
    cursor: str | None = None
    while True:
        page = await app.store.scan(_page(policy, cursor))
        await remove(app.store, daemon_actor(app), policy, page, note)
        if page.cursor is None:
            return
        cursor = page.cursor


def _page(policy: PurgePolicy, cursor: str | None) -> Callable[[View], PurgePage]:
    return lambda view: view.to_purge(policy, PURGE_JOBS_MAX, cursor)
