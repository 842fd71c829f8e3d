"""Entries of the daemon's log as a person reads them."""

from typing import Any, Final

from djobsctl.logentries import json_fields
from djobsctl.present.screen import Screen
from djobsctl.present.table import cut
from djobsctl.present.text import safe

_STYLES: Final = {"debug": "dim", "warning": "yellow", "error": "red", "critical": "red"}
_JSON_MEMBERS: Final = ("time", "level", "logger", "message", "exception")


def show(entry: dict[str, Any], screen: Screen, columns_max: int | None = None) -> str:
    """Return an entry as one line; JSON is taken apart."""
    line = safe(_as_text(entry["text"]))
    if columns_max is not None:
        line = cut(line, columns_max)
    return screen.paint(line, _STYLES.get(entry["level"], ""))


def _as_text(line: str) -> str:
    record = json_fields(line) if line.startswith("{") else {}
    if not {"time", "level", "message"} <= record.keys():
        return line
    head = f"{record['time']} {str(record['level']).upper()} {_last_part(record)}"
    values = "".join(f" {k}={v!r}" for k, v in record.items() if k not in _JSON_MEMBERS)
    trace = f" {record['exception']}" if "exception" in record else ""
    return f"{head}: {record['message']}{values}{trace}"


def _last_part(record: dict[str, Any]) -> str:
    return str(record.get("logger", "")).rpartition(".")[2]
