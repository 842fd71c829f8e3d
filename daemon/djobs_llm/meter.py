"""What a job has used, against what it may: counted here, written down at once."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from djobs_llm.contract import Code, Limits, Price, Route, Usage
from djobs_llm.failure import JobFailed
from djobs_llm.usage_lines import UsageLine, append_line

MILLION = 1_000_000


class Counts(NamedTuple):
    """Of one request."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0


def price_of(counts: Counts, price: Price) -> float:
    """Return the cost in US dollars by a price that a user set."""
    read = price.input if price.cache_read is None else price.cache_read
    write = price.input if price.cache_write is None else price.cache_write
    cached = counts.cache_read_tokens + counts.cache_write_tokens
    return (
        max(counts.input_tokens - cached, 0) * price.input
        + counts.cache_read_tokens * read
        + counts.cache_write_tokens * write
        + counts.output_tokens * price.output
    ) / MILLION


class Meter:
    """The account of one job; ``totals`` is what has been used so far."""

    def __init__(self, limits: Limits, path: Path, clock_ms: Callable[[], int]) -> None:
        self._limits = limits
        self._path = path
        self._clock_ms = clock_ms
        self.totals = Usage()

    def check(self) -> None:
        """Raise ``LIMIT_REACHED`` if no further request may be sent."""
        bounds = (
            ("requests", self.totals.requests, self._limits.requests),
            ("tokens", self.totals.input_tokens + self.totals.output_tokens, self._limits.tokens),
            ("cost_usd", self.totals.cost_usd, self._limits.cost_usd),
        )
        for name, used, bound in bounds:
            if used is not None and bound is not None and used >= bound:
                raise JobFailed(
                    Code.LIMIT_REACHED,
                    f"The job's limit of {bound:g} {name} is reached ({used:g} used). "
                    "Raise it, or make the job smaller.",
                )

    def sending(self, route: Route) -> None:
        """Write down that a request is under way, before it is."""
        self._add(route, route.model, Counts(), cost=0.0, sent=1, unmeasured=1)

    def received(self, route: Route, model: str, counts: Counts, cost: float | None) -> None:
        """Write down what the request under way has used."""
        self._add(route, model, counts, cost, unmeasured=-1)

    def refused(self, route: Route) -> None:
        """Write down that the request under way used nothing."""
        self._add(route, route.model, Counts(), cost=0.0, unmeasured=-1)

    def lost(self, route: Route, counts: Counts, cost: float | None) -> None:
        """Write down what is known of a request that was cut off; the rest stays unmeasured."""
        self._add(route, route.model, counts, cost, measured=False)

    def _add(
        self,
        route: Route,
        model: str,
        counts: Counts,
        cost: float | None,
        *,
        sent: int = 0,
        unmeasured: int = 0,
        measured: bool | None = None,
    ) -> None:
        so_far = self.totals
        known = None if so_far.cost_usd is None or cost is None else so_far.cost_usd + cost
        self.totals = Usage(
            input_tokens=so_far.input_tokens + counts.input_tokens,
            output_tokens=so_far.output_tokens + counts.output_tokens,
            cache_read_tokens=so_far.cache_read_tokens + counts.cache_read_tokens,
            cache_write_tokens=so_far.cache_write_tokens + counts.cache_write_tokens,
            requests=so_far.requests + sent,
            unmeasured_requests=so_far.unmeasured_requests + unmeasured,
            cost_usd=known,
        )
        line = UsageLine(
            at_ms=self._clock_ms(),
            provider=route.provider,
            model=model,
            **counts._asdict(),
            cost_usd=cost,
            measured=not sent if measured is None else measured,
            totals=self.totals,
        )
        try:
            append_line(self._path, line)
        except OSError as error:
            raise JobFailed(
                Code.OUTPUT_REFUSED,
                f"What the job costs cannot be written to {self._path}: {error.strerror}. "
                "Nothing is asked without.",
            ) from error


def now_ms() -> int:
    """Return the time, milliseconds since the epoch."""
    return time.time_ns() // 1_000_000
