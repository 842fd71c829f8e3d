"""Points in time as a person types them: ``2h``, ``90s``, ``2026-11-22``, full RFC 3339."""

import argparse
import time
from datetime import UTC, datetime, timedelta
from typing import Final

_UNIT_SECONDS: Final = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "w": 604800}
_DIGITS_MAX: Final = 12
_FORMS: Final = "a length of time such as 90s, 15m, 2h, 3d, or a time such as 2026-11-22T10:00"


def point_in_time(text: str, now: float) -> str:
    """Return the RFC 3339 form, UTC, of what was typed; a time without a zone is local time.

    ``now`` is in seconds since the epoch. Raises ``ArgumentTypeError`` for anything else.
    """
    return _point(text, now, -1)


def past(text: str) -> str:
    """Do so from now on: the argument type of options."""
    return point_in_time(text, time.time())


def time_to_come(text: str, now: float) -> str:
    """Do the same for a time that lies ahead: ``2h`` is two hours from now."""
    return _point(text, now, 1)


def length_of_time(text: str) -> float:
    """Return the seconds of ``90s``, ``15m``, ``2h``; a number alone is seconds."""
    number = text.rstrip("smhdwin")
    unit = text[len(number) :] or "s"
    if not number.isdecimal() or len(number) > _DIGITS_MAX or unit not in _UNIT_SECONDS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a length of time such as 90s, 15m, 2h")
    return float(int(number) * _UNIT_SECONDS[unit])


def _point(text: str, now: float, direction: int) -> str:
    number = text.rstrip("smhdwin")
    unit = text[len(number) :]
    if number.isdecimal() and len(number) <= _DIGITS_MAX and unit in _UNIT_SECONDS:
        return _wire(_away(direction * int(number) * _UNIT_SECONDS[unit], now, text))
    try:
        return _wire(datetime.fromisoformat(text).astimezone(UTC))
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"{text!r} is not {_FORMS}") from None


def _away(seconds: int, now: float, text: str) -> datetime:
    try:
        return datetime.fromtimestamp(now, UTC) + timedelta(seconds=seconds)
    except OverflowError:
        beyond = "before" if seconds < 0 else "after"
        raise argparse.ArgumentTypeError(f"{text!r} is {beyond} all time") from None


def _wire(when: datetime) -> str:
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
