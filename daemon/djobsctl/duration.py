"""Points in time as a person types them: ``2h``, ``90s``, ``2026-11-22``, full RFC 3339."""

import argparse
import time
from datetime import UTC, datetime, timedelta
from typing import Final

from djobs_protocol.durations import seconds_of
from djobs_protocol.limits import DURATION_SECONDS_MAX

LEASE_SECONDS_MIN: Final = 1
LEASE_SECONDS_MAX: Final = 86_400
"""As ``LeaseSeconds`` of the protocol has them; a test compares."""
_FORMS: Final = (
    "a length of time such as 90s, 15m, 2h, 3d, a time such as 2026-11-22T10:00, today or yesterday"
)
DAYS: Final = {"today": 0, "yesterday": 1}
"""Words for a day that began, and how many days ago."""


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
    seconds = seconds_of(text)
    if seconds is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a length of time such as 90s, 15m, 2h")
    return float(seconds)


def length_of_work(text: str) -> float:
    """Return the same where work may last so long, in seconds."""
    seconds = length_of_time(text)
    if not 0 < seconds <= DURATION_SECONDS_MAX:
        most = f"{DURATION_SECONDS_MAX / 86400:g}d"
        raise argparse.ArgumentTypeError(f"{text!r} is not above 0s and up to {most}")
    return seconds


def length_of_lease(text: str) -> float:
    """Return the same where a claim may last so long, in seconds."""
    seconds = length_of_time(text)
    if not LEASE_SECONDS_MIN <= seconds <= LEASE_SECONDS_MAX:
        raise argparse.ArgumentTypeError(f"{text!r} is no lease; they last from 1s to 1d")
    return seconds


def _point(text: str, now: float, direction: int) -> str:
    if text in DAYS and direction < 0:
        today = datetime.fromtimestamp(now).astimezone().date()
        begun = datetime.combine(today - timedelta(days=DAYS[text]), datetime.min.time())
        return _wire(begun.astimezone(UTC))
    seconds = None if text.isdecimal() else seconds_of(text)  # digits alone: a date
    if seconds is not None:
        return _wire(_away(direction * seconds, now, text))
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
