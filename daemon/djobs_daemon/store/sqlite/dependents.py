"""What the end, or the new beginning, of a job means for those that depend on it."""

import sqlite3
from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from djobs_daemon.queue.dependencies import ON_FAILURE, is_lost, is_met
from djobs_daemon.store.sqlite.rows import as_json, scalar
from djobs_protocol.states import EventKind, JobState
from djobs_protocol.values import OnFailure

_COUNT: Final = """
    UPDATE jobs SET blockers = blockers {change} 1, updated_at = ?
    WHERE seq IN (SELECT job FROM dependencies WHERE needs = ?
        AND on_failure IN (SELECT value FROM json_each(?)))
    RETURNING seq, run, state, blockers, workflow,
        (SELECT name FROM types WHERE seq = jobs.type),
        (SELECT correlation_id FROM workflows WHERE seq = jobs.workflow),
        (SELECT path FROM workspaces WHERE seq = jobs.workspace),
        managed_by
"""
_FREE: Final = _COUNT.format(change="-")
_BLOCK: Final = _COUNT.format(change="+")
_ANY: Final = "SELECT 1 FROM dependencies WHERE needs = ? LIMIT 1"
_TO_CANCEL: Final = """
    SELECT d.job FROM dependencies d JOIN jobs j ON j.seq = d.job
    WHERE d.needs = ? AND d.on_failure = 'cancel' AND j.state = 'pending'
    ORDER BY d.job
"""

Moved = tuple[EventKind, tuple[Any, ...]]
"""An event, and the dependent's row: seq, run, state, blockers, workflow, type, correlation id,
workspace, who manages it."""


def settle(
    db: sqlite3.Connection, job: int, before: JobState, after: JobState, now: int
) -> list[Moved]:
    """Count the blockers of the dependents of a job that moved.

    Returns the pending dependents that became free or blocked.
    """
    freeing, blocking = _newly_met(before, after), _newly_met(after, before)
    if not (freeing or blocking) or scalar(db.execute(_ANY, (job,))) is None:
        return []
    freed = [row for row in _recount(db, _FREE, job, freeing, now) if row[3] == 0]
    blocked = [row for row in _recount(db, _BLOCK, job, blocking, now) if row[3] == 1]
    return [(EventKind.UNBLOCKED, row) for row in freed] + [
        (EventKind.BLOCKED, row) for row in blocked
    ]


@cache
def _newly_met(before: JobState, after: JobState) -> list[OnFailure]:
    """Return the policies by which a dependency is met after a move and was not before."""
    return [each for each in ON_FAILURE if is_met(after, each) and not is_met(before, each)]


def to_cancel(db: sqlite3.Connection, job: int, after: JobState) -> list[int]:
    """Return the pending dependents that end with a job, because they asked for that."""
    if not is_lost(after):
        return []
    return [dependent for (dependent,) in db.execute(_TO_CANCEL, (job,)).fetchall()]


def _recount(
    db: sqlite3.Connection, statement: str, job: int, policies: Sequence[str], now: int
) -> list[tuple[Any, ...]]:
    if not policies:
        return []
    rows = db.execute(statement, (now, job, as_json(policies))).fetchall()
    return [row for row in rows if row[2] == JobState.PENDING.value]
