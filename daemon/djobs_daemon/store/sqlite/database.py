"""Create and open the database file. Everything here blocks; it runs on a connection's thread."""

import os
import sqlite3
import uuid
from collections.abc import Callable
from contextlib import closing, suppress
from typing import Final
from urllib.parse import quote

from djobs_daemon.store.sqlite import files
from djobs_daemon.store.sqlite.faults import explain
from djobs_daemon.store.sqlite.migrate import Migration, apply, migrate, version
from djobs_protocol.errors import DjobsError, ErrorCode

BUSY_SECONDS: Final = 2.0
"""How long to wait for another program that holds the file locked."""
OPENING_BUSY_SECONDS: Final = 0.5
"""Likewise while opening it, when a client waits to hear what is wrong (R12)."""
CHECKPOINT_PAGES: Final = 1000
"""The WAL is folded into the database after this many pages: about 4 MB."""
CACHE_KIB: Final = 8192
STATEMENTS_CACHED: Final = 256
QUICK_CHECK_BYTES_MAX: Final = 2 * 1024 * 1024
"""Up to this size the whole file is checked at open; a larger one while it is served already."""

_FRESH_SUFFIX: Final = ".fresh"


def connect(path: str, mode: str, busy_seconds: float = BUSY_SECONDS) -> sqlite3.Connection:
    """Open an existing file; ``mode`` is ``rw`` or ``ro``. Never creates one (R6)."""
    db = sqlite3.connect(
        f"file:{quote(path)}?mode={mode}",
        uri=True,
        timeout=busy_seconds,
        isolation_level=None,
        cached_statements=STATEMENTS_CACHED,
    )
    try:
        db.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        db.execute("PRAGMA temp_store = MEMORY")
        if mode == "ro":
            db.execute("PRAGMA query_only = ON")
    except BaseException:
        db.close()  # the first statement is where a file shows that it is no database
        raise
    return db


def open_writer(
    path: str,
    migrations: list[Migration],
    now: int,
    back_up: Callable[[], None],
    thorough: bool = False,
) -> sqlite3.Connection:
    """Return the one writing connection, to a database of the newest schema.

    Creates the database if there is none. ``thorough`` checks all of it first, whatever its size.
    Raises ``DjobsError``; the file is untouched then (R7).
    """
    newest = migrations[-1].number
    try:
        if files.judge(path, newest) == "new":
            files.require_writable(path)
            create(path, migrations, now)
        else:
            files.require_writable(path)
            inspect(path, newest, thorough)
        return _open_existing(path, migrations, back_up)
    except sqlite3.Error as error:
        raise explain(error, path) from error
    except OSError as error:
        where = error.filename or path
        raise DjobsError(ErrorCode.STORAGE_FAILED, f"{where}: {error.strerror}.") from error


def create(path: str, migrations: list[Migration], now: int) -> None:
    """Build a complete database beside ``path`` and move it there in one step.

    So whatever stands at ``path`` is a database of ours, whole, at every moment.
    """
    fresh = path + _FRESH_SUFFIX
    for leftover in (fresh, fresh + "-wal", fresh + "-shm", fresh + "-journal"):
        with suppress(FileNotFoundError):
            os.unlink(leftover)
    os.close(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
    with closing(connect(fresh, "rw")) as db:
        db.execute("PRAGMA auto_vacuum = INCREMENTAL")
        _make_durable(db)
        db.execute(f"PRAGMA application_id = {files.APPLICATION_ID}")
        for each in migrations:
            apply(db, each)
        _stamp(db, now)
        _use_wal(db, path)
    os.replace(fresh, path)
    files.sync(os.path.dirname(path))


def inspect(path: str, schema: int, thorough: bool = False) -> None:
    """Look into an existing file through a connection that changes nothing.

    Its WAL may hold a newer first page than the file. Damage that shows itself cheaply is found
    here; a larger file is only probed, so opening does not grow slower with the history.
    """
    with closing(connect(path, "ro", OPENING_BUSY_SECONDS)) as db:
        files.refuse_newer(path, version(db), schema)
        damage = damage_in(db, path) if thorough or not is_large(path) else None
        if damage is not None:
            raise damage
        db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if version(db) and not database_uuid(db):
            raise DjobsError(ErrorCode.DB_CORRUPT, f"{path} has lost its identity.")


def is_large(path: str) -> bool:
    """Say whether checking all of the file would slow its opening."""
    return files.size(path) > QUICK_CHECK_BYTES_MAX


def damage_in(db: sqlite3.Connection, path: str) -> DjobsError | None:
    """Read through all of a database; return the first damage found."""
    problem = " ".join(db.execute("PRAGMA quick_check(1)").fetchone()[0].split())
    if problem == "ok":
        return None
    return DjobsError(ErrorCode.DB_CORRUPT, f"{path} is damaged: {problem}.", path=path)


def database_uuid(db: sqlite3.Connection) -> str:
    """Return the database's UUID, empty if it has none."""
    row = db.execute("SELECT value FROM meta WHERE name = 'uuid'").fetchone()
    return "" if row is None else str(row[0])


def _open_existing(
    path: str, migrations: list[Migration], back_up: Callable[[], None]
) -> sqlite3.Connection:
    db = connect(path, "rw", OPENING_BUSY_SECONDS)
    try:
        _use_wal(db, path)
        _make_durable(db)
        db.execute("PRAGMA foreign_keys = ON")
        db.execute(f"PRAGMA journal_size_limit = {files.JOURNAL_BYTES_MAX}")
        db.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        migrate(db, migrations, back_up)
        # Takes the write lock once, so a read-only file is noticed now; and makes the WAL exist.
        db.execute("BEGIN IMMEDIATE")
        db.execute("ROLLBACK")
        db.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000:.0f}")
    except BaseException:
        db.close()
        raise
    return db


def _make_durable(db: sqlite3.Connection) -> None:
    """Have a commit survive power loss."""
    db.execute("PRAGMA synchronous = FULL")
    # On macOS fsync leaves data in the drive's cache; where it does not, these change nothing.
    db.execute("PRAGMA fullfsync = ON")
    db.execute("PRAGMA checkpoint_fullfsync = ON")


def _use_wal(db: sqlite3.Connection, path: str) -> None:
    """Raise ``STORAGE_FAILED`` where there can be no WAL: readers would wait for the writer."""
    (mode,) = db.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise DjobsError(
            ErrorCode.STORAGE_FAILED,
            f"{path} can have no write-ahead log where it is, as on some network disks: SQLite "
            f"keeps journal mode {mode!r}.",
            hint="Put the database on a local disk: set db_path (DJOBS_DB_PATH).",
        )


def _stamp(db: sqlite3.Connection, now: int) -> None:
    rows = [("uuid", str(uuid.uuid4())), ("created_at", str(now))]
    db.execute("BEGIN")
    db.executemany("INSERT INTO meta (name, value) VALUES (?, ?)", rows)
    db.execute("COMMIT")
