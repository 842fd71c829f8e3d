"""Ends daemons at random moments, most often without a word."""

import random
import signal
import time

from djobs_protocol.errors import DjobsError
from tests.chaos.notes import Notes
from tests.harness.daemon import DaemonHome, wait_until

PROGRESS_SECONDS = 60.0
"""A daemon that answers nothing for this long while it is asked is a finding."""
ANSWERS_BETWEEN_MAX = 40
EARLY_SECONDS_MAX = 1.2
"""From a daemon's birth; the SDK is loaded after about this long."""


class Killer:
    """Ends one daemon after another and counts how."""

    def __init__(self, home: DaemonHome, notes: Notes, seed: int) -> None:
        self._home = home
        self._notes = notes
        self._random = random.Random(seed)
        self._known = 0
        self.kills = 0
        self.stops = 0

    def end_one(self, polite: float = 0.0) -> None:
        """Wait for a new daemon, choose a moment of its life, end it.

        ``polite`` is the share that is asked to stop instead of being killed.
        """
        wait_until(lambda: len(self._home.births()) > self._known, "a new daemon", 30)
        self._known = len(self._home.births())
        if self._random.random() < 0.2:
            time.sleep(self._random.uniform(0, EARLY_SECONDS_MAX))  # the moment, not a wait
        else:
            count = self._random.randint(1, ANSWERS_BETWEEN_MAX)
            if not self._notes.wait_progress(count, PROGRESS_SECONDS):
                self._notes.note_problem(f"under {count} answers in {PROGRESS_SECONDS:g} s")
            time.sleep(self._random.uniform(0, 0.02))  # the moment, not a wait
        if self._random.random() < polite:
            self._stop()
        else:
            self._home.signal(signal.SIGKILL)
            self.kills += 1

    def _stop(self) -> None:
        self.stops += 1
        if self._random.random() < 0.5:
            self._home.signal(signal.SIGTERM)
            return
        try:
            with self._home.connect() as connection:
                connection.call("daemon.stop", {"reason": "a test"})
        except DjobsError:
            self._home.signal(signal.SIGTERM)  # not accepting yet
