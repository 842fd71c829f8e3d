"""Limits: the few rows there are, and what counts under each.

A claim looks at none of this while there is no limit (``gates``). How many jobs run is counted over
the running ones, however many wait.
"""

import sqlite3
from collections.abc import Sequence
from typing import Final

from djobs_daemon.store.records import Bounds, JobRow, LimitRow

PLACE: Final = (
    "CASE l.place WHEN '' THEN 0 ELSE (SELECT seq FROM workspaces WHERE path = l.place) END"
)
"""The ``resource_scope`` of the jobs whose resource a limit is about."""
_OLDEST_START: Final = """
    (SELECT b.at FROM limit_starts b WHERE b.limited = l.seq AND b.number =
        (SELECT max(n.number) FROM limit_starts n WHERE n.limited = l.seq) - l.starts + 1)
"""
_RUNNING: Final = "SELECT count(*) FROM jobs WHERE state = 'running' AND"
_ALL: Final = f"""
    SELECT l.scope, l.subject, l.place, l.running, l.starts, l.window_ms, l.changed_at, s.id,
        CASE l.scope
            WHEN 'type' THEN ({_RUNNING} holder > 0
                AND type = (SELECT seq FROM types WHERE name = l.subject))
            WHEN 'workspace' THEN ({_RUNNING} holder > 0
                AND workspace = (SELECT seq FROM workspaces WHERE path = l.subject))
            ELSE ({_RUNNING} resource_key IS NOT NULL
                AND resource_scope = {PLACE} AND resource_key = l.subject)
        END,
        {_OLDEST_START}
    FROM limits l JOIN sessions s ON s.seq = l.changed_by
    ORDER BY l.scope, l.subject, l.place
"""
_OPENINGS: Final = f"""
    SELECT {_OLDEST_START} + l.window_ms AS opens FROM limits l
    WHERE l.starts IS NOT NULL AND opens IS NOT NULL
"""
_SET: Final = """
    INSERT INTO limits (scope, subject, place, running, starts, window_ms, changed_at, changed_by)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (scope, subject, place) DO UPDATE SET running = excluded.running,
        starts = excluded.starts, window_ms = excluded.window_ms,
        changed_at = excluded.changed_at, changed_by = excluded.changed_by
"""
_CLEAR: Final = "DELETE FROM limits WHERE scope = ? AND subject = ? AND place = ?"
_CONCERNING: Final = """
    SELECT l.seq, l.starts,
        (SELECT max(number) FROM limit_starts WHERE limited = l.seq)
    FROM limits l
    WHERE l.starts IS NOT NULL AND (l.scope, l.subject, l.place) IN
        (VALUES ('type', ?1, ''), ('workspace', ?2, ''), ('resource', ?3, ?4))
"""
_NOTE: Final = "INSERT INTO limit_starts (limited, number, at) VALUES (?, ?, ?)"
_FORGET: Final = "DELETE FROM limit_starts WHERE limited = ? AND number <= ?"
_NOT_IN_THE_FUTURE: Final = "UPDATE limit_starts SET at = ?1 WHERE at > ?1"


def rows(db: sqlite3.Connection) -> list[LimitRow]:
    """Return every limit, and how it stands."""
    return [LimitRow(*row) for row in db.execute(_ALL)]


def openings(db: sqlite3.Connection) -> tuple[int, ...]:
    """Return when each rate lets the next job start, of those that have as many starts."""
    return tuple(opens for (opens,) in db.execute(_OPENINGS))


def put(
    db: sqlite3.Connection, what: Sequence[str], bounds: Bounds, session: int, now: int
) -> None:
    """Limit something, or limit it anew; starts that were counted count on."""
    db.execute(_SET, (*what, *bounds, now, session))


def clear(db: sqlite3.Connection, what: Sequence[str]) -> bool:
    """End a limit; say whether there was one."""
    return db.execute(_CLEAR, (*what,)).rowcount == 1


def note_start(db: sqlite3.Connection, job: JobRow, now: int) -> None:
    """Count the start of a job under every rate that concerns it."""
    place = "" if job.resource_everywhere else job.workspace
    names = (job.type, job.workspace, job.resource_key, place)
    for limited, starts, newest in db.execute(_CONCERNING, names).fetchall():
        number = (newest or 0) + 1
        db.execute(_NOTE, (limited, number, now))
        db.execute(_FORGET, (limited, number - starts))


def bring_to_now(db: sqlite3.Connection, now: int) -> None:
    """Move starts that lie in the future to now: the clock was set back."""
    db.execute(_NOT_IN_THE_FUTURE, (now,))
