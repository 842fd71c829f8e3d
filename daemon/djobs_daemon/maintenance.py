"""What the database needs once a day: a backup, and tidying. By one timer, no polling."""

import logging
from collections.abc import Awaitable, Callable
from functools import partial

import anyio

from djobs_daemon import retention
from djobs_daemon.app import App
from djobs_daemon.caretaker import Caretaker
from djobs_daemon.storage import clock_ms
from djobs_protocol.errors import DjobsError

log = logging.getLogger(__name__)

HOUR_SECONDS = 3600.0
FIRST_DELAY_SECONDS = 60.0
"""A daemon that was down when its backup was due waits so long after its start."""
RETRY_SECONDS = HOUR_SECONDS
"""After care that failed, as it does on a full disk."""


def seconds_to_next(last_ms: int | None, now_ms: int, interval_seconds: float) -> float:
    """Return how long to sleep until the next backup is due.

    ``last_ms`` is when the last one was made, on the wall clock; one in the future (the clock was
    set back) counts as made now.
    """
    if last_ms is None:
        return FIRST_DELAY_SECONDS
    age = max(0.0, (now_ms - last_ms) / 1000)
    return max(FIRST_DELAY_SECONDS, interval_seconds - age)


async def maintain_daily(app: App, store: Caretaker) -> None:
    """Care for the store whenever it is due, until cancelled; what fails is tried again."""
    interval = app.settings.backup_interval_hours * HOUR_SECONDS
    delay = await _first_delay(app, interval)
    while True:
        await anyio.sleep(delay)
        delay = interval if await _care(app, store) else min(interval, RETRY_SECONDS)


async def _first_delay(app: App, interval: float) -> float:
    last = (await app.store.describe()).last_backup_at
    last_ms = None if last is None else int(last.timestamp() * 1000)
    return seconds_to_next(last_ms, clock_ms(), interval)


async def _care(app: App, store: Caretaker) -> bool:
    """Remove, tidy, then copy; each whatever becomes of the others.

    Removing makes the space that tidying gives back, which may be the room for a copy.
    """
    purge = partial(retention.apply, app, store)
    purged = await _attempt(app, "retention", "What is old could not be removed", purge)
    tidy = partial(_tidy, app)
    tidied_runs = await _attempt(app, "runs", "Old output could not be removed", tidy)
    tidied = await _attempt(app, "tidying", "The database could not be tidied", store.maintain)
    if not app.settings.backup_generations:
        return purged and tidied and tidied_runs
    copied = await _attempt(app, "backup", "No backup of the database was made", store.backup)
    return purged and tidied and copied and tidied_runs


async def _tidy(app: App) -> None:
    if app.dispatcher is not None:
        await app.dispatcher.tidy(app.settings.runs_bytes_max)


async def _attempt(app: App, key: str, failure: str, work: Callable[[], Awaitable[object]]) -> bool:
    try:
        await work()
    except (OSError, DjobsError) as error:
        log.error("The database could not be cared for.", extra={"what": key, "error": str(error)})
        app.problems[key] = f"{failure}; it is tried again within the hour: {error}"
        return False
    app.problems.pop(key, None)
    log.info("The database was cared for.", extra={"what": key})
    return True
