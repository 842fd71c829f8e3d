"""Whether the file is sound, the history unbroken, and every job what its history says.

One snapshot, memory independent of the history's length, nothing written.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from djobs_daemon.store.sqlite.check_history import wrong_history, wrong_texts
from djobs_daemon.store.sqlite.check_jobs import wrong_counts, wrong_jobs
from djobs_daemon.store.sqlite.check_schedules import wrong_schedules
from djobs_daemon.store.sqlite.check_schema import wrong_file, wrong_schema
from djobs_daemon.store.sqlite.database import database_uuid
from djobs_daemon.store.sqlite.migrate import Migration, version
from djobs_daemon.store.sqlite.rows import scalar
from djobs_daemon.store.sqlite.threads import ThreadedConnection
from djobs_protocol.daemon_replies import DatabaseReport

PROBLEMS_MAX: Final = 100


def check_connection(
    connection: ThreadedConnection, path: str, now: int, migrations: Sequence[Migration]
) -> DatabaseReport:
    """Check the database behind a connection; runs on its thread."""
    return check(connection.plain, path, now, migrations)


def check(
    db: sqlite3.Connection, path: str, now: int, migrations: Sequence[Migration]
) -> DatabaseReport:
    """Check a database of the newest schema end to end in one snapshot.

    ``now`` is what the clock says: until a job's time has come it may not be due. A clock that was
    set back has been where the history was. ``migrations`` are those that made the schema.
    """
    try:
        db.execute("BEGIN")
        now = max(now, scalar(db.execute("SELECT max(at) FROM events")) or 0)
        problems = list(islice(_problems(db, now, migrations), PROBLEMS_MAX))
        return DatabaseReport(
            ok=not problems,
            path=path,
            schema=version(db),
            uuid=database_uuid(db),
            jobs=scalar(db.execute("SELECT count(*) FROM jobs")),
            events=scalar(db.execute("SELECT count(*) FROM events")),
            problems=problems,
        )
    except sqlite3.Error as error:
        return failed(path, f"The file cannot be read through: {error}.")
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")


def failed(path: str, problem: str) -> DatabaseReport:
    """Return the report of a database that could not even be looked through."""
    return DatabaseReport(
        ok=False, path=path, schema=0, uuid="", jobs=0, events=0, problems=[problem]
    )


def _problems(db: sqlite3.Connection, now: int, migrations: Sequence[Migration]) -> Iterator[str]:
    yield from wrong_file(db, PROBLEMS_MAX)
    yield from wrong_schema(db, migrations)
    yield from wrong_history(db, PROBLEMS_MAX)
    yield from wrong_texts(db)
    yield from wrong_jobs(db, now)
    yield from wrong_counts(db)
    yield from wrong_schedules(db)
