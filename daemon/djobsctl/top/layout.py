"""How many lines each part of the screen has, and which rows are on it. Pure."""

from typing import Final

from djobsctl.top.model import Row, State

HEAD_LINES: Final = 3
"""The daemon, what waits, who is there."""
FIXED_LINES: Final = HEAD_LINES + 2
"""With the headings of the list and the line at the bottom."""
LOG_LINES_MAX: Final = 12


def log_height(state: State) -> int:
    """Return the lines of the log, its title among them; none where the list needs them."""
    room = state.lines - FIXED_LINES
    return 0 if room < 8 else min(LOG_LINES_MAX, room // 3)


def list_height(state: State) -> int:
    """Return how many rows are shown at once."""
    return max(1, state.lines - FIXED_LINES - log_height(state))


def page_height(state: State) -> int:
    """Return how many lines of a page are shown at once."""
    return max(1, state.lines - 2)


def visible(state: State) -> tuple[Row, ...]:
    """Return the rows that the filter lets through."""
    if not state.filter:
        return state.board.rows
    return tuple(row for row in state.board.rows if row.matches(state.filter))
