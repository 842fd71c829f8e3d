"""Looking for damage in a database that is being served."""

import sqlite3

from djobs_daemon.store.sqlite.database import damage_in
from djobs_daemon.store.sqlite.faults import explain
from djobs_daemon.store.sqlite.threads import ThreadedConnection
from djobs_protocol.errors import DjobsError, ErrorCode


def find_damage(checker: ThreadedConnection, path: str) -> DjobsError | None:
    """Read through the database; on its thread."""
    try:
        return damage_in(checker.plain, path)
    except sqlite3.Error as error:
        fault = explain(error, path)
        if fault.code is ErrorCode.DB_CORRUPT:
            return fault
        raise fault from error
