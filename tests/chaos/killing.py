"""Ends daemons at random moments, most often without a word."""

import random
import signal
import time
from collections.abc import Callable

from djobs_local.identity import SignalOutcome
from djobs_protocol.errors import DjobsError
from tests.chaos.notes import Notes
from tests.harness.daemon import DaemonHome, wait_until

PROGRESS_SECONDS = 60.0
"""A daemon that answers nothing for this long while it is asked is a finding."""
ANSWERS_BETWEEN_MAX = 40
EARLY_SECONDS_MAX = 1.2
"""From a daemon's birth; the SDK is loaded after about this long."""


class Killer:
    """Ends one daemon after another and counts how.

    Each must live until then: one that has ended by itself is a problem.
    """

    def __init__(
        self, home: DaemonHome, notes: Notes, in_flight: Callable[[], int], seed: int
    ) -> None:
        self._home = home
        self._notes = notes
        self._in_flight = in_flight
        self._random = random.Random(seed)
        self._known = 0
        self.kills = 0
        self.stops = 0
        self.met: list[int] = []
        """For each end, how many calls waited for an answer then."""

    @property
    def met_calls(self) -> int:
        """How many ends met at least one call."""
        return sum(calls > 0 for calls in self.met)

    def end_one(self, polite: float = 0.0) -> None:
        """Wait for a new daemon, choose a moment of its life, end it.

        ``polite`` is the share that is asked to stop instead of being killed.
        """
        wait_until(lambda: len(self._home.births()) > self._known, "a new daemon", 30)
        self._known += 1
        if self._random.random() < 0.2:
            time.sleep(self._random.uniform(0, EARLY_SECONDS_MAX))  # the moment, not a wait
        else:
            count = self._random.randint(1, ANSWERS_BETWEEN_MAX)
            if not self._notes.wait_progress(count, PROGRESS_SECONDS):
                self._notes.note_problem(f"under {count} answers in {PROGRESS_SECONDS:g} s")
            time.sleep(self._random.uniform(0, 0.02))  # the moment, not a wait
        polite_end = self._random.random() < polite
        self.met.append(self._in_flight())
        if polite_end:
            self._stop()
        else:
            self._send(signal.SIGKILL)
            self.kills += 1

    def _stop(self) -> None:
        self.stops += 1
        if self._random.random() < 0.5:
            self._send(signal.SIGTERM)
            return
        try:
            with self._home.connect() as connection:
                connection.call("daemon.stop", {"reason": "a test"})
        except DjobsError:
            self._send(signal.SIGTERM)  # not accepting yet

    def _send(self, number: int) -> None:
        born = len(self._home.births())
        outcome = self._home.signal(number)
        if outcome is not SignalOutcome.SENT or born != self._known:
            self._notes.note_problem(
                f"daemon {self._known} of {born} had ended by itself: {outcome}; its log ends "
                f"{self._home.log_text()[-2000:]!r}"
            )
