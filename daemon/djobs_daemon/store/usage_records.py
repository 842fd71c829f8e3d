"""What work cost: plain values between the store and who asks."""

from typing import Final, NamedTuple

MICROS_PER_USD: Final = 1_000_000


class UsageRow(NamedTuple):
    """What one model was paid for in one attempt of a job."""

    provider: str
    model: str
    tokens_in: int
    """All of them, those from a cache too."""
    tokens_out: int
    tokens_cached: int
    busy_ms: int
    usd_micros: int | None
    """Millionths of a US dollar; None when the price is not known: never 0 instead."""


class UsageSum(NamedTuple):
    """What one model was paid for in all."""

    provider: str
    model: str
    jobs: int
    tokens_in: int
    tokens_out: int
    tokens_cached: int
    usd_micros: int
    """Of what has a known price."""
    unpriced: int
    """Rows whose price is not known."""
