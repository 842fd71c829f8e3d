"""What work cost: rows of the table ``usage``."""

import sqlite3
from collections.abc import Sequence
from typing import Final

from djobs_daemon.store.records import JobRow
from djobs_daemon.store.sqlite.rows import scalar
from djobs_daemon.store.usage_records import UsageRow, UsageSum

_NOTE: Final = """
    INSERT INTO usage (job, run, at, workspace, provider, model, tokens_in, tokens_out,
        tokens_cached, busy_ms, usd_micros)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_SUMS: Final = """
    SELECT provider, model, count(DISTINCT job), sum(tokens_in), sum(tokens_out),
        sum(tokens_cached), coalesce(sum(usd_micros), 0), sum(usd_micros IS NULL)
    FROM usage WHERE {where} AND provider <> '' GROUP BY provider, model ORDER BY 7 DESC, 4 DESC
"""
_OF_JOB: Final = _SUMS.format(where="job = ?")
_SINCE: Final = _SUMS.format(where="at >= ?")
_OF_WORKSPACE_SINCE: Final = _SUMS.format(where="workspace = ? AND at >= ?")
_WORKSPACE: Final = "SELECT seq FROM workspaces WHERE path = ?"


def note(
    db: sqlite3.Connection, job: JobRow, workspace: int, rows: Sequence[UsageRow], now: int
) -> None:
    """Add what an attempt of a job cost."""
    db.executemany(_NOTE, [(job.seq, job.run, now, workspace, *row) for row in rows])


def of_job(db: sqlite3.Connection, seq: int) -> list[UsageSum]:
    """Return what a job has cost in all its attempts, by model."""
    return [UsageSum(*row) for row in db.execute(_OF_JOB, (seq,))]


def since(db: sqlite3.Connection, at: int, workspace: str | None) -> list[UsageSum]:
    """Return what was spent from a time on, by model; in one workspace or in all."""
    if workspace is None:
        return [UsageSum(*row) for row in db.execute(_SINCE, (at,))]
    place = scalar(db.execute(_WORKSPACE, (workspace,)))
    return [UsageSum(*row) for row in db.execute(_OF_WORKSPACE_SINCE, (place, at))]
