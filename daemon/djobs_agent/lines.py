"""Lines of a job's log that people read: short, of one line, without control characters. Pure."""

import json
from collections.abc import Mapping
from typing import Any, Final

LINE_CHARS_MAX: Final = 300
_TELLING: Final = ("file_path", "path", "command", "pattern", "url", "query", "description", "spec")
"""Arguments of tools that say most, the first that is there."""


def one_line(text: str, chars_max: int = LINE_CHARS_MAX) -> str:
    """Return the text on one line, cut."""
    plain = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return plain if len(plain) <= chars_max else plain[: chars_max - 1] + "…"


def call_line(tool: str, arguments: object) -> str:
    """Return what is said of a call of a tool."""
    return one_line(f"{tool} {_telling(arguments)}".strip())


def _telling(arguments: object) -> str:
    if not isinstance(arguments, Mapping):
        return "" if arguments is None else str(arguments)
    for name in _TELLING:
        value = arguments.get(name)
        if isinstance(value, str) and value:
            return value
    return json.dumps(dict(arguments), ensure_ascii=False, default=str) if arguments else ""


def text_of(content: Any) -> str:
    """Return the text in what a tool returned: a string, or blocks of which some are text."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    blocks = (block for block in content if isinstance(block, dict))
    return "\n".join(str(block["text"]) for block in blocks if isinstance(block.get("text"), str))
