"""Lines of the daemon's log, in either of its formats, as entries with a level."""

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

LEVELS = ("debug", "info", "warning", "error", "critical")
"""Least serious first."""
MEMBERS = ("time", "level", "logger", "message")


def entries(lines: "Iterable[str]") -> "Iterator[dict[str, Any]]":
    """Yield for each line its ``level`` and ``text``, and ``time``, ``logger``, ``message`` if any.

    A line without a level of its own, such as part of a traceback, has the level of the one above.
    """
    level = "info"
    for line in lines:
        said = stated(line)
        level = said.get("level", level)
        yield {**said, "level": level, "text": line}


def stated(line: str) -> "dict[str, str]":
    """Return what a line says about itself: time, level, logger, message; nothing if no entry."""
    if line.startswith("{"):
        found = json_fields(line)
        said = {name: str(found[name]) for name in MEMBERS if name in found}
    else:
        time, _, rest = line.partition(" ")
        level, _, rest = rest.partition(" ")
        logger, _, message = rest.partition(": ")
        said = {"time": time, "level": level.lower(), "logger": logger, "message": message}
    return said if said.get("level") in LEVELS else {}


def at_least(level: str, wanted: str) -> bool:
    """Return whether a level is as serious as the one that was asked for."""
    return LEVELS.index(level) >= LEVELS.index(wanted)


def json_fields(line: str) -> "dict[str, Any]":
    """Return the fields of a line of JSON; none when it is something else."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
