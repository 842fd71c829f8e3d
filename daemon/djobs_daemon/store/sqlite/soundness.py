"""Looking for damage in a database that is being served."""

import sqlite3

from djobs_daemon.store.sqlite.database import damage_in, is_large
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
