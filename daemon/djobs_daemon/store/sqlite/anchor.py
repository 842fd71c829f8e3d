"""Where the kept history begins: at its first event, or where a purge cut it off."""

import sqlite3
from typing import Final

from djobs_daemon.store.sqlite.chain import first_hash
from djobs_daemon.store.sqlite.rows import scalar

JOBS_GIVEN: Final = "jobs_given"
"""In ``meta``: the highest number that a database which this one replaced had given to a job."""

_META: Final = "SELECT value FROM meta WHERE name = ?"


def jobs_cut(db: sqlite3.Connection) -> int:
    """Return the highest number of a job that the part that was cut off knew of; 0 for none."""
    return int(scalar(db.execute(_META, ("jobs_cut",))) or 0)


def chain_start(db: sqlite3.Connection) -> tuple[int, bytes]:
    """Return the number of the first event that is kept, and the hash that stands before it."""
    first = scalar(db.execute(_META, ("first_event",)))
    if first is None:
        return 1, first_hash(scalar(db.execute(_META, ("uuid",))) or "")
    return int(first), bytes.fromhex(scalar(db.execute(_META, ("hash_before",))))


def jobs_given_before(db: sqlite3.Connection) -> int:
    """Return the highest number given to a job by databases that this one replaced, 0 for none."""
    return int(scalar(db.execute(_META, (JOBS_GIVEN,))) or 0)
