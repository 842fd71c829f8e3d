"""What budgets go by: sums of usage, what is reserved for jobs, and what was allowed above."""

import sqlite3
from collections.abc import Mapping
from typing import Final

from djobs_daemon.store.records import JobRow
from djobs_daemon.store.sqlite.rows import Naming
from djobs_daemon.store.usage_records import Allowance, Reservation, Spent

_SPENT: Final = """
    SELECT coalesce(sum(usd_micros), 0), count(*) FILTER (WHERE usd_micros IS NULL),
        coalesce(sum(tokens_in + tokens_out), 0),
        coalesce(sum(busy_ms) FILTER (WHERE provider = ''), 0),
        count(*) FILTER (WHERE provider = ''), min(at)
    FROM usage WHERE {where}
"""
_SINCE: Final = _SPENT.format(where="at >= ?")
_OF_WORKSPACE: Final = _SPENT.format(
    where="at >= ? AND workspace = (SELECT seq FROM workspaces WHERE path = ?)"
)
_OF_JOB: Final = _SPENT.format(where="job = ?")
_RESERVATIONS: Final = """
    SELECT r.job, w.path, j.state = 'running', r.scope, r.subject, r.kind, r.amount
    FROM reservations r JOIN jobs j ON j.seq = r.job JOIN workspaces w ON w.seq = j.workspace
    ORDER BY r.scope, r.subject, r.kind, r.job
"""
_DROP: Final = "DELETE FROM reservations WHERE job = ? AND scope = ?"
_ADD: Final = """
    INSERT OR REPLACE INTO reservations (job, scope, subject, kind, amount, at)
    VALUES (?, ?, ?, ?, ?, ?)
"""
_ALLOWANCES: Final = """
    SELECT budget, subject, unit, until, amount FROM allowances WHERE until > ?
    ORDER BY budget, subject, unit
"""
_ALLOW: Final = """
    INSERT INTO allowances (budget, subject, unit, until, amount, at, by)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
    ON CONFLICT (budget, subject, unit) DO UPDATE SET
        amount = excluded.amount + iif(until > ?6, amount, 0), until = excluded.until,
        at = excluded.at, by = excluded.by
"""


def since(db: sqlite3.Connection, at: int, workspace: str | None) -> Spent:
    """Return what was used from a time on; in one workspace or in all."""
    if workspace is None:
        return Spent(*db.execute(_SINCE, (at,)).fetchone())
    return Spent(*db.execute(_OF_WORKSPACE, (at, workspace)).fetchone())


def of_job(db: sqlite3.Connection, seq: int) -> Spent:
    """Return what a job has used in all its attempts."""
    return Spent(*db.execute(_OF_JOB, (seq,)).fetchone())


def reservations(db: sqlite3.Connection, name: Naming) -> list[Reservation]:
    """Return all that is set aside for jobs, and said of them."""
    rows = db.execute(_RESERVATIONS)
    return [Reservation(name(job), place, bool(runs), *rest) for job, place, runs, *rest in rows]


def reserve(
    db: sqlite3.Connection,
    job: JobRow,
    scope: str,
    amounts: Mapping[tuple[str, str], int],
    now: int,
) -> None:
    """Put amounts, by subject and unit, in the place of a job's own of a scope."""
    db.execute(_DROP, (job.seq, scope))
    rows = [(job.seq, scope, *named, amount, now) for named, amount in amounts.items()]
    db.executemany(_ADD, rows)


def allowances(db: sqlite3.Connection, now: int) -> list[Allowance]:
    """Return what was allowed above budgets, as far as it counts still."""
    return [Allowance(*row) for row in db.execute(_ALLOWANCES, (now,))]


def allow(db: sqlite3.Connection, what: Allowance, session: int, now: int) -> None:
    """Raise a budget until its period ends; what was allowed in the same period counts on."""
    db.execute(_ALLOW, (*what, now, session))
