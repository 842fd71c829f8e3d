"""One decision about many jobs, as many as one request may move."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from djobs_daemon.rpc.handlers.jobs import existing
from djobs_daemon.store.interface import Ledger
from djobs_daemon.store.records import JobRow
from djobs_protocol.limits import BATCH_JOBS_MAX
from djobs_protocol.states import EventKind

LOOK_FOR = BATCH_JOBS_MAX + 1
"""One more than is moved, which tells whether there are more."""


class Batch(NamedTuple):
    """What became of the jobs, by id."""

    moved: list[str]
    left: list[str]
    more: bool


def move_all(
    ledger: Ledger,
    job_ids: Sequence[str],
    is_left: Callable[[JobRow], bool],
    event: EventKind,
    note: str | None,
    **changes: Any,
) -> Batch:
    """Move each of up to ``LOOK_FOR`` jobs but the last of those, and those that are left."""
    batch = Batch([], [], more=len(job_ids) > BATCH_JOBS_MAX)
    for job_id in job_ids[:BATCH_JOBS_MAX]:
        job = existing(ledger, job_id)  # as the moves of those before it left it
        if is_left(job):
            batch.left.append(job_id)
        else:
            ledger.move(job, event, note, **changes)
            batch.moved.append(job_id)
    return batch
