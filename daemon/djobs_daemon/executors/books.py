"""Budgets as the database has them: what bounds a run, what of it is gone, what is asked about."""

from collections.abc import Callable, Iterable, Sequence
from datetime import tzinfo
from typing import Final

from djobs_daemon.queue import budgets
from djobs_daemon.queue.budget_table import BudgetTable, amounts_of
from djobs_daemon.queue.budgets import Budget, Standing, Unit
from djobs_daemon.queue.given import budget_of
from djobs_daemon.queue.periods import day_of
from djobs_daemon.store.interface import View
from djobs_daemon.store.records import JobRow
from djobs_daemon.store.usage_records import Reservation, Spent

RUN: Final = "run"
ASKED: Final = "asked"
STOPPED: Final = "stopped"
ALLOWED: Final = "allowed"
"""What a reservation of a job is about."""
DAY_MS: Final = 86_400_000
LONGEST_DAY_MS: Final = DAY_MS + 3_600_000


class Books:
    """Has no state but its configuration. ``zone`` is asked for only where there is a budget."""

    def __init__(
        self, table: BudgetTable, zone: Callable[[], tzinfo], spending: frozenset[str]
    ) -> None:
        self.table = table
        self.spending = spending
        """The types of work that cost money and tokens, not time alone."""
        self._zone = zone

    @property
    def watches(self) -> bool:
        """Say whether all work is to be watched over; else only jobs with a budget of their own."""
        return self.table.bounds_anything

    def concerns(self, job: JobRow) -> bool:
        """Say whether a job's run is to be watched over."""
        return self.watches or job.budget is not None

    def standings(self, view: View, job: JobRow, now: int) -> list[Standing]:
        """Return the budgets that concern a job, what it has reserved itself left out."""
        rows = [each for each in _running(view) if each.job_id != job.id]
        return self._standings(view, job.workspace, job, rows, now)

    def budgets(self, workspace: str | None, now: int) -> list[Budget]:
        """Return the budgets of all and of a workspace, as the config file has them."""
        return list(self.table.budgets(workspace, None, now, self._zone()))

    def today(self, view: View, now: int) -> tuple[int, int]:
        """Return what today cost, in millionths of a dollar, and how many jobs are asked about."""
        asked = sum(each.scope == ASKED for each in view.reservations())
        if not view.spent(now - LONGEST_DAY_MS, None).usd_micros:
            return 0, asked  # without looking for the zone, which costs more
        return view.spent(day_of(now, self._zone()).since, None).usd_micros, asked

    def overview(self, view: View, workspaces: Iterable[str], now: int) -> list[Standing]:
        """Return the budgets of all, and those of workspaces."""
        rows = _running(view)
        found = self._standings(view, None, None, rows, now)
        for each in workspaces:
            own = self._standings(view, each, None, rows, now)
            found += [one for one in own if one.budget.subject]
        return found

    def _standings(
        self,
        view: View,
        workspace: str | None,
        job: JobRow | None,
        rows: Sequence[Reservation],
        now: int,
    ) -> list[Standing]:
        raised = {each[:3]: each.amount for each in view.allowances(now)}
        found = []
        job_id = None if job is None else job.id
        own = {} if job is None else amounts_of(budget_of(job.budget))
        for each in self.table.budgets(workspace, job_id, now, self._zone(), own):
            place = None if each.scope in ("day", "month") else workspace
            own_only = each.scope == "job" and job is not None
            spent = view.spent_on(job) if own_only and job else view.spent(each.since, place)
            limits: dict[Unit, int] = {
                unit: amount + raised.get((each.scope, each.subject, unit), 0)
                for unit, amount in each.limits.items()
            }
            budget = each._replace(limits=limits)
            if each.scope in budgets.RATES and spent.oldest is not None and each.resets_at:
                budget = budget._replace(resets_at=spent.oldest + each.resets_at - now)
            mine = [] if own_only else [row for row in rows if place in (None, row.workspace)]
            found.append(Standing(budget, _used(spent), _summed(mine), spent.unpriced))
        return found

    def reserved(self, view: View, job: JobRow) -> dict[Unit, int]:
        """Return what the run of a job has reserved."""
        return _summed([each for each in view.reservations() if _is_of_run(each, job)])

    def is_allowed(self, view: View, job: JobRow) -> bool:
        """Say whether somebody let a job go on, whatever its budgets say."""
        rows = view.reservations()
        return any(each.scope == ALLOWED and each.job_id == job.id for each in rows)


def _running(view: View) -> list[Reservation]:
    return [each for each in view.reservations() if each.scope == RUN and each.running]


def _is_of_run(row: Reservation, job: JobRow) -> bool:
    return row.scope == RUN and row.running and row.job_id == job.id


def _used(spent: Spent) -> dict[Unit, int]:
    return {
        "usd": spent.usd_micros,
        "tokens": spent.tokens,
        "minutes": spent.busy_ms,
        "starts": spent.runs,
    }


def _summed(rows: Iterable[Reservation]) -> dict[Unit, int]:
    sums: dict[Unit, int] = {}
    for row in rows:
        for unit in budgets.UNITS:
            if row.kind == unit:
                sums[unit] = sums.get(unit, 0) + row.amount
    return sums
