"""Small pieces of text: safe strings, sizes, counts, times."""

from datetime import UTC, datetime
from typing import Any, Final

_BIDI: Final = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f"
_UNSAFE: Final = {
    **{number: f"\\x{number:02x}" for number in (*range(32), *range(127, 160))},
    **{ord(mark): f"\\u{ord(mark):04x}" for mark in _BIDI},
}
"""Control characters and direction marks: text written by agents must not steer the terminal."""

_BYTES_PER_STEP: Final = 1024
_UNITS: Final = ("B", "KiB", "MiB", "GiB", "TiB")

_SPANS: Final = ((86400.0, "d"), (3600.0, "h"), (60.0, "min"), (1.0, "s"))


def safe(value: object) -> str:
    """Return text on one line that a terminal shows and does not obey."""
    return str(value).replace("\r\n", " ").replace("\n", " ").replace("\t", " ").translate(_UNSAFE)


def size(count: int) -> str:
    """Return bytes as a person reads them: 512 B, 1.2 MiB."""
    amount, unit = float(count), _UNITS[0]
    for unit in _UNITS:
        if amount < _BYTES_PER_STEP or unit == _UNITS[-1]:
            break
        amount /= _BYTES_PER_STEP
    return f"{int(amount)} B" if unit == "B" else f"{amount:.1f} {unit}"


def span(seconds: float) -> str:
    """Return a length of time in its one or two largest units: 3 s, 2 h 5 min."""
    whole = max(0, int(seconds))
    for index, (length, unit) in enumerate(_SPANS):
        count = int(whole // length)
        if not count:
            continue
        rest = int(whole % length // _SPANS[index + 1][0]) if index + 1 < len(_SPANS) else 0
        with_rest = rest and count < 10 and unit != "min"
        return f"{count} {unit} {rest} {_SPANS[index + 1][1]}" if with_rest else f"{count} {unit}"
    return "0 s"


def length(seconds: float) -> str:
    """Return a length of time that somebody set, without rounding: 90 s, 1 h, 7 d."""
    for unit_seconds, unit in _SPANS:
        if seconds >= unit_seconds and seconds % unit_seconds == 0:
            return f"{seconds / unit_seconds:g} {unit}"
    return f"{seconds:g} s"


def moment(value: Any) -> datetime | None:
    """Return the time that a wire value (RFC 3339 text, or milliseconds) stands for."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return datetime.fromtimestamp(value / 1000, UTC)
    try:
        parsed = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def ago(value: Any, now: float) -> str:
    """Return how long ago a wire time was, seen from ``now`` (seconds since the epoch)."""
    when = moment(value)
    if when is None:
        return "-"
    seconds = now - when.timestamp()
    if -1 < seconds < 1:
        return "now"
    return f"{span(seconds)} ago" if seconds > 0 else f"in {span(-seconds)}"


def clock(value: Any, now: float) -> str:
    """Return a wire time in local time: the time of day, with the date unless it is today."""
    when = moment(value)
    if when is None:
        return "-"
    local = when.astimezone()
    today = datetime.fromtimestamp(now, UTC).astimezone().date()
    return local.strftime("%H:%M:%S" if local.date() == today else "%Y-%m-%d %H:%M:%S")


def plural(count: int, one: str, many: str | None = None) -> str:
    """Return ``1 job`` or ``2 jobs``."""
    return f"{count} {one if count == 1 else many or one + 's'}"
