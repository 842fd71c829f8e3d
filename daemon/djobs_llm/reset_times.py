"""When a provider that is at its limit may be asked again, from what its headers say. Pure.

``retry-after`` (RFC 9110, section 10.2.3) and ``retry-after-ms`` say it outright. Else Anthropic
has ``anthropic-ratelimit-<what>-reset`` (RFC 3339) and OpenAI ``x-ratelimit-reset-<what>``
(``6m0s``), each beside a ``…-remaining``; the limits that are used up count, and of those the last
to be reset.
Bedrock says nothing, so there a time is assumed: its quotas are by the minute, or by the day.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, NamedTuple

RATE_SECONDS: Final = 60
OVERLOAD_SECONDS: Final = 30
DAILY_SECONDS: Final = 3600
"""What is assumed when nothing is said; a daily quota is looked at again every hour."""
WAIT_MS_MIN: Final = 1_000
WAIT_MS_MAX: Final = 7 * 86_400_000
"""What is said beyond these is not believed."""

_ANTHROPIC = re.compile(r"anthropic-ratelimit-(?P<what>[a-z-]+)-reset")
_OPENAI = re.compile(r"x-ratelimit-reset-(?P<what>[a-z-]+)")
_DURATION = re.compile(r"(?P<amount>\d+(?:\.\d+)?)(?P<unit>ms|s|m|h|d)")
_UNIT_MS: Final = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


class _Reset(NamedTuple):
    at_ms: int
    used_up: bool


def reset_at(headers: Mapping[str, str], message: str, now: int, *, overloaded: bool) -> int:
    """Return the time in ms at which to ask again.

    ``headers`` have names in lower case; ``message`` is the provider's own.
    """
    said = _retry_after(headers, now)
    if said is None:
        said = _latest(list(_resets(headers, now)))
    if said is None:
        said = now + 1000 * _assumed(message, overloaded=overloaded)
    return min(max(said, now + WAIT_MS_MIN), now + WAIT_MS_MAX)


def _assumed(message: str, *, overloaded: bool) -> int:
    if overloaded:
        return OVERLOAD_SECONDS
    return DAILY_SECONDS if "per day" in message.lower() else RATE_SECONDS


def _retry_after(headers: Mapping[str, str], now: int) -> int | None:
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return now + int(milliseconds)
    said = headers.get("retry-after")
    seconds = _number(said)
    if seconds is not None:
        return now + int(seconds * 1000)
    try:
        return None if said is None else _as_ms(parsedate_to_datetime(said))
    except (ValueError, OverflowError):
        return None


def _resets(headers: Mapping[str, str], now: int) -> Iterator[_Reset]:
    for name, value in headers.items():
        found = _ANTHROPIC.fullmatch(name)
        if found:
            at = _moment(value)
            remaining = headers.get(f"anthropic-ratelimit-{found['what']}-remaining")
        else:
            found = _OPENAI.fullmatch(name)
            if not found:
                continue
            at = _after(value, now)
            remaining = headers.get(f"x-ratelimit-remaining-{found['what']}")
        if at is not None:
            yield _Reset(at, used_up=_number(remaining) == 0)


def _latest(resets: list[_Reset]) -> int | None:
    counting = [each for each in resets if each.used_up] or resets
    return max((each.at_ms for each in counting), default=None)


def _number(text: str | None) -> float | None:
    """Read a count that is not negative and not endless."""
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if 0 <= number < 1e15 else None


def _moment(text: str) -> int | None:
    """Read RFC 3339, or seconds since the epoch."""
    seconds = _number(text)
    if seconds is not None:
        return int(seconds * 1000)
    try:
        return _as_ms(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        return None


def _after(text: str, now: int) -> int | None:
    """Read Go's way of writing a duration, ``1h2m3.5s`` or ``120ms``."""
    parts = list(_DURATION.finditer(text))
    if not parts or "".join(each[0] for each in parts) != text:
        return None
    return now + int(sum(float(each["amount"]) * _UNIT_MS[each["unit"]] for each in parts))


def _as_ms(moment: datetime) -> int:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(aware.timestamp() * 1000)
