"""What runs, what waits, what ended: asked by whoever looks in, beside the other reads."""

import sqlite3
from typing import Final

from djobs_daemon.store.overview_records import WaitingGroup
from djobs_daemon.store.sqlite.rows import STATES, Naming, scalar
from djobs_protocol.states import JobState

_RUNNING: Final = """
    SELECT seq FROM jobs WHERE state = 'running' AND holder > 0 ORDER BY started_at, seq LIMIT ?
"""
"""Who runs has a holder, whose index this is."""
_WAITING: Final = """
    SELECT min(w.seq), count(*), min(w.run_at)
    FROM (
        SELECT j.seq, j.type, j.workspace, j.managed_by, j.blockers > 0 AS blocked, j.due, j.parked,
            j.paused_at IS NOT NULL AS paused, j.run_at
        FROM tallies t
        CROSS JOIN jobs j ON j.workflow = t.workflow
            AND j.state IN ('pending', 'running', 'retry_scheduled')
        WHERE t.what = 'pending' AND t.jobs > 0 AND j.state = 'pending'
        LIMIT :looked_at
    ) w
    GROUP BY w.type, w.workspace, w.managed_by, w.blocked, w.due, w.parked, w.paused
    ORDER BY 2 DESC, 1 LIMIT :groups
"""
"""CROSS JOIN keeps the order: from workflows where anything waits to their open jobs."""
_TO_RETRY: Final = """
    SELECT seq, run_at FROM jobs WHERE state = 'retry_scheduled' AND run_at >= 0
    ORDER BY run_at LIMIT 1
"""
_COUNT_TO_RETRY: Final = "SELECT sum(jobs) FROM tallies WHERE what = 'retry_scheduled'"
_ENDED: Final = """
    SELECT state, count(*) FROM jobs WHERE finished_at >= ? AND archived_at IS NULL GROUP BY state
"""
_FAILED: Final = """
    SELECT seq FROM jobs
    WHERE finished_at >= ? AND state IN ('failed', 'dead_lettered') AND archived_at IS NULL
    ORDER BY finished_at DESC LIMIT ?
"""


def running(db: sqlite3.Connection, limit: int) -> list[int]:
    """Return running jobs, the longest first."""
    return [seq for (seq,) in db.execute(_RUNNING, (limit,))]


def waiting(
    db: sqlite3.Connection, name: Naming, looked_at: int, groups: int
) -> list[WaitingGroup]:
    """Return the jobs that wait, in groups of those that may well wait for the same."""
    bounds = {"looked_at": looked_at, "groups": groups}
    found = [WaitingGroup(name(seq), *rest) for seq, *rest in db.execute(_WAITING, bounds)]
    first = db.execute(_TO_RETRY).fetchone()
    if first is not None:
        found.append(WaitingGroup(name(first[0]), scalar(db.execute(_COUNT_TO_RETRY)), first[1]))
    return found


def ended(db: sqlite3.Connection, since: int) -> dict[JobState, int]:
    """Return how many jobs ended since a time, and how; archived ones left out."""
    return {STATES[state]: count for state, count in db.execute(_ENDED, (since,))}


def failed(db: sqlite3.Connection, since: int, limit: int) -> list[int]:
    """Return jobs that failed since a time and are still ended so, the latest first."""
    return [seq for (seq,) in db.execute(_FAILED, (since, limit))]
