"""Lines of the daemon's log, in either of its formats, as entries with a level."""

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

LEVELS = ("debug", "info", "warning", "error", "critical")
"""Least serious first."""


def entries(lines: "Iterable[str]") -> "Iterator[dict[str, Any]]":
    """Yield ``{level, text}`` for each line.

    A line without a level of its own, such as part of a traceback, has the level of the one above.
    """
    level = "info"
    for line in lines:
        level = level_of(line) or level
        yield {"level": level, "text": line}


def level_of(line: str) -> str | None:
    """Return the level a line states, if it states one."""
    if line.startswith("{"):
        found = json_fields(line).get("level")
    else:
        found = line.split(" ", 2)[1].lower() if line.count(" ") > 1 else None
    return found if found in LEVELS else None


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
