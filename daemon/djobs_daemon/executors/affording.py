"""Which jobs are passed over while a budget is used up, and which may begin all the same."""

from collections.abc import Iterable, Iterator

import msgspec

from djobs_daemon.queue.budgets import Budget, Unit
from djobs_daemon.queue.why import obstacles
from djobs_daemon.store.interface import Ledger
from djobs_daemon.store.records import JobRow, Wanted
from djobs_protocol.states import JobState


class Closed:
    """What one look for work passes over: all work, or only what costs money and tokens."""

    def __init__(self, spending: frozenset[str]) -> None:
        self._spending = spending
        self._everywhere: set[bool] = set()
        self._places: dict[bool, set[str]] = {True: set(), False: set()}
        """By whether only what costs is meant."""

    def close(self, budget: Budget, unit: Unit) -> None:
        """Pass over what a budget that is reached concerns."""
        costly = unit in ("usd", "tokens")
        if budget.subject:
            self._places[costly].add(budget.subject)
        else:
            self._everywhere.add(costly)

    def searches(self, wanted: Wanted) -> Iterator[Wanted]:
        """Yield what to look for, in order, so that nothing closed is found."""
        if False in self._everywhere:
            return
        dark = self._places[False]
        if True not in self._everywhere:
            yield _but(wanted, wanted.types, dark | self._places[True])
        if True in self._everywhere or self._places[True]:
            free = tuple(each for each in wanted.types if each not in self._spending)
            if free:
                yield _but(wanted, free, dark)


def _but(wanted: Wanted, types: tuple[str, ...], places: set[str]) -> Wanted:
    return msgspec.structs.replace(wanted, types=types, but_workspaces=tuple(sorted(places)))


def ready_of(ledger: Ledger, job_ids: Iterable[str], wanted: Wanted) -> JobRow | None:
    """Return the first of jobs that nothing keeps from being claimed."""
    for job_id in job_ids:
        job = ledger.job(job_id)
        if job is not None and _is_ready(ledger, job, wanted):
            return job
    return None


def _is_ready(ledger: Ledger, job: JobRow, wanted: Wanted) -> bool:
    if job.state is not JobState.PENDING or job.managed_by != wanted.managed_by:
        return False
    if job.type not in wanted.types or job.parked:
        return False
    unmet = ledger.unmet_dependencies([job.id]).get(job.id, ())
    holder, pauses, limits = ledger.resource_holder(job), ledger.pauses(), ledger.limits()
    return not obstacles(job, ledger.states_of(unmet), holder, pauses, limits, ledger.now)
