"""Put a backup in the place of the database, so that nothing given out since is given out again.

The file at the database's path is a whole database of ours at every moment: the copy is made,
brought to the newest schema, checked and told what the replaced one had given out while it lies
beside; then it takes the place in one step. The caller holds the daemon's locks.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import Final

import msgspec

from djobs_daemon.store.sqlite import files
from djobs_daemon.store.sqlite.backup import copy_to, make_folder
from djobs_daemon.store.sqlite.check import check
from djobs_daemon.store.sqlite.database import connect
from djobs_daemon.store.sqlite.faults import explain
from djobs_daemon.store.sqlite.migrate import Migration, migrate
from djobs_daemon.store.sqlite.offline.given import catch_up, how_far_ahead
from djobs_local import backups
from djobs_protocol.daemon_replies import DatabaseReport
from djobs_protocol.errors import DjobsError, ErrorCode

SUFFIX: Final = ".restored"
PROBLEMS_SHOWN: Final = 3


def restore(
    path: str, source: str, folder: str, now: int, migrations: list[Migration]
) -> tuple[DatabaseReport, str | None]:
    """Put a copy of ``source`` at ``path``; return its report and where the replaced one is now.

    ``DjobsError`` when ``source`` is no sound database of this schema or an older one; nothing has
    changed then.
    """
    with made_beside(path, SUFFIX) as fresh:
        prepare(source, fresh, migrations)
        report = accept(source, fresh, now, migrations)
        ahead = how_far_ahead(path, fresh)
        with closing(connect(fresh, "rw")) as db:
            catch_up(db, ahead, now)
        kept = replace(path, fresh, folder, now)
        return msgspec.structs.replace(report, path=path), kept


@contextmanager
def made_beside(path: str, suffix: str) -> Iterator[str]:
    """Give the path at which to make what takes the place of a database; it outlasts no failure.

    What the storage refuses is a ``DjobsError`` that names the file.
    """
    fresh = path + suffix
    try:
        yield fresh
    except sqlite3.Error as error:
        raise explain(error, path) from error
    except OSError as error:
        raise DjobsError(
            ErrorCode.STORAGE_FAILED, f"{error.filename or path}: {error.strerror}."
        ) from error
    finally:
        remove(fresh)


def prepare(source: str, fresh: str, migrations: list[Migration]) -> None:
    """Copy a database, judged first, to ``fresh``, and bring it to the newest schema."""
    remove(fresh)
    if files.judge(source) == "new":
        raise DjobsError(ErrorCode.DB_CORRUPT, f"{source} is empty.")
    copy_to(source, fresh)
    with closing(connect(fresh, "rw")) as db:
        migrate(db, migrations, lambda: None)


def accept(source: str, fresh: str, now: int, migrations: list[Migration]) -> DatabaseReport:
    """Return the report of a copy that is to be served; raise what is wrong with its source."""
    with closing(connect(fresh, "ro")) as db:
        report = check(db, fresh, now, migrations)
    if report.ok:
        return report
    more = len(report.problems) - PROBLEMS_SHOWN
    shown = " ".join(report.problems[:PROBLEMS_SHOWN]) + (f" And {more} more." if more > 0 else "")
    message = f"{source} is damaged: {shown}"
    raise DjobsError(ErrorCode.DB_CORRUPT, message, problems=report.problems)


def replace(path: str, fresh: str, folder: str, now: int) -> str | None:
    """Keep the database among the backups and put another in its place; return where it is now."""
    kept = None
    if files.size(path) or files.size(path + "-wal"):
        kept = os.path.join(folder, backups.name_at(backups.REPLACED, now))
        make_folder(folder, kept)
        _keep(path, kept)
    files.sync(fresh)
    for leftover in ("-wal", "-shm"):  # of the one that is kept: it would be taken for the other's
        with suppress(FileNotFoundError):
            os.unlink(path + leftover)
    os.replace(fresh, path)
    files.sync(os.path.dirname(path))
    return kept


def _keep(path: str, kept: str) -> None:
    """Copy the database as it is; byte by byte, WAL included, when it cannot be read as one."""
    try:
        copy_to(path, kept)
        with closing(connect(path, "rw")) as db:  # so that losing the WAL loses nothing
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return
    except (DjobsError, sqlite3.Error):
        remove(kept)
    for suffix in ("", "-wal"):
        if os.path.exists(path + suffix):
            _copy_bytes(path + suffix, kept + suffix)


def _copy_bytes(source: str, target: str) -> None:
    descriptor = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    with open(source, "rb") as old, open(descriptor, "wb") as new:
        while piece := old.read(1 << 20):
            new.write(piece)
    files.sync(target)


def remove(path: str) -> None:
    """Remove a database that came to nothing, and what belongs to it."""
    for suffix in ("", "-journal", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            os.unlink(path + suffix)
