"""The database beside the daemon, as another program would open it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a database in autocommit mode; it waits one second for a lock, and fails then."""
    with closing(sqlite3.connect(path, isolation_level=None, timeout=1)) as db:
        yield db


@contextmanager
def write_lock_held(path: Path) -> Iterator[None]:
    """Keep every writer out; the daemon's own waits up to 2 s."""
    with opened(path) as db:
        db.execute("BEGIN IMMEDIATE")
        yield
        db.execute("ROLLBACK")


def newer(path: Path) -> None:
    """Make a database one of a djobs that is not written yet."""
    with opened(path) as db:
        db.execute("PRAGMA user_version = 999")


def foreign(path: Path) -> None:
    """Put another program's database in the place of ours."""
    path.unlink()
    with opened(path) as db:
        db.execute("CREATE TABLE notes (text)")
