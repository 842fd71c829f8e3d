"""What the text is shown on: how wide, with colour or without, and at what time."""

import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Final, TextIO

WIDTH_COLUMNS_DEFAULT: "Final" = 100

STYLES: "Final" = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "cyan": "36",
}


class Screen:
    """Where text goes. ``width`` is None when nothing has to be cut: a file or a pipe."""

    __slots__ = ("color", "now", "width")

    def __init__(self, width: int | None, *, color: bool, now: float) -> None:
        self.width = width
        self.color = color
        self.now = now

    def paint(self, text: str, style: str) -> str:
        """Return the text in a style, where there is colour."""
        if not self.color or not style or not text:
            return text
        return f"\x1b[{STYLES[style]}m{text}\x1b[0m"


def detect(stream: "TextIO | None" = None, environ: "Mapping[str, str] | None" = None) -> Screen:
    """Look at standard output and the environment (``NO_COLOR``, ``TERM``, ``COLUMNS`` …)."""
    stream = sys.stdout if stream is None else stream
    environ = os.environ if environ is None else environ
    is_terminal = stream.isatty()
    width = terminal_columns(stream, environ) if is_terminal else None
    return Screen(width, color=wants_color(environ, is_terminal=is_terminal), now=time.time())


def wants_color(environ: "Mapping[str, str]", *, is_terminal: bool) -> bool:
    """Say whether there is colour: no-color.org first, then bixense.com/clicolors."""
    if environ.get("NO_COLOR"):
        return False
    if environ.get("CLICOLOR_FORCE", "0") != "0":
        return True
    return is_terminal and environ.get("TERM") != "dumb" and environ.get("CLICOLOR") != "0"


def terminal_columns(stream: "TextIO", environ: "Mapping[str, str]") -> int:
    """Return the width of the terminal; never under 40, where tables stop making sense."""
    chosen = environ.get("COLUMNS", "")
    if chosen.isdecimal():
        return max(40, int(chosen))
    try:
        columns = os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        columns = 0
    return max(40, columns or WIDTH_COLUMNS_DEFAULT)
