"""Leases and other moments that come by themselves: what is held, and what is due when."""

import sqlite3
from collections.abc import Sequence
from typing import Final

from djobs_daemon.store.records import Actor, Deadlines, HeldJob, JobRow
from djobs_daemon.store.sqlite import limits
from djobs_daemon.store.sqlite.rows import JOBS, Naming, job_rows

_HELD: Final = """
    SELECT j.seq, s.id, coalesce(j.lease_expires_at, 0), coalesce(j.held_ms, j.lease_ms),
        j.managed_by, j.attempt, j.max_attempts, j.offered_in IS NOT NULL
    FROM jobs j JOIN sessions s ON s.seq = j.holder
    WHERE j.state = 'running' AND
"""
_OF_SESSION: Final = f"{_HELD} j.holder = (SELECT seq FROM sessions WHERE id = ?)"
_LAPSING: Final = f"{_HELD} j.lease_expires_at <= ? ORDER BY j.lease_expires_at LIMIT ?"
_OFFERED: Final = """
    SELECT seq FROM jobs WHERE offered_in IS NOT NULL AND managed_by IN ('agent', 'worker')
"""
_HOLDERS: Final = """
    SELECT id, kind, agent, workspace, client, pid, process_start, boot, pid_namespace
    FROM sessions WHERE seq IN (
        SELECT holder FROM jobs WHERE state = 'running' AND lease_expires_at > 0)
"""
_DEADLINES: Final = """
    SELECT
        (SELECT min(lease_expires_at) FROM jobs WHERE state = 'running'),
        (SELECT min(run_at) FROM jobs WHERE state = 'retry_scheduled'),
        (SELECT min(run_at) FROM jobs WHERE state = 'pending' AND due = 0),
        (SELECT min(next_at) FROM schedules WHERE next_at IS NOT NULL AND paused_at IS NULL)
"""
_RETRY_DUE: Final = f"""{JOBS}
    WHERE j.state = 'retry_scheduled' AND j.run_at <= ? ORDER BY j.run_at LIMIT ?
"""
_UNDUE: Final = f"""{JOBS}
    WHERE j.state = 'pending' AND j.due = 0 AND j.run_at <= ? ORDER BY j.run_at LIMIT ?
"""


def of_session(db: sqlite3.Connection, name: Naming, session: str) -> Sequence[HeldJob]:
    """Return the jobs whose lease a session holds."""
    return _held(db.execute(_OF_SESSION, (session,)), name)


def offered(db: sqlite3.Connection, name: Naming) -> Sequence[str]:
    """Return the jobs of agents and workers whose report of success is being checked."""
    return [name(seq) for (seq,) in db.execute(_OFFERED)]


def holders(db: sqlite3.Connection) -> Sequence[Actor]:
    """Return every session that holds a running job."""
    return [Actor(*row) for row in db.execute(_HOLDERS)]


def lapsing(db: sqlite3.Connection, name: Naming, until: int, limit: int) -> Sequence[HeldJob]:
    """Return running jobs whose lease ends at ``until`` or earlier, the earliest first."""
    return _held(db.execute(_LAPSING, (until, limit)), name)


def deadlines(db: sqlite3.Connection) -> Deadlines:
    """Return when something happens by itself next."""
    lease, retry, run_at, schedule = db.execute(_DEADLINES).fetchone()
    return Deadlines(lease, retry, run_at, limits.openings(db), schedule)


def to_retry(db: sqlite3.Connection, name: Naming, until: int, limit: int) -> list[JobRow]:
    """Return jobs whose back-off has passed."""
    return job_rows(db.execute(_RETRY_DUE, (until, limit)), name)


def coming_due(db: sqlite3.Connection, name: Naming, until: int, limit: int) -> list[JobRow]:
    """Return scheduled jobs whose time has come."""
    return job_rows(db.execute(_UNDUE, (until, limit)), name)


def _held(rows: sqlite3.Cursor, name: Naming) -> list[HeldJob]:
    return [HeldJob(name(seq), *rest) for seq, *rest in rows]
