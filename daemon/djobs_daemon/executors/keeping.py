"""How long the folders of runs that are over are kept: as long as their jobs, and there is room."""

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from djobs_daemon.store.interface import View
from djobs_protocol.states import JobState


class KeptRun(NamedTuple):
    """A run's folder."""

    run_id: str
    bytes: int
    changed_at: float
    """Seconds since the epoch."""


def job_and_generation(run_id: str) -> tuple[str, int]:
    """Return whose run it is; a name that is none of ours is nobody's."""
    job_id, _, rest = run_id.partition(".")
    generation, _, _ = rest.partition(".")  # a check's run is named by its report as well
    return (job_id, int(generation)) if generation.isdecimal() else (run_id, 0)


def removable(view: View, run_ids: Iterable[str]) -> dict[str, bool]:
    """Return the runs that are over, and whether their jobs are still there."""
    found = {}
    for run_id in run_ids:
        job_id, generation = job_and_generation(run_id)
        job = view.job(job_id)
        goes_on = job is not None and job.state is JobState.RUNNING
        if job is None or not goes_on or job.generation != generation:
            found[run_id] = job is not None
    return found


def to_remove(runs: Iterable[KeptRun], over: dict[str, bool], bytes_max: int) -> Iterator[str]:
    """Yield the runs to remove: whose jobs are gone, then the oldest until the rest has room.

    ``over`` has those that may be removed, and whether their jobs are still there. Pure.
    """
    kept = []
    for run in runs:
        if over.get(run.run_id) is False:
            yield run.run_id
        else:
            kept.append(run)
    total = sum(run.bytes for run in kept)
    for run in sorted(kept, key=lambda each: each.changed_at):
        if total <= bytes_max:
            return
        if run.run_id in over:
            total -= run.bytes
            yield run.run_id


def measured(folders: Mapping[str, str]) -> list[KeptRun]:
    """Return the size and age of each run's folder, by its id. Blocking."""
    return [_measured(folder, run_id) for run_id, folder in folders.items()]


def _measured(folder: str, run_id: str) -> KeptRun:
    """Return the size and age of a run's folder; one that is gone meanwhile is empty."""
    size, changed = 0, 0.0
    try:
        for parent, _, names in os.walk(folder):
            for name in names:
                about = os.lstat(os.path.join(parent, name))
                size += about.st_blocks * 512
                changed = max(changed, about.st_mtime)
    except FileNotFoundError:
        pass
    return KeptRun(run_id, size, changed)
