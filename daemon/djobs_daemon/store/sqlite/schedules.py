"""Schedules: when jobs are made next, and from what. A few hundred rows at most."""

import sqlite3
from typing import Any, Final

from djobs_daemon.store.schedule_records import ScheduleDraft, ScheduleRow, Turn
from djobs_daemon.store.sqlite.rows import Naming, scalar

_ROWS: Final = """
    SELECT s.seq, s.name, w.path, s.cron, s.zone, s.missed, s.overlap, s.template, s.next_at,
        s.last_at, s.paused_at, s.created_at, (SELECT max(seq) FROM jobs WHERE schedule = s.seq)
    FROM schedules s JOIN workspaces w ON w.seq = s.workspace
"""
_ALL: Final = f"{_ROWS} ORDER BY w.path, s.name"
_DUE: Final = f"""{_ROWS}
    WHERE s.next_at IS NOT NULL AND s.paused_at IS NULL AND s.next_at <= ?
    ORDER BY s.next_at LIMIT ?
"""
_OF_JOB: Final = "SELECT name FROM schedules WHERE seq = (SELECT schedule FROM jobs WHERE seq = ?)"
_KEEP: Final = """
    INSERT INTO schedules (name, workspace, cron, zone, missed, overlap, template, next_at,
        paused_at, created_at, created_by)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (workspace, name) DO UPDATE SET
        cron = excluded.cron, zone = excluded.zone, missed = excluded.missed,
        overlap = excluded.overlap, template = excluded.template, next_at = excluded.next_at,
        paused_at = excluded.paused_at
"""
_TURN: Final = "UPDATE schedules SET next_at = ?, last_at = ?, paused_at = ? WHERE seq = ?"
_REMOVE: Final = "DELETE FROM schedules WHERE seq = ?"


def every(db: sqlite3.Connection, name: Naming) -> list[ScheduleRow]:
    """Return all schedules, by workspace and name."""
    return [_row(row, name) for row in db.execute(_ALL)]


def due(db: sqlite3.Connection, name: Naming, until: int, limit: int) -> list[ScheduleRow]:
    """Return schedules whose next time is ``until`` or earlier, the earliest first."""
    return [_row(row, name) for row in db.execute(_DUE, (until, limit))]


def of_job(db: sqlite3.Connection, job: int) -> str | None:
    """Return the name of the schedule that made a job, if it did and is still there."""
    found: str | None = scalar(db.execute(_OF_JOB, (job,)))
    return found


def keep(
    db: sqlite3.Connection, draft: ScheduleDraft, workspace: int, session: int, now: int
) -> None:
    """Store a schedule, or put it in the place of the one of its name."""
    db.execute(
        _KEEP,
        (
            draft.name,
            workspace,
            draft.cron,
            draft.zone,
            draft.missed,
            draft.overlap,
            draft.template,
            draft.next_at,
            draft.paused_at,
            now,
            session,
        ),
    )


def turn(db: sqlite3.Connection, seq: int, to: Turn) -> None:
    """Note when a schedule fires next, and fired last."""
    db.execute(_TURN, (*to, seq))


def remove(db: sqlite3.Connection, seq: int) -> None:
    """Remove a schedule; its jobs stay, and name none."""
    db.execute(_REMOVE, (seq,))


def _row(row: tuple[Any, ...], name: Naming) -> ScheduleRow:
    *values, job = row
    values.append(None if job is None else name(job))
    return ScheduleRow(*values)
