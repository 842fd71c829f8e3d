"""Lengths of time as people and models write them: ``90s``, ``15m``, ``2h``, ``7d``.

Standard library only, for the command line's quick start.
"""

_UNIT_SECONDS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "w": 604800}
_DIGITS_MAX = 12

EXAMPLES = "90s, 15m, 2h, 7d"


def seconds_of(text: str) -> int | None:
    """Return the seconds that a text says, a number alone being seconds; None if it says none."""
    number = text.rstrip("smhdwin")
    unit = text[len(number) :] or "s"
    if not number.isdecimal() or len(number) > _DIGITS_MAX or unit not in _UNIT_SECONDS:
        return None
    return int(number) * _UNIT_SECONDS[unit]
