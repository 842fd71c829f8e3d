"""When to connect again. Pure: the clock's reading comes in."""

FIRST_SECONDS = 0.005
LONGEST_SECONDS = 0.1
GROWTH = 1.5
PROVEN_SECONDS = 1.0
"""A connection that lasted this long was a good one; the next loss starts from the beginning."""

START_RETRY_SECONDS = 0.25
"""Between attempts to start a daemon that would not start."""


class Backoff:
    """The pause before the next attempt, growing while attempts fail."""

    __slots__ = ("_pause", "_welcomed_at")

    def __init__(self) -> None:
        self._pause = FIRST_SECONDS
        self._welcomed_at: float | None = None

    def welcomed(self, now: float) -> None:
        """Note that an attempt succeeded."""
        self._welcomed_at = now

    def next_pause(self, now: float) -> float:
        """Return the seconds until the next attempt, after a failure or a loss at ``now``."""
        if self._welcomed_at is not None and now - self._welcomed_at >= PROVEN_SECONDS:
            self._pause = FIRST_SECONDS
        self._welcomed_at = None
        pause = self._pause
        self._pause = min(pause * GROWTH, LONGEST_SECONDS)
        return pause
