"""What is done to a database that no daemon serves: ``python -m …store.sqlite.offline``.

Verifying prints one ``DatabaseReport`` as JSON; ``--restore FILE`` prints ``database``, the
report of what is in its place now, and ``replaced``, where the old one is; ``--rebuild`` likewise,
and ``lost``, what could not be taken over. What is refused prints
``{"error": …}``. Exit status: 0, 65 when the report has problems, else that of the error.
"""

import argparse
import os
import sys
import time
from typing import Any

import msgspec

from djobs_daemon.store.sqlite.migrate import load as load_migrations
from djobs_daemon.store.sqlite.offline.examine import examine, refuse_nothing
from djobs_daemon.store.sqlite.offline.rebuild import rebuild
from djobs_daemon.store.sqlite.offline.restore import restore
from djobs_daemon.store.sqlite.offline.unserved import require_unserved, unserved
from djobs_local import folders
from djobs_local.settings import load
from djobs_protocol.daemon_replies import DatabaseReport
from djobs_protocol.endpoint import BACKUP_FOLDER, state_dir, state_file
from djobs_protocol.errors import CATALOGUE, DjobsError, ErrorCode

_ASK_IT = "Ask it: `djobsctl db verify`."
_STOP_IT = "`djobsctl stop` first, `djobsctl start` afterwards."


def main(arguments: list[str] | None = None) -> int:
    """Do one thing; print its outcome; return the exit status."""
    options = _parser().parse_args(arguments)
    try:
        return _print(*_run(options))
    except DjobsError as error:
        return _print({"error": error.as_wire()}, error.exit_status)


def _run(options: argparse.Namespace) -> tuple[Any, int]:
    if options.file:
        return _reported(_verify_file(options.file))
    home = state_dir({"DJOBS_HOME": options.home} if options.home else None)
    path = os.path.realpath(options.db or load(home).db_path)
    if options.restore:
        return _restore(home, path, os.path.realpath(options.restore))
    if options.rebuild:
        return _rebuild(home, path, options.keep_until)
    if not os.path.isdir(home):
        refuse_nothing(path)
        folders.prepare_state(home)
    with unserved(home, path, _ASK_IT):
        return _reported(examine(path))


def _verify_file(path: str) -> DatabaseReport:
    path = os.path.realpath(path)
    require_unserved(path)
    if not os.path.exists(path):
        raise DjobsError(
            ErrorCode.UNAVAILABLE,
            f"There is no file {path}.",
            hint="Without a file the database of the state folder is verified.",
        )
    return examine(path)


def _restore(home: str, path: str, source: str) -> tuple[Any, int]:
    folders.prepare_state(home)
    if source == path:
        raise DjobsError(ErrorCode.INVALID_PARAMS, f"{source} is the database itself.")
    require_unserved(source)
    with unserved(home, path, _STOP_IT):
        now = time.time_ns() // 1_000_000
        report, kept = restore(
            path, source, state_file(home, BACKUP_FOLDER), now, load_migrations()
        )
    return {"database": report, "replaced": kept}, 0


def _rebuild(home: str, path: str, keep_until: int | None) -> tuple[Any, int]:
    refuse_nothing(path)
    with unserved(home, path, _STOP_IT):
        now = time.time_ns() // 1_000_000
        folder = state_file(home, BACKUP_FOLDER)
        report, kept, lost = rebuild(path, folder, now, load_migrations(), keep_until)
    return {"database": report, "replaced": kept, "lost": lost}, 0


def _reported(report: DatabaseReport) -> tuple[Any, int]:
    return report, 0 if report.ok else CATALOGUE[ErrorCode.DB_CORRUPT].exit


def _print(outcome: Any, status: int) -> int:
    sys.stdout.write(msgspec.json.encode(outcome).decode() + "\n")
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="djobs_daemon.store.sqlite.offline", description=__doc__)
    parser.add_argument("--home", help="the state folder; else that of this account")
    parser.add_argument("--db", help="the database; else the one that the settings name")
    parser.add_argument("--file", help="verify a database that no state folder names: a backup")
    parser.add_argument(
        "--restore", metavar="FILE", help="put a copy of it in the database's place"
    )
    parser.add_argument("--rebuild", action="store_true", help="make it anew from its history")
    parser.add_argument("--keep-until", type=int, metavar="EVENT", help="… up to this event only")
    parser.add_argument("--json", action="store_true", help="the only format there is")
    return parser


if __name__ == "__main__":
    sys.exit(main())
