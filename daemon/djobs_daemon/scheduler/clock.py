"""Three clocks, and one that leases are measured by (R15, R45).

Leases count *awake* time: neither a sleep of the machine nor a jump of the wall clock moves them.
They are stored on a steady clock that equals the wall clock when it is started and then advances
with awake time only; after a sleep or a jump it is put right together with the leases.
"""

import time
from typing import Final, NamedTuple, Protocol

GAP_MS: Final = 1_000
"""A difference between clocks from which on it is a sleep or a jump, not imprecision."""


class Reading(NamedTuple):
    """The three clocks at one moment, milliseconds."""

    wall: int
    """Since the epoch; jumps when it is set."""
    awake: int
    """Monotonic, stands still while the machine sleeps."""
    elapsed: int
    """Monotonic, goes on while the machine sleeps."""


class Clock(Protocol):
    """Where the time comes from."""

    def read(self) -> Reading:
        """Return the three clocks now."""


class SystemClock:
    """The machine's own clocks.

    Python's ``monotonic`` excludes sleep on Linux and macOS; what includes it is CLOCK_BOOTTIME on
    Linux, and CLOCK_MONOTONIC on macOS (where Python's own does not, cpython#86273).
    """

    _elapsed = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)

    def read(self) -> Reading:
        """Return the three clocks now."""
        return Reading(
            wall=time.time_ns() // 1_000_000,
            awake=time.monotonic_ns() // 1_000_000,
            elapsed=time.clock_gettime_ns(self._elapsed) // 1_000_000,
        )


class Gap(NamedTuple):
    """What came between two readings besides awake time."""

    slept_ms: int
    jumped_ms: int
    """How far the wall clock was set; negative when it was set back."""

    @property
    def shift_ms(self) -> int:
        """By how much the steady clock lags the wall clock."""
        return self.slept_ms + self.jumped_ms


def gap_between(before: Reading, after: Reading) -> Gap:
    """Return the sleep and the jump between two readings, each 0 below ``GAP_MS``."""
    awake, elapsed = after.awake - before.awake, after.elapsed - before.elapsed
    slept, jumped = elapsed - awake, after.wall - before.wall - elapsed
    return Gap(slept if slept > GAP_MS else 0, jumped if abs(jumped) > GAP_MS else 0)


class SteadyClock:
    """The clock of leases."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._set_at = clock.read()

    def now(self) -> int:
        """Return milliseconds since the epoch, as far as the machine was awake."""
        return self._set_at.wall + self._clock.read().awake - self._set_at.awake

    def wall(self) -> int:
        """Return the wall clock's time."""
        return self._clock.read().wall

    def put_right(self) -> Gap:
        """Return the gap since this clock was last set, and make it equal the wall clock again.

        Without a gap nothing changes: the clock is not set at every look.
        """
        reading = self._clock.read()
        gap = gap_between(self._set_at, reading)
        if gap.shift_ms or gap.slept_ms:
            self._set_at = reading
        return gap
