"""Jobs that do not get on by themselves. Asked by watchdogs, beside the other reads."""

import sqlite3
from collections.abc import Iterator
from typing import Any, Final

from djobs_daemon.store.sqlite.claims_view import READY
from djobs_daemon.store.sqlite.rows import UNMET, scalar

_WORKFLOW: Final = "SELECT seq FROM workflows WHERE correlation_id = ?"
_NEXT_LANE: Final = f"""
    SELECT managed_by, {{column}}, type, priority FROM jobs
    WHERE {READY} AND (managed_by, {{column}}, type, priority) >= (?, ?, ?, ?)
    ORDER BY managed_by, {{column}}, type, priority LIMIT 1
"""
"""Each lane of the index by one seek: within it jobs stand by number, the oldest first.

At least the next priority, not above the last: for > SQLite seeks to the first row that is equal,
and then walks through the lane.
"""
_LANE: Final = f"""
    SELECT seq, created_at, updated_at FROM jobs
    WHERE {READY} AND managed_by = ? AND {{column}} = ? AND type = ? AND priority = ?
    ORDER BY seq
"""
_OVERDUE: Final = """
    SELECT seq FROM jobs WHERE {waits} AND run_at < ?1 AND (?2 IS NULL OR workflow = ?2)
    ORDER BY run_at LIMIT ?3
"""
_WAITS: Final = ("state = 'retry_scheduled'", "state = 'pending' AND due = 0")
_LOST: Final = f"""
    SELECT j.seq, n.seq, n.state
    FROM tallies t
    CROSS JOIN jobs j ON j.workflow = t.workflow
        AND j.state IN ('pending', 'running', 'retry_scheduled')
    CROSS JOIN dependencies d ON d.job = j.seq
    JOIN jobs n ON n.seq = d.needs
    WHERE t.what = 'blocked' AND t.jobs > 0 AND (?1 IS NULL OR t.workflow = ?1)
        AND j.state = 'pending' AND j.blockers > 0 AND {UNMET}
        AND n.state IN ('failed', 'dead_lettered', 'cancelled', 'stopped')
"""
"""CROSS JOIN keeps the order: from workflows where anything is blocked to their open jobs."""


def unclaimed(
    db: sqlite3.Connection, before: int, correlation_id: str | None, limit: int
) -> list[int]:
    """Return jobs that were ready before a time and are still, the longest first."""
    found: list[tuple[int, int]] = []
    for column, lane in _lanes(db, correlation_id):
        taken = 0
        for seq, created_at, updated_at in db.execute(_LANE.format(column=column), lane):
            if created_at > before or taken == limit:
                break
            if updated_at <= before:
                found.append((updated_at, seq))
                taken += 1
    return [seq for _, seq in sorted(found)[:limit]]


def _lanes(
    db: sqlite3.Connection, correlation_id: str | None
) -> Iterator[tuple[str, tuple[Any, ...]]]:
    if correlation_id is None:
        column, only = "workspace", None
    else:
        column, only = "workflow", scalar(db.execute(_WORKFLOW, (correlation_id,))) or -1
    statement = _NEXT_LANE.format(column=column)
    for manager in ("agent", "executor", "worker"):
        lane: tuple[Any, ...] = (manager, only or 0, 0, 0)
        while (row := db.execute(statement, lane).fetchone()) is not None:
            if row[0] != manager or only not in (None, row[1]):
                break
            yield column, row
            lane = (*row[:3], row[3] + 1)


def overdue(
    db: sqlite3.Connection, before: int, correlation_id: str | None, limit: int
) -> list[int]:
    """Return scheduled and backing-off jobs whose time came before that one."""
    workflow = _number(db, correlation_id)
    return [
        seq
        for waits in _WAITS
        for (seq,) in db.execute(_OVERDUE.format(waits=waits), (before, workflow, limit))
    ][:limit]


def lost(
    db: sqlite3.Connection, correlation_id: str | None, limit: int
) -> list[tuple[int, int, str]]:
    """Return pending jobs with one that they need and that ended without success, and how."""
    found: dict[int, tuple[int, int, str]] = {}
    for row in db.execute(_LOST, (_number(db, correlation_id),)):
        found.setdefault(row[0], row)
        if len(found) == limit:
            break
    return [*found.values()]


def _number(db: sqlite3.Connection, correlation_id: str | None) -> int | None:
    """Return the number of a workflow, None for all; one that is unknown has none."""
    if correlation_id is None:
        return None
    return scalar(db.execute(_WORKFLOW, (correlation_id,))) or -1
