"""When a cron expression fires, in a zone. Pure, but for what ``zoneinfo`` reads once.

The times are Debian cron's: when clocks go forward, a run at a fixed time within the hour that is
left out comes right after it; when they go back, it comes once; what runs every so many minutes or
hours does so in elapsed time. Times are milliseconds since the epoch.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice, takewhile
from typing import Final

from djobs_daemon.queue.zones import zone_of
from djobs_protocol.errors import DjobsError, ErrorCode

ALIASES: Final = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
FIELDS: Final = 5
EXPRESSION_SHOWN: Final = 60
HOUR_MS: Final = 3_600_000
_EXPECTED: Final = (
    "expected minute, hour, day of month, month and day of week, such as '30 9 * * MON-FRI', or "
    f"one of {', '.join(ALIASES)}"
)


def next_after(expression: str, zone: str, after: int) -> int | None:
    """Return the first time later than ``after``; None when there is none for fifty years.

    Raises ``INVALID_PARAMS`` for an expression that is none, or an unknown zone.
    """
    return next(_times(expression, zone, after), None)


def upcoming(expression: str, zone: str, after: int, count: int) -> list[int]:
    """Return the first times later than ``after``."""
    return list(islice(_times(expression, zone, after), count))


def newest(expression: str, zone: str, since: int, until: int, count: int) -> list[int]:
    """Return the last times from ``since`` to ``until``, both counted in, oldest first.

    Looks back in growing steps, so that it costs what ``count`` times do, however long the span is.
    """
    span = HOUR_MS
    while True:
        begin = max(since, until - span)
        times = list(_between(expression, zone, begin, until))
        if begin == since or len(times) >= count:
            return times[-count:]
        span *= 2


def _between(expression: str, zone: str, since: int, until: int) -> Iterator[int]:
    return takewhile(lambda time: time <= until, _times(expression, zone, since - 1))


def _times(expression: str, zone: str, after: int) -> Iterator[int]:
    """Yield the times later than ``after``, each later than the one before."""
    from cronsim import CronSim, CronSimError  # only a daemon that has schedules pays for it

    fields = ALIASES.get(expression.strip().lower(), expression)
    if len(fields.split()) != FIELDS:
        raise _wrong(expression, f"it has {len(fields.split())} fields")
    start = datetime.fromtimestamp(after // 1000, UTC).astimezone(zone_of(zone))
    try:
        simulation = CronSim(fields, start)
    except (CronSimError, ValueError, AssertionError) as error:
        raise _wrong(expression, str(error).lower() or "it makes no sense") from None
    latest = after
    for moment in simulation:
        # Within an hour that comes twice it goes by the face of the clock: some times lie behind.
        time = round(moment.timestamp()) * 1000
        if time > latest:
            latest = time
            yield time


def _wrong(expression: str, reason: str) -> DjobsError:
    return DjobsError(
        ErrorCode.INVALID_PARAMS,
        f"cron {expression[:EXPRESSION_SHOWN]!r} cannot be read ({reason}); {_EXPECTED}.",
    )
