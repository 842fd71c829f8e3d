"""How many jobs of a workflow are in each state, kept beside the jobs: counting costs nothing."""

import sqlite3
from collections import Counter
from typing import Final

from djobs_daemon.store.interface import JobRow
from djobs_protocol.states import JobState

BLOCKED: Final = "blocked"
"""The tally of pending jobs with unmet dependencies; the others are named by state."""

_UP: Final = """
    INSERT INTO tallies (workflow, what, jobs) VALUES (?, ?, ?)
    ON CONFLICT (workflow, what) DO UPDATE SET jobs = jobs + excluded.jobs
"""
_DOWN: Final = "UPDATE tallies SET jobs = jobs - ? WHERE workflow = ? AND what = ?"

Counts = Counter[tuple[int, str]]


def add(db: sqlite3.Connection, up: Counts, down: Counts | None = None) -> None:
    """Count up and down; keys are (workflow, what)."""
    for (workflow, what), jobs in up.items():
        if jobs:
            db.execute(_UP, (workflow, what, jobs))
    for (workflow, what), jobs in (down or {}).items():
        db.execute(_DOWN, (jobs, workflow, what))


def add_move(db: sqlite3.Connection, workflow: int, job: JobRow, state: JobState) -> None:
    """Count a job over from the state it was in to ``state``."""
    up: Counts = Counter([(workflow, state.value)])
    down: Counts = Counter([(workflow, job.state.value)])
    if job.blockers and JobState.PENDING in (job.state, state):
        (up if state is JobState.PENDING else down)[workflow, BLOCKED] += 1
    add(db, up, down)
