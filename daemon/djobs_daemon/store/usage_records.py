"""What work cost: plain values between the store and who asks."""

from typing import Final, NamedTuple

MICROS_PER_USD: Final = 1_000_000
RUN_TIME: Final = ""
"""The provider of a row that says how long a run took: no model was paid for it."""


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


class Spent(NamedTuple):
    """What was used in a time, by all models and runs together."""

    usd_micros: int
    """Of what has a known price."""
    unpriced: int
    """Rows whose price is not known."""
    tokens: int
    busy_ms: int
    """Run time."""
    runs: int
    oldest: int | None
    """When the first of it was noted."""


class Reservation(NamedTuple):
    """An amount that is set aside for a job, or a word about it, as ``scope`` says."""

    job_id: str
    workspace: str
    running: bool
    scope: str
    """``run``: of the run under way; ``asked``, ``stopped``: its budget was reached, by name in
    ``subject``; ``allowed``: it may go on."""
    subject: str
    kind: str
    """The unit."""
    amount: int


class Allowance(NamedTuple):
    """What a budget was raised by until its period ends."""

    budget: str
    subject: str
    unit: str
    until: int
    amount: int
