"""Whether every schedule can be read. When it fires is in no history."""

import sqlite3
from collections.abc import Iterator
from typing import Final

import msgspec

from djobs_daemon.queue.cron import next_after
from djobs_daemon.queue.schedules import template_in
from djobs_daemon.queue.zones import UTC_NAME
from djobs_daemon.store.sqlite import schedules
from djobs_protocol.errors import DjobsError

_EPOCH: Final = 0


def wrong_schedules(db: sqlite3.Connection) -> Iterator[str]:
    """Yield what is wrong with a schedule, whatever zones this machine knows."""
    for row in schedules.every(db, str):
        try:
            template_in(row)
            next_after(row.cron, UTC_NAME, _EPOCH)
        except (DjobsError, msgspec.DecodeError) as error:
            yield f"Schedule {row.name} of {row.workspace}: {error}"
        if row.paused_at is not None and row.next_at is not None:
            yield f"Schedule {row.name} of {row.workspace}: it is paused, and has a next time."
