"""Labels with lines beside and below them, as ``fields``, of text that is safe and painted."""

from collections.abc import Sequence

from djobsctl.present.screen import Screen
from djobsctl.present.table import Cell, Column, columns_of, table
from djobsctl.present.wrap import wrap

Section = tuple[str, Sequence[str]]


def sections(found: Sequence[Section], screen: Screen) -> str:
    """Return the sections as lines; one without lines is left out."""
    shown = [(label, lines) for label, lines in found if lines]
    width = label_columns(shown)
    text = []
    for label, whole in shown:
        lines = [part for line in whole for part in _wrapped(line, screen, width + 2)]
        text.append(f"{screen.paint(label.rjust(width), 'bold')}: {lines[0]}")
        text += [" " * (width + 2) + line for line in lines[1:]]
    return "\n".join(line.rstrip() for line in text)


def _wrapped(line: str, screen: Screen, margin: int) -> list[str]:
    """Return a sentence in lines that fit."""
    room = None if screen.width is None else max(1, screen.width - margin)
    if room is None or columns_of(line) <= room:
        return [line]
    return wrap(line, room)


def label_columns(found: Sequence[Section]) -> int:
    """Return how many columns the labels take."""
    return max((len(label) for label, _ in found), default=0)


def rows(
    columns: Sequence[Column], found: Sequence[Sequence[str | Cell]], screen: Screen, margin: int
) -> list[str]:
    """Return rows of a table without headings, narrower than the screen by ``margin``."""
    width = None if screen.width is None else max(1, screen.width - margin)
    inner = Screen(width, color=screen.color, now=screen.now)
    return table(columns, found, inner).split("\n")[1:] if found else []
