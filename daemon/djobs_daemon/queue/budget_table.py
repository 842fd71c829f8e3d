"""``[budgets]`` of the config file, and which budgets concern a run. Pure."""

from collections.abc import Iterator, Mapping
from datetime import tzinfo
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal

import msgspec

from djobs_daemon.queue.budgets import MINUTE_MS, Amounts, Budget, Scope, Unit
from djobs_daemon.queue.periods import day_of, month_of
from djobs_daemon.store.usage_records import MICROS_PER_USD
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.values import JobBudget

RATE_MS: Final = 10 * MINUTE_MS
HOUR_MS: Final = 60 * MINUTE_MS
Positive = Annotated[float, msgspec.Meta(gt=0)]
Count = Annotated[int, msgspec.Meta(ge=1)]


class Sums(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What may be used; what is not named is not bounded."""

    usd: Positive | None = None
    tokens: Count | None = None
    """In and out."""
    minutes: Positive | None = None
    """Of run time, pauses left out."""

    def amounts(self) -> dict[Unit, int]:
        """Return the amounts that are named."""
        return amounts(self.usd, self.tokens, self.minutes)


class Rate(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What a workspace may use in any ten minutes, and begin in any minute or hour."""

    usd: Positive | None = None
    tokens: Count | None = None
    starts_per_minute: Count | None = None
    starts_per_hour: Count | None = None


class BudgetTable(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """``[budgets]``."""

    day: Sums = Sums()
    month: Sums = Sums()
    workspace: Sums = Sums()
    """Of each workspace in a day."""
    workspaces: dict[str, Sums] = {}
    """By path: instead of ``workspace``."""
    job: Sums = Sums()
    """Of each job in all its attempts."""
    rate: Rate = Rate()
    reserve: Sums = Sums(usd=0.10, tokens=20_000, minutes=10)
    """What a run is expected to use, before it begins."""
    on_limit: Literal["warn", "pause", "stop"] = "pause"
    """What becomes of a run that crosses a budget."""
    warn_at: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.8
    """From which share on somebody is told."""
    unknown_price: Literal["warn", "pause"] = "warn"
    """What becomes of a run of a model without a known price, where dollars are bounded."""

    @property
    def bounds_anything(self) -> bool:
        """Say whether there is any budget."""
        every = (self.day, self.month, self.workspace, self.job, *self.workspaces.values())
        return self.rate != Rate() or any(each != Sums() for each in every)

    def estimate(self, *, spends: bool) -> dict[Unit, int]:
        """Return what a run is expected to use; one that asks no model uses time only."""
        expected = Sums(usd=None, tokens=None, minutes=10).amounts() | self.reserve.amounts()
        kept = {unit: each for unit, each in expected.items() if spends or unit == "minutes"}
        return {**kept, "starts": 1}

    def budgets(
        self,
        workspace: str | None,
        job_id: str | None,
        now: int,
        zone: tzinfo,
        own: Amounts = MappingProxyType({}),
    ) -> Iterator[Budget]:
        """Yield the budgets that concern a run, without raises; those of all where it is None.

        ``own`` is what the job was given itself: it narrows what each job may have.
        """
        day, month = day_of(now, zone), month_of(now, zone)
        yield from _bound("day", "", self.day.amounts(), *day)
        yield from _bound("month", "", self.month.amounts(), *month)
        if workspace is not None:
            sums = self.workspaces.get(workspace, self.workspace)
            yield from _bound("workspace", workspace, sums.amounts(), *day)
            yield from self._rates(workspace, now)
        if job_id is not None:
            yield from _bound("job", job_id, _narrowed(self.job.amounts(), own), 0, None)

    def _rates(self, workspace: str, now: int) -> Iterator[Budget]:
        rate = self.rate
        rates: tuple[tuple[Scope, int, dict[Unit, int]], ...] = (
            ("rate", RATE_MS, amounts(rate.usd, rate.tokens, None)),
            ("minute", MINUTE_MS, _starts(rate.starts_per_minute)),
            ("hour", HOUR_MS, _starts(rate.starts_per_hour)),
        )
        for scope, window, limits in rates:
            yield from _bound(scope, workspace, limits, now - window, now + window)


def _narrowed(most: Amounts, own: Amounts) -> dict[Unit, int]:
    """Return the smaller of two amounts in each unit that either bounds."""
    return {**own, **{unit: min(each, own.get(unit, each)) for unit, each in most.items()}}


def amounts_of(budget: JobBudget) -> dict[Unit, int]:
    """Return what a job was given."""
    return amounts(budget.usd, budget.tokens, budget.minutes)


def _starts(count: int | None) -> dict[Unit, int]:
    return {} if count is None else {"starts": count}


def _bound(
    scope: Scope, subject: str, limits: Amounts, since: int, until: int | None
) -> Iterator[Budget]:
    if limits:
        yield Budget(scope, subject, limits, since, until)


def amounts(usd: float | None, tokens: int | None, minutes: float | None) -> dict[Unit, int]:
    """Return what is given in the units that are reckoned in."""
    given: dict[Unit, int | None] = {
        "usd": None if usd is None else round(usd * MICROS_PER_USD),
        "tokens": tokens,
        "minutes": None if minutes is None else round(minutes * MINUTE_MS),
    }
    return {unit: amount for unit, amount in given.items() if amount is not None}


def budget_table(tables: Mapping[str, Any], path: str) -> BudgetTable:
    """Return ``[budgets]`` of a config file; ``CONFIG_INVALID`` says what is wrong in it."""
    try:
        found = msgspec.convert(tables.get("budgets", {}), BudgetTable)
    except msgspec.ValidationError as error:
        raise DjobsError(ErrorCode.CONFIG_INVALID, f"{path}: [budgets]: {error}.") from None
    for each in found.workspaces:
        if not each.startswith("/"):
            raise DjobsError(
                ErrorCode.CONFIG_INVALID,
                f"{path}: [budgets.workspaces.{each!r}]: expected an absolute path.",
            )
    return found
