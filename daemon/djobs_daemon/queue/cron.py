"""When a cron expression fires, in a zone. Pure, but for what ``zoneinfo`` reads once.

The times are Debian cron's: when clocks go forward, a run at a fixed time within the hour that is
left out comes right after it; when they go back, it comes once; what runs every so many minutes or
hours does so in elapsed time. Times are milliseconds since the epoch.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
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
_ONE_FOLD: Final = timedelta(hours=25)
"""More than any clock is ever set back by: local times repeat within it."""
_EXPECTED: Final = (
    "expected minute, hour, day of month, month and day of week, such as '30 9 * * MON-FRI', or "
    f"one of {', '.join(ALIASES)}"
)


def next_after(expression: str, zone: str, after: int) -> int | None:
    """Return the first time later than ``after``; None when there is none for fifty years.

    Raises ``INVALID_PARAMS`` for an expression that is none, or an unknown zone.
    """
    times = _times(expression, zone, after, reverse=False)
    return next((each for each in times if each > after), None)


def upcoming(expression: str, zone: str, after: int, count: int) -> list[int]:
    """Return the first times later than ``after``."""
    times: list[int] = []
    while len(times) < count:
        found = next_after(expression, zone, times[-1] if times else after)
        if found is None:
            break
        times.append(found)
    return times


def newest(expression: str, zone: str, since: int, until: int, count: int) -> list[int]:
    """Return the last times from ``since`` to ``until``, both counted in, oldest first.

    What it costs depends on ``count``, however long the span is.
    """
    # Going back from within an hour that comes twice, its first half would be left out.
    begin = until + round(_ONE_FOLD.total_seconds() * 1000)
    times: list[int] = []
    for each in _times(expression, zone, begin, reverse=True):
        if each < since or len(times) == count:
            break
        if each <= until:
            times.append(each)
    return times[::-1]


def _times(expression: str, zone: str, start: int, *, reverse: bool) -> Iterator[int]:
    from cronsim import CronSim, CronSimError  # only a daemon that has schedules pays for it

    fields = ALIASES.get(expression.strip().lower(), expression)
    if len(fields.split()) != FIELDS:
        raise _wrong(expression, f"it has {len(fields.split())} fields")
    moment = datetime.fromtimestamp(start // 1000, UTC).astimezone(zone_of(zone))
    try:
        simulation = CronSim(fields, moment, reverse)
    except (CronSimError, ValueError, AssertionError) as error:
        raise _wrong(expression, str(error).lower() or "it makes no sense") from None
    last: int | None = None
    for each in simulation:
        at = round(each.timestamp()) * 1000
        if at != last:
            yield at
        last = at


def _wrong(expression: str, reason: str) -> DjobsError:
    return DjobsError(
        ErrorCode.INVALID_PARAMS,
        f"cron {expression[:EXPRESSION_SHOWN]!r} cannot be read ({reason}); {_EXPECTED}.",
    )
