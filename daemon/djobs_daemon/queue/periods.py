"""The day and the month that a moment lies in, by the clocks of a zone. Pure."""

from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple


class Period(NamedTuple):
    """From its beginning up to its end, which is the beginning of the next. Milliseconds."""

    since: int
    until: int


def day_of(now: int, zone: tzinfo) -> Period:
    """Return the day: of 23 to 25 hours, where clocks are changed."""
    first = _local(now, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return Period(_ms(first), _ms(first + timedelta(days=1)))


def month_of(now: int, zone: tzinfo) -> Period:
    """Return the calendar month."""
    first = _local(now, zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    after = (first + timedelta(days=32)).replace(day=1)
    return Period(_ms(first), _ms(after))


def _local(now: int, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(now / 1000, UTC).astimezone(zone).replace(fold=0)


def _ms(local: datetime) -> int:
    return round(local.timestamp() * 1000)
