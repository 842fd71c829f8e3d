"""Copies of the database, made while it is in use, each verified before it counts."""

import os
import sqlite3
from contextlib import ExitStack, closing, suppress
from datetime import UTC, datetime
from typing import Final, NamedTuple

from djobs_daemon.store.sqlite import files
from djobs_daemon.store.sqlite.database import connect
from djobs_daemon.store.sqlite.faults import explain
from djobs_daemon.store.sqlite.threads import ThreadedConnection
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.replies import DatabaseInfo
from djobs_protocol.version import SCHEMA_VERSION

GENERATIONS: Final = 7
COPY_PAGES: Final = 4096
"""Copied in one go, 16 MB; between two goes the copy may be given up."""
_STEPS_BETWEEN_LOOKS: Final = 1_000_000
_PREFIX: Final = "jobs-"
_SUFFIX: Final = ".db"
_PART: Final = _SUFFIX + ".part"


class Copying(NamedTuple):
    """Where copies go, and how many of them are kept."""

    folder: str
    generations: int = GENERATIONS


def back_up(path: str, copying: Copying, now: int, source: ThreadedConnection | None = None) -> str:
    """Copy the database to ``folder/jobs-<UTC>.db``, drop old copies, return the path.

    The copy is one snapshot, a single file, private, synced, verified, and appears whole or not.
    """
    folder = copying.folder
    stamp = datetime.fromtimestamp(now / 1000, UTC).strftime("%Y%m%dT%H%M%S.%f")[:-3]
    target = os.path.join(folder, f"{_PREFIX}{stamp}Z{_SUFFIX}")
    part = target.removesuffix(_SUFFIX) + _PART
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        _copy(path, part, source)
        os.rename(part, target)
        files.sync(folder)
    except sqlite3.Error as error:
        raise explain(error, target) from error
    except OSError as error:
        raise DjobsError(
            ErrorCode.STORAGE_FAILED, f"No backup at {target}: {error.strerror}."
        ) from error
    finally:
        with suppress(OSError):  # not there, or never could be
            os.unlink(part)
    _drop_old(copying)
    return target


def generations(folder: str) -> list[str]:
    """Return the names of the backups, oldest first."""
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    return sorted(n for n in names if n.startswith(_PREFIX) and n.endswith(_SUFFIX))


def drop_parts(folder: str) -> None:
    """Remove what copies left behind that were killed. None may be under way."""
    with suppress(OSError):  # no folder yet, or one that a copy will complain about
        for name in os.listdir(folder):
            if name.startswith(_PREFIX) and _PART in name:  # its journal as well
                os.unlink(os.path.join(folder, name))


def describe(path: str, folder: str, database: str) -> DatabaseInfo:
    """Describe the files of a database."""
    newest = generations(folder)[-1:]
    return DatabaseInfo(
        path=path,
        uuid=database,
        schema=SCHEMA_VERSION,
        bytes=files.size(path),
        wal_bytes=files.size(path + "-wal"),
        sqlite=sqlite3.sqlite_version,
        last_backup_at=_taken_at(newest[0]) if newest else None,
    )


def unreadable(error: Exception, path: str) -> DjobsError:
    """Return the error for a database whose beginning cannot be read."""
    if isinstance(error, sqlite3.Error):
        return explain(error, path)
    return DjobsError(ErrorCode.DB_CORRUPT, f"{path} is damaged: {error}.")


def is_abandoned(source: ThreadedConnection | None) -> bool:
    """Say whether nobody waits for the copy any more."""
    return source is not None and source.is_abandoned


def _copy(path: str, part: str, source: ThreadedConnection | None) -> None:
    def give_up_if_abandoned(*_progress: int) -> None:
        if is_abandoned(source):
            raise sqlite3.OperationalError("the copy was given up")

    os.close(os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    with ExitStack() as connections:
        copy = sqlite3.connect(part, isolation_level=None)
        connections.enter_context(closing(copy))
        db = connections.enter_context(closing(connect(path, "ro"))) if not source else source.plain
        # A snapshot held open: without it, each write meanwhile would begin the copy again.
        db.execute("BEGIN")
        db.execute("SELECT 1 FROM sqlite_schema").fetchone()
        db.backup(copy, pages=COPY_PAGES, progress=give_up_if_abandoned)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, complete in itself
        copy.set_progress_handler(lambda: is_abandoned(source), _STEPS_BETWEEN_LOOKS)
        problem = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
        if problem != "ok":
            raise DjobsError(ErrorCode.DB_CORRUPT, f"The copy of {path} is damaged: {problem}.")
    files.sync(part)


def _drop_old(copying: Copying) -> None:
    for name in generations(copying.folder)[: -max(1, copying.generations)]:
        with suppress(OSError):
            os.unlink(os.path.join(copying.folder, name))


def _taken_at(name: str) -> datetime | None:
    stamp = name.removeprefix(_PREFIX).removesuffix(_SUFFIX)
    try:
        return datetime.strptime(stamp, "%Y%m%dT%H%M%S.%fZ").replace(tzinfo=UTC)
    except ValueError:
        return None
