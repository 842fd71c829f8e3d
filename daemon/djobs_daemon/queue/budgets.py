"""Budgets: what a run may take, when one has taken too much, what is to be said. Pure.

A budget bounds what is used in a period, in up to four units. Before a run begins, its estimate is
reserved in every budget that concerns it, so that runs that begin together do not count on the same
money; while it runs it takes more from what is free, and is over once nothing is.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal, NamedTuple

from djobs_daemon.queue.finish import moment_text
from djobs_daemon.store.usage_records import MICROS_PER_USD

Unit = Literal["usd", "tokens", "minutes", "starts"]
Scope = Literal["day", "month", "workspace", "job", "rate", "minute", "hour"]
Amounts = Mapping[Unit, int]
"""By unit: millionths of a US dollar, tokens, milliseconds of run time, runs. None means 0."""

UNITS: Final[tuple[Unit, ...]] = ("usd", "tokens", "minutes", "starts")
RATES: Final[frozenset[Scope]] = frozenset({"rate", "minute", "hour"})
"""They hold up what would begin, and nothing that runs."""
MINUTE_MS: Final = 60_000


class Budget(NamedTuple):
    """A bound in one period."""

    scope: Scope
    subject: str
    """A workspace's path or a job's id; empty where there is one for all."""
    limits: Amounts
    """Those units that are bounded, raises included."""
    since: int
    """The beginning of the period."""
    resets_at: int | None
    """Its end; None: it never ends."""


class Standing(NamedTuple):
    """A budget, and what of it is gone."""

    budget: Budget
    used: Amounts
    """By runs that are over."""
    reserved: Amounts
    """By runs that are not; the run that is asked about is not among them."""
    unpriced: int = 0
    """How often something was used whose price nobody knows: it is in no sum of money."""

    def free(self, unit: Unit) -> int:
        """Return what nobody has used or reserved; below 0 once a budget is overdrawn."""
        taken = self.used.get(unit, 0) + self.reserved.get(unit, 0)
        return self.budget.limits[unit] - taken


class Reached(NamedTuple):
    """A budget that lets nothing more be taken, and the unit that it is short of."""

    standing: Standing
    unit: Unit


def admit(standings: Sequence[Standing], estimate: Amounts) -> dict[Unit, int] | list[Reached]:
    """Return what a run reserves, never more than is free; or the budgets that it waits for.

    An estimate that does not fit waits while others run. A run that nobody runs beside begins with
    whatever is left, for else a small budget could never be used.
    """
    reached = [
        Reached(each, unit)
        for each in standings
        for unit in each.budget.limits
        if estimate.get(unit, 0) and not _fits(each, unit, estimate[unit])
    ]
    if reached:
        return reached
    return within(standings, estimate)


def within(standings: Sequence[Standing], estimate: Amounts) -> dict[Unit, int]:
    """Return of an estimate what is free; what is not is over as soon as it is used."""
    found = {unit: _bounded(standings, unit, amount) for unit, amount in estimate.items()}
    return {unit: amount for unit, amount in found.items() if amount}


def _fits(standing: Standing, unit: Unit, amount: int) -> bool:
    free = standing.free(unit)
    if unit == "starts" or standing.reserved.get(unit, 0):
        return free >= amount
    return free > 0


def _bounded(standings: Sequence[Standing], unit: Unit, amount: int) -> int:
    free = (each.free(unit) for each in standings if unit in each.budget.limits)
    return max(0, min(amount, *free, amount))


class Draw(NamedTuple):
    """What a run that was metered has from now on, and which budgets it is over."""

    reserved: dict[Unit, int]
    over: list[Reached]


def draw(standings: Sequence[Standing], reserved: Amounts, live: Amounts) -> Draw:
    """Let a run reserve what it has used; it is over where that is more than was free.

    What was used is reserved even then: it is gone. Time is reserved by the minute ahead, so that
    it needs no note at every look.
    """
    grown = dict(reserved)
    over: list[Reached] = []
    for unit in UNITS:
        amount = live.get(unit, 0)
        if unit == "starts" or amount <= reserved.get(unit, 0):
            continue
        bounding = [each for each in standings if unit in each.budget.limits]
        over += [
            Reached(each, unit)
            for each in bounding
            if each.budget.scope not in RATES and amount > each.free(unit)
        ]
        grown[unit] = amount
        if unit == "minutes":
            grown[unit] = max(amount, _bounded(bounding, unit, amount + MINUTE_MS))
    return Draw(grown, over)


def ahead(reserved: Amounts) -> dict[Unit, int]:
    """Return what a run has that is over and may go on: its next minute, too."""
    return {**reserved, "minutes": reserved.get("minutes", 0) + MINUTE_MS}


def near(standings: Sequence[Standing], own: Amounts, warn_at: float) -> Iterator[Reached]:
    """Yield the budgets of which more than a share is gone, with what the run itself has."""
    for each in standings:
        for unit, limit in each.budget.limits.items():
            gone = limit - each.free(unit) + own.get(unit, 0)
            if each.budget.scope not in RATES and gone >= limit * warn_at:
                yield Reached(each, unit)


def name(budget: Budget) -> str:
    """Return a budget in words, to begin a sentence with."""
    names: dict[Scope, str] = {
        "day": "The budget of today",
        "month": "The budget of this month",
        "workspace": f"Today's budget of the workspace {budget.subject}",
        "job": f"The budget of {budget.subject}",
        "rate": f"The budget of ten minutes of the workspace {budget.subject}",
        "minute": f"The starts per minute of the workspace {budget.subject}",
        "hour": f"The starts per hour of the workspace {budget.subject}",
    }
    return names[budget.scope]


def sentence(reached: Reached, how: str = "reached") -> str:
    """Say what is used of a budget, when it is whole again, and what to do."""
    (budget, used, reserved, unpriced), unit = reached
    gone = said(unit, used.get(unit, 0))
    held = reserved.get(unit, 0)
    more = f" and {said(unit, held)} reserved by what runs" if held else ""
    parts = [f"{name(budget)} is {how}: {gone} used{more} of {said(unit, budget.limits[unit])}"]
    if unit == "usd" and unpriced:
        parts.append("what has no known price is not counted")
    if budget.resets_at is not None:
        parts.append(f"it resets at {moment_text(budget.resets_at)}")
    return f"{'; '.join(parts)}. `djobsctl budget allow {_argument(budget)}` raises it."


def _argument(budget: Budget) -> str:
    if budget.scope == "job":
        return budget.subject
    return f"{budget.scope} {budget.subject}".strip()


def said(unit: Unit, amount: int) -> str:
    """Return an amount in words."""
    match unit:
        case "usd":
            return f"${amount / MICROS_PER_USD:,.4f}".removesuffix("00")
        case "minutes":
            return f"{amount / MINUTE_MS:,.1f} minutes"
        case "starts":
            return f"{amount:,} starts"
        case "tokens":
            return f"{amount:,} tokens"
