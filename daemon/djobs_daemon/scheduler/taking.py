"""Which job a claim takes: the same for agents, workers and the daemon's own executors."""

from typing import Final

from djobs_daemon.queue.limits import reached_by
from djobs_daemon.store.interface import Ledger
from djobs_daemon.store.records import JobRow, Wanted

PARKED_MAX: Final = 256
"""Jobs one attempt puts out of the way because their resource is held; then others get the turn."""


def find_next(ledger: Ledger, wanted: Wanted) -> tuple[JobRow | None, bool]:
    """Return the job to take, and whether all were looked at that come before."""
    for _ in range(PARKED_MAX):
        job = ledger.next_ready(wanted)
        if job is None or not _waits_for_a_resource(ledger, job):
            return job, True
        ledger.park(job)
    return None, False


def _waits_for_a_resource(ledger: Ledger, job: JobRow) -> bool:
    if job.resource_key is None:
        return False
    return ledger.resource_holder(job) is not None or any(
        limit.scope == "resource" for limit in reached_by(job, ledger.limits(), ledger.now)
    )
