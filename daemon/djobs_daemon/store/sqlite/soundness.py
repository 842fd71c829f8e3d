"""Looking for damage in a database that is being served, and leaving a damaged one as it is."""

import sqlite3
from contextlib import suppress

from djobs_daemon.store.sqlite.database import connect, damage_in, is_large
from djobs_daemon.store.sqlite.faults import explain
from djobs_daemon.store.sqlite.threads import ThreadedConnection
from djobs_protocol.errors import DjobsError, ErrorCode


def find_damage(checker: ThreadedConnection, path: str) -> DjobsError | None:
    """Read through a file that was too large to be read when it was opened; on its thread."""
    if not is_large(path):
        return None
    try:
        return damage_in(checker.plain, path)
    except sqlite3.Error as error:
        fault = explain(error, path)
        if fault.code is ErrorCode.DB_CORRUPT:
            return fault
        raise fault from error


def preserve(writer: sqlite3.Connection, path: str) -> sqlite3.Connection:
    """Keep the WAL from being folded into a damaged file; on the writer's thread.

    Returns a connection that only has to stay open: SQLite folds when the last one is closed, and
    one that may not write never does.
    """
    writer.execute("PRAGMA wal_autocheckpoint = 0")
    last = connect(path, "ro")
    with suppress(sqlite3.Error):  # it takes its lock even when what it reads is damaged
        last.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    return last
