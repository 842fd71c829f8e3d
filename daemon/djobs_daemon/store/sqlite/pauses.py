"""What is paused as a whole: everything, a workspace, a type. A few rows at most."""

import sqlite3
from typing import Final

from djobs_daemon.store.records import PauseRow
from djobs_daemon.store.sqlite.rows import scalar

_ALL: Final = """
    SELECT p.scope, p.subject, p.at, s.id, p.reason FROM pauses p JOIN sessions s ON s.seq = p.by
    ORDER BY p.scope, p.subject
"""
_PAUSE: Final = """
    INSERT INTO pauses (scope, subject, at, by, reason) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (scope, subject) DO UPDATE SET reason = excluded.reason
    WHERE excluded.reason IS NOT NULL
"""
_RESUME: Final = "DELETE FROM pauses WHERE scope = ? AND subject = ?"
_EVERYTHING: Final = "SELECT 1 FROM pauses WHERE scope = 'everything'"
_TYPES: Final = """
    SELECT t.seq FROM pauses p JOIN types t ON t.name = p.subject WHERE p.scope = 'type'
"""
_WORKSPACES: Final = """
    SELECT w.seq FROM pauses p JOIN workspaces w ON w.path = p.subject WHERE p.scope = 'workspace'
"""


def paused(db: sqlite3.Connection) -> tuple[bool, frozenset[int], frozenset[int]]:
    """Return whether everything is paused, and which types and workspaces are, by number."""
    return (
        scalar(db.execute(_EVERYTHING)) is not None,
        frozenset(seq for (seq,) in db.execute(_TYPES)),
        frozenset(seq for (seq,) in db.execute(_WORKSPACES)),
    )


def rows(db: sqlite3.Connection) -> list[PauseRow]:
    """Return every pause."""
    return [PauseRow(*row) for row in db.execute(_ALL)]


def pause(
    db: sqlite3.Connection, scope: str, subject: str, reason: str | None, session: int, now: int
) -> None:
    """Pause; what is paused already stays so since then, with a new reason if there is one."""
    db.execute(_PAUSE, (scope, subject, now, session, reason))


def resume(db: sqlite3.Connection, scope: str, subject: str) -> bool:
    """End a pause; say whether there was one."""
    return db.execute(_RESUME, (scope, subject)).rowcount == 1
