"""Texts and payloads below each other, where there is a label before them."""

import json
from collections.abc import Sequence
from typing import Any, Final

from djobsctl.present.screen import Screen
from djobsctl.present.text import safe
from djobsctl.present.wrap import wrap

LINE_COLUMNS_MAX: Final = 84
"""A longer payload has a line per member."""


def payload_lines(payload: Any, label_columns: int, screen: Screen) -> list[str]:
    """Return a payload as JSON: on one line, or a line for each member."""
    text = json.dumps(payload, ensure_ascii=False)
    if len(text) > min(LINE_COLUMNS_MAX, screen.width or LINE_COLUMNS_MAX) - label_columns:
        lines = json.dumps(payload, ensure_ascii=False, indent=2).splitlines()
        return wrapped(lines, label_columns, screen)
    return [text]


def wrapped(lines: Sequence[str], label_columns: int, screen: Screen) -> list[str]:
    """Return the lines, long ones broken below each other where they begin."""
    room = screen.width and screen.width - label_columns
    broken = []
    for line in map(safe, lines):
        indent = line[: len(line) - len(line.lstrip(" "))]
        parts = wrap(line.lstrip(" "), room and room - len(indent))
        broken += [indent + part for part in parts]
    return broken
