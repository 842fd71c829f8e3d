"""How much is done for each figure."""

from typing import NamedTuple


class Effort(NamedTuple):
    """Rounds are interleaved with the baseline's; a figure is the median of its rounds."""

    starts: int
    """Spawns of each kind."""
    cold_starts: int
    rounds: int
    calls: int
    """Tool calls of one kind, per client and round."""
    jobs: int
    """Jobs enqueued one at a time, per round, by all clients together."""
    batches: int
    """Batches of 500 per round."""
    idle_seconds: float
    backlog: int
    """Jobs that may start, of the large database that claims are made from."""
    aside: int
    """Jobs that may not, beside those that may: blocked, scheduled, of other types."""


FULL = Effort(
    starts=40,
    cold_starts=11,
    rounds=7,
    calls=300,
    jobs=2400,
    batches=12,
    idle_seconds=10.0,
    backlog=1_000_000,
    aside=100_000,
)
QUICK = Effort(
    starts=10,
    cold_starts=3,
    rounds=3,
    calls=100,
    jobs=800,
    batches=4,
    idle_seconds=3.0,
    backlog=50_000,
    aside=10_000,
)
