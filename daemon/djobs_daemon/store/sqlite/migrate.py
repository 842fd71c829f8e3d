"""Bring a database to the newest schema: numbered files, one transaction each, forward only.

``PRAGMA user_version`` holds the number of the last file applied and commits with it, so a death
at any statement leaves the schema before or after the file, never between (R7).
"""

import os
import sqlite3
from collections.abc import Callable
from typing import Final, NamedTuple

MIGRATIONS: Final = os.path.join(os.path.dirname(__file__), "migrations")


class Migration(NamedTuple):
    """One numbered file."""

    number: int
    sql: str


def load(folder: str = MIGRATIONS) -> list[Migration]:
    """Return the migrations of a folder in order."""
    names = sorted(name for name in os.listdir(folder) if name.endswith(".sql"))
    return [Migration(int(name.partition("_")[0]), _read(folder, name)) for name in names]


def version(db: sqlite3.Connection) -> int:
    """Return the schema version of a database."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def migrate(
    db: sqlite3.Connection, migrations: list[Migration], before: Callable[[], None]
) -> None:
    """Apply each pending migration; call ``before`` once if there is any."""
    current = version(db)
    pending = [each for each in migrations if each.number > current]
    if pending:
        before()
    for each in pending:
        apply(db, each)


def apply(db: sqlite3.Connection, migration: Migration) -> None:
    """Apply one migration in its own transaction, and its number with it."""
    number, sql = migration
    try:
        db.executescript(f"BEGIN IMMEDIATE; {sql}; PRAGMA user_version = {number}; COMMIT;")
    except sqlite3.Error:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _read(folder: str, name: str) -> str:
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        return file.read()
