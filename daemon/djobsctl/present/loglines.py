"""Lines of the daemon's log, in either of its formats, as entries with a level."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from djobsctl.present.screen import Screen
from djobsctl.present.text import safe

LEVELS: Final = ("debug", "info", "warning", "error", "critical")
"""Least serious first."""
_STYLES: Final = {"debug": "dim", "warning": "yellow", "error": "red", "critical": "red"}
_JSON_MEMBERS: Final = ("time", "level", "logger", "message", "exception")


def entries(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
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
        found = _fields(line).get("level")
    else:
        found = line.split(" ", 2)[1].lower() if line.count(" ") > 1 else None
    return found if found in LEVELS else None


def at_least(level: str, wanted: str) -> bool:
    """Return whether a level is as serious as the one that was asked for."""
    return LEVELS.index(level) >= LEVELS.index(wanted)


def show(entry: dict[str, Any], screen: Screen) -> str:
    """Return an entry as one line for a person; JSON is taken apart."""
    return screen.paint(safe(_as_text(entry["text"])), _STYLES.get(entry["level"], ""))


def _as_text(line: str) -> str:
    record = _fields(line) if line.startswith("{") else {}
    if not {"time", "level", "message"} <= record.keys():
        return line
    values = "".join(f" {k}={v!r}" for k, v in record.items() if k not in _JSON_MEMBERS)
    name = str(record.get("logger", "")).rpartition(".")[2]
    trace = f" {record['exception']}" if "exception" in record else ""
    return f"{record['time']} {str(record['level']).upper()} {name}: {record['message']}{values}{trace}"


def _fields(line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
