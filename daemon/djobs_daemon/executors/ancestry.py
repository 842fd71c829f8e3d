"""Which processes a process descends from: a job's own client cannot deny whose it is (R53)."""

import sys
from collections.abc import Callable, Iterator
from typing import Final

ANCESTORS_MAX: Final = 100
"""The table of processes changes while it is walked; so many steps are no family any more."""


def parent_of(pid: int) -> int | None:
    """Return a process's parent; None where it cannot be told, as on systems without /proc."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
        return int(fields[1])
    except (OSError, IndexError, ValueError):
        return None


def line_of(pid: int, parent: Callable[[int], int | None] = parent_of) -> Iterator[int]:
    """Yield a process and its ancestors, the nearest first, without init."""
    for _ in range(ANCESTORS_MAX):
        if pid <= 1:
            return
        yield pid
        pid = parent(pid) or 0
