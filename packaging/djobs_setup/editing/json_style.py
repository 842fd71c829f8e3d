"""New JSON in the style of the file that it goes into."""

import json
from typing import Final

from djobs_setup.editing.json_scan import COMMENT, Node

UNIT_DEFAULT: Final = "  "
INLINE_CHARS_MAX: Final = 100
"""A list of plain values up to this long stands on one line."""


def unit_of(text: str, root: Node) -> str:
    """Return by how much the file indents: as its first member is."""
    for entry in root.entries[:1]:
        if (indent := indent_before(text, entry.start)) and not line_indent(text, root.start):
            return indent
    return UNIT_DEFAULT


def indent_before(text: str, at: int) -> str | None:
    """Return the space between the start of the line and ``at``; None when there is more."""
    start = text.rfind("\n", 0, at) + 1
    between = text[start:at]
    return between if start and not between.strip(" \t") else None


def line_indent(text: str, at: int) -> str:
    """Return the space that the line of ``at`` begins with."""
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return line[: len(line) - len(line.lstrip(" \t"))]


def after_comments(text: str, at: int) -> int:
    """Return where the comments end that follow on the same line."""
    while True:
        after = at
        while text[after : after + 1] in (" ", "\t"):
            after += 1
        found = COMMENT.match(text, after)
        if found is None:
            return at
        at = found.end()


def in_lines(value: object, indent: str, unit: str, newline: str) -> str:
    """Return a value over as many lines as it needs; ``indent`` is that of its own line."""
    if not isinstance(value, dict | list) or not value:
        return one_line(value)
    if isinstance(value, list) and not any(isinstance(each, dict | list) for each in value):
        line = one_line(value)
        if len(line) <= INLINE_CHARS_MAX:
            return line
    inner = indent + unit
    items = value.items() if isinstance(value, dict) else ((None, each) for each in value)
    lines = [inner + member(name, in_lines(each, inner, unit, newline)) for name, each in items]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return newline.join([opening, ("," + newline).join(lines), indent + closing])


def one_line(value: object) -> str:
    """Return a value on one line."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def member(name: str | None, value: str) -> str:
    """Return a member of an object; without a name, an item of an array."""
    return value if name is None else f"{json.dumps(name, ensure_ascii=False)}: {value}"
