"""Check a database that no daemon serves: ``python -I -m djobs_daemon.store.sqlite.offline``.

Prints one ``DatabaseReport`` as JSON, or ``{"error": …}`` for what is no database of this djobs.
Exit status: 0 sound, 65 problems, 75 a daemon has it, else that of the error.
"""

import argparse
import os
import sqlite3
import sys
import time
from contextlib import ExitStack, closing
from typing import Final

import msgspec

from djobs_daemon.store.sqlite import files
from djobs_daemon.store.sqlite.check import check, failed
from djobs_daemon.store.sqlite.database import connect
from djobs_daemon.store.sqlite.faults import explain
from djobs_daemon.store.sqlite.migrate import load as load_migrations
from djobs_daemon.store.sqlite.migrate import version
from djobs_daemon.store.sqlite.older import as_newest
from djobs_local import folders
from djobs_local.database_lock import lock_database, lock_path
from djobs_local.locks import KernelLock, is_held
from djobs_local.settings import load
from djobs_protocol.endpoint import DAEMON_LOCK, state_dir, state_file
from djobs_protocol.errors import CATALOGUE, DjobsError, ErrorCode
from djobs_protocol.replies import DatabaseReport

LOCK_SECONDS: Final = 1.0
_NO_FILE: Final = "Without a file the database of the state folder is verified."


def main(arguments: list[str] | None = None) -> int:
    """Check the database of a home folder, under the locks of the folder and of the database.

    With ``--file`` check that file, which no daemon may have open.
    """
    options = _parser().parse_args(arguments)
    try:
        return _check_file(options.file) if options.file else _check_home(options)
    except DjobsError as error:
        sys.stdout.write(msgspec.json.encode({"error": error.as_wire()}).decode() + "\n")
        return error.exit_status


def _check_file(path: str) -> int:
    path = os.path.realpath(path)
    if is_held(lock_path(path)):
        return _busy(f"A daemon serves {path}; `djobsctl db verify` of its state folder asks it.")
    if not os.path.exists(path):
        raise DjobsError(ErrorCode.UNAVAILABLE, f"There is no file {path}.", hint=_NO_FILE)
    return _print(examine(path))


def _check_home(options: argparse.Namespace) -> int:
    home = state_dir({"DJOBS_HOME": options.home} if options.home else None)
    path = os.path.realpath(options.db or load(home).db_path)
    with ExitStack() as locks:
        served = _lock(home, path, locks)
        return _busy(served) if served is not None else _print(examine(path))


def _lock(home: str, path: str, locks: ExitStack) -> str | None:
    """Take both locks into ``locks``, or return who has one of them."""
    if not os.path.isdir(home):
        refuse_nothing(path)
        folders.prepare_state(home)
    try:
        lock = KernelLock.acquire(state_file(home, DAEMON_LOCK), LOCK_SECONDS)
    except OSError as error:
        refused = isinstance(error, PermissionError)
        code = ErrorCode.PERMISSION if refused else ErrorCode.STORAGE_FAILED
        raise DjobsError(code, f"{error.filename or home}: {error.strerror}.") from None
    if lock is None:
        return f"A daemon serves {path}; ask it: `djobsctl db verify`."
    locks.enter_context(lock)
    if not os.path.exists(path):
        return None  # nothing is made, not even a lock
    try:
        locks.enter_context(lock_database(path, home))
    except DjobsError as error:
        if error.code is not ErrorCode.CONFIG_INVALID:
            raise
        return error.message
    return None


def refuse_nothing(path: str) -> None:
    """Raise unless a file is there to be checked."""
    if files.judge(path) == "new":
        raise DjobsError(
            ErrorCode.UNAVAILABLE,
            f"There is no database yet at {path}.",
            hint="Nothing is wrong: the first daemon makes it. `djobsctl start` starts one.",
        )


def _busy(text: str) -> int:
    print(text, file=sys.stderr)  # noqa: T201
    return CATALOGUE[ErrorCode.BUSY].exit


def examine(path: str) -> DatabaseReport:
    """Check the file at ``path``; nothing in it is changed. No daemon may have it open.

    Damage is in the report. ``DjobsError`` for everything else that keeps it from being read:
    none is there, it is another program's or a newer djobs', or it may not be opened.
    """
    try:
        refuse_nothing(path)
        migrations = load_migrations()
        with closing(connect(path, "ro")) as db:
            with as_newest(db, migrations) as newest:
                report = check(newest, path, time.time_ns() // 1_000_000, migrations)
            return msgspec.structs.replace(report, schema=version(db))
    except DjobsError as error:
        return _damage(path, error)
    except sqlite3.Error as error:
        return _damage(path, explain(error, path))


def _damage(path: str, error: DjobsError) -> DatabaseReport:
    if error.code is not ErrorCode.DB_CORRUPT:
        raise error
    return failed(path, error.message)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="djobs_daemon.store.sqlite.offline", description=__doc__)
    parser.add_argument("--home", help="the state folder; else that of this account")
    parser.add_argument("--db", help="the database; else the one that the settings name")
    parser.add_argument("--file", help="a database that no state folder names, such as a backup")
    parser.add_argument("--json", action="store_true", help="the only format there is")
    return parser


def _print(report: DatabaseReport) -> int:
    sys.stdout.write(msgspec.json.encode(report).decode() + "\n")
    return 0 if report.ok else CATALOGUE[ErrorCode.DB_CORRUPT].exit


if __name__ == "__main__":
    sys.exit(main())
