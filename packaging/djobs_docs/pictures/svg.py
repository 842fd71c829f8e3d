"""A terminal's screen as a picture of text: it can be searched, and scales."""

from html import escape
from itertools import groupby
from typing import Any, Final

CELL_WIDTH: Final = 8.4
LINE_HEIGHT: Final = 18
MARGIN: Final = 16
FONT: Final = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
BACKGROUND: Final = "#14181f"
FOREGROUND: Final = "#d7dde6"
COLOURS: Final = {
    "black": "#5c6773",
    "red": "#f07178",
    "green": "#a5d76e",
    "brown": "#ffcb6b",
    "yellow": "#ffcb6b",
    "blue": "#82aaff",
    "magenta": "#c792ea",
    "cyan": "#89ddff",
    "white": "#ffffff",
    "brightblack": "#7a8694",
}


def picture(screen: Any, title: str) -> str:
    """Return the SVG of a ``pyte`` screen, without the empty lines at its end."""
    rows = [
        [screen.buffer[line][column] for column in range(screen.columns)]
        for line in range(screen.lines)
    ]
    while rows and all(cell.data == " " and not cell.reverse for cell in rows[-1]):
        rows.pop()
    width = screen.columns * CELL_WIDTH + 2 * MARGIN
    height = len(rows) * LINE_HEIGHT + 2 * MARGIN
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img">',
        f"<title>{escape(title)}</title>",
        f'<rect width="100%" height="100%" rx="8" fill="{BACKGROUND}"/>',
        f'<g font-family="{escape(FONT)}" font-size="14" xml:space="preserve">',
    ]
    for number, row in enumerate(rows):
        lines += _line(row, MARGIN + number * LINE_HEIGHT)
    return "\n".join([*lines, "</g>", "</svg>"]) + "\n"


def _line(row: list[Any], top: float) -> list[str]:
    parts, column = [], 0
    for style, cells in groupby(row, key=_style):
        text = "".join(cell.data for cell in cells)
        left = MARGIN + column * CELL_WIDTH
        column += len(text)
        parts += _run(text, style, left, top)
    return parts


def _style(cell: Any) -> tuple[str, str, bool]:
    front = COLOURS.get(cell.fg, FOREGROUND)
    back = COLOURS.get(cell.bg, "")
    if cell.reverse:
        front, back = back or BACKGROUND, front
    return front, back, cell.bold


def _run(text: str, style: tuple[str, str, bool], left: float, top: float) -> list[str]:
    front, back, bold = style
    length = len(text) * CELL_WIDTH
    parts = []
    if back:
        place = f'x="{left:g}" y="{top:g}" width="{length:g}" height="{LINE_HEIGHT}"'
        parts.append(f'<rect {place} fill="{back}"/>')
    if text.strip():
        weight = ' font-weight="bold"' if bold else ""
        place = f'x="{left:g}" y="{top + LINE_HEIGHT - 4:g}" textLength="{length:g}"'
        parts.append(f'<text {place} fill="{front}"{weight}>{escape(text)}</text>')
    return parts
