"""How long to wait before the daemon is started again (R14). Pure: the record is read elsewhere."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

FREE_STARTS = 3
"""So many starts in a row need not wait."""

DELAY_SECONDS_MAX = 30.0
"""Half of what a shim waits for a daemon on behalf of a call (``djobs_shim.patience``), so that no
number of deaths ends a session; and still at most eight starts in a minute of polling."""

MEMORY_SECONDS = 60.0
"""Older starts are not counted."""


def delay_seconds(
    attempts: "Iterable[float]", now: float, maximum: float = DELAY_SECONDS_MAX
) -> float:
    """Return how many seconds must still pass before the next start; 0 when it may happen now.

    ``attempts`` are the times of earlier starts, in seconds since the epoch, whatever became of
    them: a daemon that dies right after it was ready counts like one that never was. Starts of the
    future (the clock was set back) and of more than ``MEMORY_SECONDS`` ago are ignored. The wait
    after the third start is 1 s and doubles with each one up to ``maximum``; 0 turns it off.
    """
    counted = [at for at in attempts if now - MEMORY_SECONDS < at <= now]
    if len(counted) < FREE_STARTS:
        return 0.0
    doublings = min(len(counted) - FREE_STARTS, 32)
    wait = min(float(2**doublings), maximum)
    return max(0.0, max(counted) + wait - now)
