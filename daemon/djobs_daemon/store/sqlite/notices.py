"""Who was told what, when, and how long that has to be remembered."""

import sqlite3
from typing import Any, Final

from djobs_daemon.store.sqlite.book import Book
from djobs_daemon.store.sqlite.cursors import parse_cursor
from djobs_daemon.store.sqlite.rows import scalar
from djobs_daemon.store.upkeep_records import DeliveryRow, Notice

FORGET_ROWS: Final = 2000

_COLUMNS: Final = "SELECT kind, key, recipient, times, first_at, last_at FROM deliveries"
_ONE: Final = f"{_COLUMNS} WHERE kind = ? AND key = ? AND recipient = ?"
_LAST: Final = "SELECT max(last_at) FROM deliveries WHERE kind = ? AND recipient = ?"
_NEWEST: Final = f"{_COLUMNS} WHERE last_at <= ? ORDER BY last_at DESC LIMIT ? OFFSET ?"
_NOTE: Final = """
    INSERT INTO deliveries (kind, key, recipient, first_at, last_at, quiet_until)
    VALUES (?1, ?2, ?3, ?4, ?4, ?5)
    ON CONFLICT (kind, key, recipient) DO UPDATE SET
        times = times + 1, last_at = excluded.last_at, quiet_until = excluded.quiet_until
"""
_FORGET: Final = """
    DELETE FROM deliveries WHERE (kind, key, recipient) IN (
        SELECT kind, key, recipient FROM deliveries WHERE quiet_until <= ? LIMIT ?)
"""


def delivery(db: sqlite3.Connection, notice: Notice) -> DeliveryRow | None:
    """Return how often, and when, a notice was given."""
    row = db.execute(_ONE, notice).fetchone()
    return None if row is None else _row(row)


def last(db: sqlite3.Connection, kind: str, recipient: str) -> int | None:
    """Return when a recipient was given a notice of a kind last."""
    found: int | None = scalar(db.execute(_LAST, (kind, recipient)))
    return found


def newest(
    db: sqlite3.Connection, limit: int, cursor: str | None
) -> tuple[list[DeliveryRow], str | None]:
    """Return a page of the notices that were given, the latest first.

    The cursor is a time, and how many of that time were shown: many may be given at once.
    """
    at, shown = parse_cursor(cursor, 2) or (2**62, 0)
    rows = [_row(row) for row in db.execute(_NEWEST, (at, limit + 1, shown))]
    page = rows[:limit]
    if len(rows) <= limit:
        return page, None
    before = page[-1].last_at
    same = sum(row.last_at == before for row in page)
    return page, f"{before}.{same + shown if before == at else same}"


def note(db: sqlite3.Connection, notice: Notice, now: int, quiet_until: int | None) -> None:
    """Note that a notice is given now."""
    db.execute(_NOTE, (*notice, now, quiet_until))


class Forget:
    """Steps of forgetting notices that nobody has to remember any more."""

    def __init__(self, now: int) -> None:
        self._now = now
        self.more = True

    def __call__(self, book: Book) -> None:
        """Forget up to ``FORGET_ROWS`` of them."""
        self.more = book.db.execute(_FORGET, (self._now, FORGET_ROWS)).rowcount == FORGET_ROWS


def _row(row: tuple[Any, ...]) -> DeliveryRow:
    return DeliveryRow(Notice(*row[:3]), *row[3:])
