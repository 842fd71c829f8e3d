"""One decision about many jobs, as many as one request may move."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from djobs_daemon.rpc.handlers.jobs import existing
from djobs_daemon.store.interface import Ledger
from djobs_daemon.store.records import JobRow
from djobs_protocol.states import EventKind


class Batch(NamedTuple):
    """What became of the jobs, by id."""

    moved: list[str]
    left: list[str]


def move_all(
    ledger: Ledger,
    job_ids: Sequence[str],
    is_left: Callable[[JobRow], bool],
    event: EventKind,
    note: str | None,
    **changes: Any,
) -> Batch:
    """Move each of the jobs but those that are left."""
    batch = Batch([], [])
    for job_id in job_ids:
        job = existing(ledger, job_id)  # as the moves of those before it left it
        if is_left(job):
            batch.left.append(job_id)
        else:
            ledger.move(job, event, note, **changes)
            batch.moved.append(job_id)
    return batch
