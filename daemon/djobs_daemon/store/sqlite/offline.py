"""Check a database that no daemon serves: ``python -I -m djobs_daemon.store.sqlite.offline``.

Prints one ``DatabaseReport`` as JSON. Exit status: 0 sound, 65 problems, 75 a daemon has it.
"""

import argparse
import os
import sqlite3
import sys
from contextlib import closing
from typing import Final

import msgspec

from djobs_daemon.store.sqlite import files
from djobs_daemon.store.sqlite.check import check, failed
from djobs_daemon.store.sqlite.database import connect
from djobs_daemon.store.sqlite.faults import explain
from djobs_local.database_lock import lock_database
from djobs_local.locks import KernelLock
from djobs_local.settings import load
from djobs_protocol.endpoint import DAEMON_LOCK, state_dir, state_file
from djobs_protocol.errors import CATALOGUE, DjobsError, ErrorCode
from djobs_protocol.replies import DatabaseReport

LOCK_SECONDS: Final = 1.0


def main(arguments: list[str] | None = None) -> int:
    """Check the database of a home folder, under the locks of the folder and of the database."""
    options = _parser().parse_args(arguments)
    home = state_dir({"DJOBS_HOME": options.home} if options.home else None)
    try:
        path = os.path.realpath(options.db or load(home).db_path)
    except DjobsError as error:
        return _refuse(error)
    try:
        lock = KernelLock.acquire(state_file(home, DAEMON_LOCK), LOCK_SECONDS)
    except OSError as error:
        return _print(failed(path, f"{error.filename or home}: {error.strerror}."))
    if lock is None:
        return _busy(f"A daemon serves {path}; ask it: `djobsctl db check`.")
    with lock:
        return _examine_alone(path, home)


def _examine_alone(path: str, home: str) -> int:
    try:
        database_lock = lock_database(path, home)
    except DjobsError as error:
        if error.code is ErrorCode.CONFIG_INVALID:
            return _busy(error.message)
        return _print(failed(path, error.message))
    with database_lock:
        return _print(examine(path))


def _refuse(error: DjobsError) -> int:
    sys.stdout.write(msgspec.json.encode({"error": error.as_wire()}).decode() + "\n")
    return error.exit_status


def _busy(text: str) -> int:
    print(text, file=sys.stderr)  # noqa: T201
    return CATALOGUE[ErrorCode.BUSY].exit


def examine(path: str) -> DatabaseReport:
    """Check the file at ``path``; nothing in it is changed. The caller holds both locks."""
    try:
        if files.judge(path) == "new":
            return failed(path, f"There is no database at {path}.")
        with closing(connect(path, "ro")) as db:
            return check(db, path)
    except DjobsError as error:
        return failed(path, error.message)
    except sqlite3.Error as error:
        return failed(path, explain(error, path).message)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="djobs_daemon.store.sqlite.offline", description=__doc__)
    parser.add_argument("--home", help="the state folder; else that of this account")
    parser.add_argument("--db", help="the database; else the one that the settings name")
    parser.add_argument("--json", action="store_true", help="the only format there is")
    return parser


def _print(report: DatabaseReport) -> int:
    sys.stdout.write(msgspec.json.encode(report).decode() + "\n")
    return 0 if report.ok else CATALOGUE[ErrorCode.DB_CORRUPT].exit


if __name__ == "__main__":
    sys.exit(main())
