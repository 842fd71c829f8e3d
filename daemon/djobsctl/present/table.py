"""Rows and columns, aligned, cut to the width of the terminal."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final, NamedTuple

from djobsctl.present.screen import Screen
from djobsctl.present.text import safe

GAP: Final = "  "
ELLIPSIS: Final = "…"
FLEXIBLE_COLUMNS_MIN: Final = 8
"""A column that gives way keeps at least this much."""

_STYLE: Final = re.compile("\x1b\\[[0-9;]*m")


class Column(NamedTuple):
    """One column: its heading, and how it behaves."""

    title: str
    right: bool = False
    flexible: bool = False
    """Gives way when the table is too wide."""
    columns_max: int | None = None
    """On a terminal it is never wider than this, whatever room there is."""


class Cell(NamedTuple):
    """A text with a style."""

    text: str
    style: str = ""


def table(columns: Sequence[Column], rows: Sequence[Sequence[str | Cell]], screen: Screen) -> str:
    """Return the table as lines without trailing spaces."""
    cells = [[_cell(value) for value in row] for row in rows]
    heading = [Cell(column.title, "bold") for column in columns]
    widths = [
        max(display_width(line[index].text) for line in [heading, *cells])
        for index in range(len(columns))
    ]
    if screen.width is not None:
        widths = fit(_within(widths, columns), columns, screen.width)
    lines = [_line(line, columns, widths, screen) for line in [heading, *cells]]
    return "\n".join(lines)


def _within(widths: Sequence[int], columns: Sequence[Column]) -> list[int]:
    return [
        width if column.columns_max is None else min(width, column.columns_max)
        for width, column in zip(widths, columns, strict=True)
    ]


def fit(widths: Sequence[int], columns: Sequence[Column], total: int) -> list[int]:
    """Narrow the flexible columns, the widest first, until the table fits or nothing gives."""
    fitted = list(widths)
    over = sum(fitted) + len(GAP) * (len(fitted) - 1) - total
    while over > 0:
        candidates = [
            index
            for index, column in enumerate(columns)
            if column.flexible and fitted[index] > FLEXIBLE_COLUMNS_MIN
        ]
        if not candidates:
            break
        widest = max(candidates, key=lambda index: fitted[index])
        fitted[widest] -= 1
        over -= 1
    return fitted


def display_width(text: str) -> int:
    """Return how many columns a terminal gives to the text."""
    if text.isascii():
        return len(text)
    return sum(_character_width(character) for character in text)


def columns_of(text: str) -> int:
    """Return how many columns the widest line takes; styles take none."""
    return max((display_width(_STYLE.sub("", line)) for line in text.splitlines()), default=0)


def cut(text: str, width: int) -> str:
    """Return the text within a width, with an ellipsis where something is missing."""
    if display_width(text) <= width:
        return text
    kept, used = "", 0
    for character in text:
        used += _character_width(character)
        if used > width - 1:
            break
        kept += character
    return kept + ELLIPSIS


def _character_width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _cell(value: str | Cell) -> Cell:
    if isinstance(value, Cell):
        return Cell(safe(value.text), value.style)
    return Cell(safe(value))


def _line(
    cells: Sequence[Cell], columns: Sequence[Column], widths: Sequence[int], screen: Screen
) -> str:
    parts = []
    for cell, column, width in zip(cells, columns, widths, strict=True):
        text = cut(cell.text, width)
        padding = " " * (width - display_width(text))
        painted = screen.paint(text, cell.style)
        parts.append(padding + painted if column.right else painted + padding)
    return GAP.join(parts).rstrip()
