"""Text that is longer than the terminal, in a pager: what ``PAGER`` names, or ``less -FRX``."""

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from djobsctl.output import print_text
from djobsctl.present.table import columns_of

LESS: Final = "less"
LESS_OPTIONS: Final = "FRX"
"""Ends by itself where the text fits, shows colours, leaves the text on the screen."""
NO_PAGER: Final = ("", "cat")


def show(text: str) -> None:
    """Print text on the terminal that standard output is, through a pager if it is too long."""
    command = pager_of(os.environ)
    size = os.get_terminal_size(sys.stdout.fileno())
    if command is None or fits(text, size) or not _paged(command, text):
        print_text(text)


def pager_of(environ: Mapping[str, str]) -> list[str] | None:
    """Return the pager's command line; None where none is wanted, or none could work."""
    if environ.get("TERM", "dumb") == "dumb":
        return None
    chosen = environ.get("PAGER", LESS).strip()
    if chosen in NO_PAGER:
        return None
    try:
        return shlex.split(chosen)
    except ValueError:  # an open quotation mark
        return None


def fits(text: str, size: os.terminal_size) -> bool:
    """Say whether a terminal shows all of a text, with a line left for the prompt."""
    if not size.columns or not size.lines:
        return True  # a terminal that does not know its size is not one that somebody looks at
    lines = (max(1, -(-columns_of(line) // size.columns)) for line in text.splitlines())
    return sum(lines) < size.lines


def _paged(command: list[str], text: str) -> bool:
    """Return False when there is no such pager, and nothing was shown."""
    environ = {"LESS": LESS_OPTIONS, **os.environ}
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the pager to act on
    try:
        with (
            subprocess.Popen(
                command, stdin=subprocess.PIPE, env=environ, encoding="utf-8", errors="replace"
            ) as pager,
            suppress(BrokenPipeError),
        ):  # somebody has seen enough
            pager.communicate(text if text.endswith("\n") else text + "\n")
    except OSError:
        return False
    finally:
        signal.signal(signal.SIGINT, before)
    return True
