"""Check a database file that no daemon serves, whatever is wrong with it."""

import sqlite3
import time
from contextlib import closing

import msgspec

from djobs_daemon.store.sqlite import files
from djobs_daemon.store.sqlite.check import check, failed
from djobs_daemon.store.sqlite.database import connect
from djobs_daemon.store.sqlite.faults import explain
from djobs_daemon.store.sqlite.migrate import load, version
from djobs_daemon.store.sqlite.offline.older import as_newest
from djobs_protocol.daemon_replies import DatabaseReport
from djobs_protocol.errors import DjobsError, ErrorCode


def examine(path: str) -> DatabaseReport:
    """Check the file at ``path``; nothing in it is changed.

    Damage is in the report. ``DjobsError`` for everything else that keeps it from being read:
    none is there, it is another program's or a newer djobs', or it may not be opened.
    """
    try:
        refuse_nothing(path)
        migrations = load()
        with closing(connect(path, "ro")) as db:
            with as_newest(db, migrations) as newest:
                report = check(newest, path, time.time_ns() // 1_000_000, migrations)
            return msgspec.structs.replace(report, schema=version(db))
    except DjobsError as error:
        return _damage(path, error)
    except sqlite3.Error as error:
        return _damage(path, explain(error, path))


def refuse_nothing(path: str) -> None:
    """Raise unless a file is there to be checked."""
    if files.judge(path) == "new":
        raise DjobsError(
            ErrorCode.UNAVAILABLE,
            f"There is no database yet at {path}.",
            hint="Nothing is wrong: the first daemon makes it. `djobsctl start` starts one.",
        )


def _damage(path: str, error: DjobsError) -> DatabaseReport:
    if error.code is not ErrorCode.DB_CORRUPT:
        raise error
    return failed(path, error.message)
