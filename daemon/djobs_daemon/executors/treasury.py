"""Budgets inside the store's transactions: what may begin, what a run has, what is asked about.

Everything that counts is in the database, so a daemon that comes later goes on where this one was:
what a run that died had reserved is returned with it.
"""

import logging
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from djobs_daemon.executors.affording import Closed, ready_of
from djobs_daemon.executors.books import ALLOWED, ASKED, DAY_MS, RUN, STOPPED, Books
from djobs_daemon.queue import budgets
from djobs_daemon.queue.budgets import Amounts, Reached, Standing, Unit
from djobs_daemon.queue.notices import judge
from djobs_daemon.scheduler.taking import PARKED_MAX, find_next
from djobs_daemon.store.interface import Ledger, View
from djobs_daemon.store.records import JobRow, Wanted
from djobs_daemon.store.upkeep_records import Notice
from djobs_daemon.store.usage_records import Reservation
from djobs_protocol.states import TERMINAL_STATES, EventKind, JobState

log = logging.getLogger(__name__)

OWNER: Final = "owner"
NOTICE: Final = "budget"


class Taken(NamedTuple):
    """What may begin now."""

    job: JobRow | None
    looked_through: bool
    again_at: int | None = None
    """When what waits for a budget may begin, if nothing else happens."""


class Live(NamedTuple):
    """What a run has used so far."""

    amounts: Amounts
    unpriced: bool = False


class Treasury(Books):
    """Has no state but its configuration."""

    # Beginning

    def take(self, ledger: Ledger, wanted: Wanted) -> Taken:
        """Return the next job that its budgets let begin, with its estimate reserved."""
        if not self.watches:
            job, looked_through = find_next(ledger, wanted)
            if job is None or not self.concerns(job):
                return Taken(job, looked_through)
        allowed = self._allowed(ledger, wanted)
        if allowed is not None:
            self._reserve(ledger, allowed, self._estimate(allowed))
            return Taken(allowed, True)
        closed, again = Closed(self.spending), list[int]()
        for _ in range(PARKED_MAX):
            job, looked_through = self._find(ledger, wanted, closed)
            if job is None:
                return Taken(None, looked_through, min(again, default=None))
            reached = self._admit(ledger, job)
            if not reached:
                return Taken(job, True)
            again += [at for each in reached if (at := each.standing.budget.resets_at) is not None]
            self._hold_up(ledger, job, reached, closed)
        return Taken(None, False)

    def _find(self, ledger: Ledger, wanted: Wanted, closed: Closed) -> tuple[JobRow | None, bool]:
        looked_through = True
        for each in closed.searches(wanted):
            job, looked_through = find_next(ledger, each)
            if job is not None or not looked_through:
                return job, looked_through
        return None, looked_through

    def _allowed(self, ledger: Ledger, wanted: Wanted) -> JobRow | None:
        rows = [each for each in ledger.reservations() if each.scope == ALLOWED]
        return ready_of(ledger, (each.job_id for each in rows if not each.running), wanted)

    def _estimate(self, job: JobRow) -> dict[Unit, int]:
        return self.table.estimate(spends=job.type in self.spending)

    def _admit(self, ledger: Ledger, job: JobRow) -> list[Reached]:
        """Reserve what a job is expected to use, or return what it waits for."""
        estimate = self._estimate(job)
        standings = self.standings(ledger, job, ledger.now)
        if self.table.on_limit == "warn":
            verdict = budgets.admit(_rates(standings), estimate)
            if not isinstance(verdict, list):
                verdict = budgets.within(standings, estimate)
        else:
            verdict = budgets.admit(standings, estimate)
        if isinstance(verdict, list):
            return verdict
        self._reserve(ledger, job, verdict)
        self._warn(ledger, standings, verdict)
        return []

    def _reserve(self, ledger: Ledger, job: JobRow, amounts: Amounts) -> None:
        ledger.reserve(job, RUN, {("", unit): amount for unit, amount in amounts.items()})

    def _hold_up(
        self, ledger: Ledger, job: JobRow, reached: Sequence[Reached], closed: Closed
    ) -> None:
        for each in reached:
            if each.standing.budget.scope != "job":
                closed.close(each.standing.budget, each.unit)
                self._tell(ledger, each)
                return
        first, why = reached[0], budgets.sentence(reached[0])
        if self.table.on_limit == "stop":
            ledger.move(job, EventKind.FAILED, why, last_error=why)
        else:
            self._ask(ledger, job, first, why)

    # While it runs

    def meter(self, ledger: Ledger, job: JobRow, live: Live) -> Reached | None:
        """Note what a run has used; return the budget for which it is to stand still or end.

        The job is marked accordingly: whoever dies now is followed by one who does it.
        """
        own = self.reserved(ledger, job)
        standings = self.standings(ledger, job, ledger.now)
        drawn = budgets.draw(standings, own, live.amounts)
        self._reserve(ledger, job, drawn.reserved)
        self._warn(ledger, standings, drawn.reserved)
        over = [*drawn.over, *self._unpriced(ledger, standings, live)]
        if not over:
            return None
        if self.table.on_limit == "warn" or self.is_allowed(ledger, job):
            self._reserve(ledger, job, budgets.ahead(drawn.reserved))
            self._tell(ledger, over[0])
            return None
        why = budgets.sentence(over[0])
        match self.table.on_limit:
            case "stop":
                self._stop(ledger, job, over[0], why)
            case "pause":
                self._ask(ledger, job, over[0], why)
        return over[0]

    def _unpriced(
        self, ledger: Ledger, standings: Iterable[Standing], live: Live
    ) -> Iterable[Reached]:
        if not live.unpriced:
            return
        for each in standings:
            if "usd" in each.budget.limits and each.budget.scope not in budgets.RATES:
                reached = Reached(each._replace(unpriced=each.unpriced + 1), "usd")
                self._tell(ledger, reached, "unpriced")
                if self.table.unknown_price == "pause":
                    yield reached

    def _warn(self, ledger: Ledger, standings: Sequence[Standing], own: Amounts) -> None:
        for each in budgets.near(standings, own, self.table.warn_at):
            self._tell(ledger, each, "near")

    def _stop(self, ledger: Ledger, job: JobRow, over: Reached, why: str) -> None:
        if job.stop_requested_at is None:
            ledger.mark(job, EventKind.STOP_REQUESTED, why, stop_requested_at=ledger.now)
        ledger.reserve(job, STOPPED, _named(over))
        self._tell(ledger, over)

    def _ask(self, ledger: Ledger, job: JobRow, over: Reached, why: str) -> None:
        if job.paused_at is None:
            ledger.mark(job, EventKind.PAUSED, why, paused_at=ledger.now)
        ledger.reserve(job, ASKED, _named(over))
        self._tell(ledger, over)

    # Afterwards

    def settle(self, ledger: Ledger, job: JobRow) -> None:
        """Return what a job had reserved; it does not run any more."""
        rows = [each for each in ledger.reservations() if each.job_id == job.id]
        over = job.state in TERMINAL_STATES
        for scope in {each.scope for each in rows if over or each.scope != ALLOWED}:
            ledger.reserve(job, scope, {})

    def reconsider(self, ledger: Ledger) -> list[str]:
        """Let go on what was asked about and has room again; return those of them that run."""
        running = []
        for each in [row for row in ledger.reservations() if row.scope == ASKED]:
            job = ledger.job(each.job_id)
            if job is None or not self._may_go_on(ledger, job, each):
                continue
            ledger.reserve(job, ASKED, {})
            if job.paused_at is not None:
                ledger.mark(job, EventKind.RESUMED, "its budget has room again", paused_at=None)
            if job.state is JobState.RUNNING:
                running.append(job.id)
        return running

    def _may_go_on(self, ledger: Ledger, job: JobRow, asked: Reservation) -> bool:
        if self.is_allowed(ledger, job):
            return True
        if asked.kind == "usd" and self.table.unknown_price == "pause":
            return False  # it may be about a price, which no room in a budget makes known
        own = self.reserved(ledger, job)
        return not any(
            (each.budget.scope, unit) == (asked.subject, asked.kind)
            and each.free(unit) <= own.get(unit, 0)
            for each in self.standings(ledger, job, ledger.now)
            for unit in each.budget.limits
        )

    def why_waits(self, view: View, job: JobRow, now: int) -> list[Reached]:
        """Return the budgets that keep a pending job from beginning."""
        if not self.concerns(job) or self.is_allowed(view, job):
            return []
        standings = self.standings(view, job, now)
        if self.table.on_limit == "warn":
            standings = _rates(standings)
        verdict = budgets.admit(standings, self._estimate(job))
        return verdict if isinstance(verdict, list) else []

    def _tell(self, ledger: Ledger, reached: Reached, about: str = "reached") -> None:
        """Tell the owner once in a budget's period, whoever crosses it how often."""
        budget, now = reached.standing.budget, ledger.now
        notice = Notice(NOTICE, f"{about} {budget.scope} {budget.subject} {reached.unit}", OWNER)
        until = now + DAY_MS if budget.resets_at is None else max(budget.resets_at, now + 1)
        if judge(ledger.delivery(notice), None, until - now, None, now).reason is None:
            ledger.note_delivery(notice, until)
            how = "nearly reached" if about == "near" else "reached"
            log.warning("%s", budgets.sentence(reached, how), extra={"notice": notice.key})


def _named(over: Reached) -> dict[tuple[str, str], int]:
    budget = over.standing.budget
    return {(budget.scope, over.unit): budget.limits[over.unit]}


def _rates(standings: Iterable[Standing]) -> list[Standing]:
    return [each for each in standings if each.budget.scope in budgets.RATES]
