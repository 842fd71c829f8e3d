"""Housekeeping on the writer's thread: what is due once a day, and at the end."""

import logging
import sqlite3
from itertools import takewhile
from typing import Final, Protocol, TypeAlias

from djobs_daemon.store.sqlite.book import Book
from djobs_daemon.store.sqlite.rows import scalar

ANSWER_KEPT_MS: Final = 24 * 3600 * 1000
"""How long a session may be away and still get the answers it missed, unless told otherwise."""
PRUNE_ROWS: Final = 2000
CUT_EVENTS: Final = 2000
VACUUM_PAGES_MAX: Final = 4096
"""Pages given back in one go: 16 MB."""

Position: TypeAlias = tuple[int, str]
START: Final[Position] = (0, "")

_log: Final = logging.getLogger(__name__)

_FORGET: Final = "DELETE FROM requests WHERE session = (SELECT seq FROM sessions WHERE id = ?)"
_STEP: Final = """
    SELECT session, number FROM requests WHERE (session, number) > (?, ?)
    ORDER BY session, number LIMIT 1 OFFSET ?
"""
_PRUNE_TO: Final = """
    DELETE FROM requests WHERE (session, number) > (?, ?) AND (session, number) <= (?, ?) AND at < ?
"""
_PRUNE_REST: Final = "DELETE FROM requests WHERE (session, number) > (?, ?) AND at < ?"

_FIRST_NEEDED: Final = "SELECT min(seq) FROM events WHERE job = (SELECT min(seq) FROM jobs)"
_OLDEST: Final = "SELECT seq, at, hash, job FROM events WHERE seq < ? ORDER BY seq LIMIT ?"
_CUT_JOBS: Final = "SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'jobs_cut'"
_NOTE: Final = """
    INSERT INTO meta (name, value) VALUES (?, ?)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value
"""
_CUT_TEXTS: Final = "DELETE FROM texts WHERE event <= ?"
_CUT: Final = "DELETE FROM events WHERE seq <= ?"


def forget_session(session: str, book: Book) -> None:
    """Drop the kept answers of a session."""
    book.db.execute(_FORGET, (session,))


class Step(Protocol):
    """Work that is done in parts: called again while there is ``more``."""

    more: bool

    def __call__(self, book: Book) -> None:
        """Do a part of it."""


class Prune:
    """One step of dropping old answers: short, so that writers are not held up."""

    def __init__(self, before: int, after: Position) -> None:
        self._before = before
        self._after = after
        self.reached: Position | None = None
        """Where the next step begins; None at the end."""

    def __call__(self, book: Book) -> None:
        """Look at the next ``PRUNE_ROWS`` answers and drop those from before the given time."""
        self.reached = book.db.execute(_STEP, (*self._after, PRUNE_ROWS)).fetchone()
        if self.reached is None:
            book.db.execute(_PRUNE_REST, (*self._after, self._before))
        else:
            book.db.execute(_PRUNE_TO, (*self._after, *self.reached, self._before))


class CutHistory:
    """Steps of forgetting the oldest events: never those of a job that is still stored.

    A job's events follow its number, so none of a stored job stands before the first of the
    lowest number. What stands before the cut is kept as a hash: the rest still proves itself.
    """

    def __init__(self, before: int) -> None:
        self._before = before
        self.removed = 0
        self.more = True

    def __call__(self, book: Book) -> None:
        """Remove up to ``CUT_EVENTS`` events from before the given time."""
        db = book.db
        needed = scalar(db.execute(_FIRST_NEEDED))
        end = book.next_event if needed is None else needed
        oldest = db.execute(_OLDEST, (end, CUT_EVENTS)).fetchall()
        old = [*takewhile(lambda event: event[1] < self._before, oldest)]
        self.removed += len(old)
        self.more = len(old) == CUT_EVENTS
        if old:
            last, _, head, _ = old[-1]
            jobs = max(scalar(db.execute(_CUT_JOBS)) or 0, *(event[3] for event in old))
            cut = {"first_event": last + 1, "hash_before": head.hex(), "jobs_cut": jobs}
            db.executemany(_NOTE, [(name, str(value)) for name, value in cut.items()])
            db.execute(_CUT_TEXTS, (last,))
            db.execute(_CUT, (last,))


def tidy(db: sqlite3.Connection) -> bool:
    """Give free pages back; say whether the file has its new size already.

    No ``PRAGMA optimize``: statistics of a young file mislead the planner for an old one, while the
    plans without any are pinned by tests.
    """
    # Frees one page per step, and only a script is stepped to its end: there are no rows to fetch.
    db.executescript(f"PRAGMA incremental_vacuum({VACUUM_PAGES_MAX})")
    busy = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    # A checkpoint that readers kept from finishing shrinks the file later.
    return not busy


def finish(db: sqlite3.Connection) -> None:
    """Fold the WAL into the database before closing."""
    try:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.Error as error:
        _log.warning("the last checkpoint failed; the WAL keeps the data", exc_info=error)
