"""The live screen: keys, events and time go in, lines come out. What is decided is elsewhere."""

import time
from typing import Final

from djobsctl.live.changes import Changes
from djobsctl.live.terminal import Ended, Terminal
from djobsctl.present.screen import Screen, detect
from djobsctl.top.acting import act, look
from djobsctl.top.keys import keys_of
from djobsctl.top.model import Event, Key, Order, Quit, ReadLog, Resized, State, Ticked
from djobsctl.top.update import selected_row, update
from djobsctl.top.view import painted, view

REST_SECONDS: Final = 0.25
"""Between two looks, however much happens."""
REFRESH_SECONDS: Final = 5.0
"""After which it is looked again without an event: pauses, clients and money are none."""
TICK_SECONDS: Final = 1.0
"""Between two paintings, in which times go on, and two looks at the log of what runs."""


def run() -> int:
    """Show the screen until somebody quits; return the exit status."""
    with Changes() as changes:
        changes.seen()
        try:
            with Terminal() as terminal:
                Loop(terminal, changes).run()
        except Ended as end:
            return end.status
    return 0


class Loop:
    """One screen."""

    def __init__(self, terminal: Terminal, changes: Changes) -> None:
        self._terminal = terminal
        self._changes = changes
        columns, lines = terminal.size()
        self._state = State(columns, lines, time.time())
        self._looked_at = 0.0
        self._is_due = True
        self._log_read_at = 0.0
        self._has_quit = False

    def run(self) -> None:
        """Go on until a key ends it."""
        while not self._has_quit:
            self._look_if_due()
            colours = detect()
            self._terminal.paint([painted(line, colours) for line in view(self._state)])
            self._terminal.wait([self._changes.fileno()], self._patience())
            self._feed(Ticked(time.time()))
            self._fit()
            for name in keys_of(self._terminal.typed()):
                self._feed(Key(name))
            self._is_due = self._changes.seen() or self._is_due

    def _patience(self) -> float:
        """Return how long nothing needs to be done, unless something happens."""
        rest = self._looked_at + REST_SECONDS - time.monotonic()
        return max(0.0, min(rest, TICK_SECONDS)) if self._is_due else TICK_SECONDS

    def _look_if_due(self) -> None:
        now = time.monotonic()
        age = now - self._looked_at
        refresh = REFRESH_SECONDS if self._changes.present else TICK_SECONDS
        if age >= refresh or (self._is_due and age >= REST_SECONDS):
            self._looked_at, self._is_due = now, False
            self._feed(look(self._changes.call, time.time()))
        row = selected_row(self._state)
        is_live = row is not None and row.state == "running" and row.managed_by == "executor"
        if row is not None and is_live and now - self._log_read_at >= TICK_SECONDS:
            self._do(ReadLog(row.id))

    def _feed(self, event: Event) -> None:
        self._state, orders = update(self._state, event)
        for order in orders:
            self._do(order)

    def _do(self, order: Order) -> None:
        if isinstance(order, Quit):
            self._has_quit = True
            return
        if isinstance(order, ReadLog):
            self._log_read_at = time.monotonic()
        else:
            self._is_due = True
        width = Screen(self._state.columns, color=False, now=self._state.now)
        self._feed(act(self._changes.call, order, width))

    def _fit(self) -> None:
        columns, lines = self._terminal.size()
        if (columns, lines) != (self._state.columns, self._state.lines):
            self._feed(Resized(columns, lines))
