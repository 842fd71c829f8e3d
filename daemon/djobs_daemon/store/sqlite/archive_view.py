"""Archived jobs, and those that may be."""

import sqlite3
from collections.abc import Sequence
from typing import Final

from djobs_daemon.store.sqlite.rows import Naming, as_json, scalar
from djobs_protocol.states import TERMINAL_STATES, JobState

_ENDED: Final = """
    SELECT seq FROM jobs
    WHERE workflow = (SELECT seq FROM workflows WHERE correlation_id = ?) AND archived_at IS NULL
        AND state IN (SELECT value FROM json_each(?))
    LIMIT ?
"""
_ARCHIVED: Final = """
    SELECT seq FROM jobs
    WHERE workflow = (SELECT seq FROM workflows WHERE correlation_id = ?)
        AND archived_at IS NOT NULL
    LIMIT ?
"""
_COUNT: Final = "SELECT sum(jobs) FROM tallies WHERE what = 'archived'"


def ended(
    db: sqlite3.Connection,
    name: Naming,
    correlation_id: str,
    states: Sequence[JobState],
    limit: int,
) -> list[str]:
    """Return ended jobs of a workflow that are not archived, in those states."""
    wanted = as_json([state.value for state in states if state in TERMINAL_STATES])
    return [name(seq) for (seq,) in db.execute(_ENDED, (correlation_id, wanted, limit))]


def archived(db: sqlite3.Connection, name: Naming, correlation_id: str, limit: int) -> list[str]:
    """Return archived jobs of a workflow."""
    return [name(seq) for (seq,) in db.execute(_ARCHIVED, (correlation_id, limit))]


def count(db: sqlite3.Connection) -> int:
    """Count the archived jobs of all workflows."""
    return scalar(db.execute(_COUNT)) or 0
