"""Copies of the database, made while it is in use, each verified before it counts."""

import os
import sqlite3
from contextlib import ExitStack, closing, suppress
from typing import Final, NamedTuple

from djobs_daemon.store.sqlite import files
from djobs_daemon.store.sqlite.database import connect
from djobs_daemon.store.sqlite.faults import explain
from djobs_daemon.store.sqlite.threads import ThreadedConnection
from djobs_local import backups
from djobs_protocol.daemon_replies import BackupMade, DatabaseInfo
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.version import SCHEMA_VERSION

GENERATIONS: Final = 7
COPY_PAGES: Final = 4096
"""Copied in one go, 16 MB; between two goes the copy may be given up."""
_STEPS_BETWEEN_LOOKS: Final = 1_000_000
_PART: Final = backups.SUFFIX + ".part"


class Copying(NamedTuple):
    """Where copies go, and how many of them are kept."""

    folder: str
    newest: int = GENERATIONS
    weeks: int = 0
    """Besides the newest, the last one of so many weeks."""


def back_up(
    path: str, place: Copying | str, now: int, source: ThreadedConnection | None = None
) -> BackupMade:
    """Copy the database to ``folder/jobs-<UTC>.db`` and drop old copies, or to a new file."""
    if isinstance(place, str):
        target = _require_new(path, place)
        copy_to(path, target, source)
    else:
        target = os.path.join(place.folder, backups.name_at(backups.MADE, now))
        make_folder(place.folder, target)
        copy_to(path, target, source)
        _drop_old(place)
    return BackupMade(path=target, bytes=files.size(target))


def make_folder(folder: str, target: str) -> None:
    """Make the folder of backups, for ``target``, unless it is there."""
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
    except OSError as error:
        raise _not_made(target, error) from error


def copy_to(path: str, target: str, source: ThreadedConnection | None = None) -> None:
    """Copy the database to a file.

    The copy is one snapshot, a single file, private, synced, verified, and appears whole or not.
    """
    part = target.removesuffix(backups.SUFFIX) + _PART
    try:
        _copy(path, part, source)
        os.rename(part, target)
        files.sync(os.path.dirname(target))
    except sqlite3.Error as error:
        raise explain(error, target) from error
    except OSError as error:
        raise _not_made(target, error) from error
    finally:
        with suppress(OSError):  # not there, or never could be
            os.unlink(part)


def _require_new(path: str, target: str) -> str:
    """Return ``target`` if a copy may be made there: an absolute path at which nothing is."""
    if not os.path.isabs(target):
        raise DjobsError(ErrorCode.INVALID_PARAMS, f"path is {target!r}; expected an absolute one.")
    if os.path.realpath(target).startswith(path):
        raise DjobsError(ErrorCode.INVALID_PARAMS, f"{target} is the place of the database itself.")
    if os.path.lexists(target):
        raise DjobsError(
            ErrorCode.CONFLICT,
            f"{target} is there already, and stays as it is.",
            hint="Name another file, or move that one away.",
        )
    return target


def _not_made(target: str, error: OSError) -> DjobsError:
    return DjobsError(ErrorCode.STORAGE_FAILED, f"No backup at {target}: {error.strerror}.")


def drop_parts(folder: str) -> None:
    """Remove what copies left behind that were killed. None may be under way."""
    with suppress(OSError):  # no folder yet, or one that a copy will complain about
        for name in os.listdir(folder):
            if name.startswith((backups.MADE, backups.REPLACED)) and _PART in name:  # journals too
                os.unlink(os.path.join(folder, name))


def describe(path: str, folder: str, database: str) -> DatabaseInfo:
    """Describe the files of a database."""
    newest = [each for each in backups.generations(folder) if not each.was_replaced][-1:]
    return DatabaseInfo(
        path=path,
        uuid=database,
        schema=SCHEMA_VERSION,
        bytes=files.size(path),
        wal_bytes=files.size(path + "-wal"),
        sqlite=sqlite3.sqlite_version,
        last_backup_at=newest[0].taken_at if newest else None,
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
    made = [each for each in backups.generations(copying.folder) if not each.was_replaced]
    for each in backups.superfluous(made, max(1, copying.newest), copying.weeks):
        with suppress(OSError):
            os.unlink(each.path)
