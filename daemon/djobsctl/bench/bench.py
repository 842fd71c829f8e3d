"""What every measure gets."""

from typing import NamedTuple

from djobsctl.bench.effort import Effort
from djobsctl.bench.peer_install import Peer


class Bench(NamedTuple):
    """One run of the benchmarks."""

    effort: Effort
    peer: Peer | None = None
    """The other djobs, where it was asked for and can be installed."""
