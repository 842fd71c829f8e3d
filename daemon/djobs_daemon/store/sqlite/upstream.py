"""Read a database of upstream djobs, 0.2 to 0.22, and print what is in it.

``python -m djobs_daemon.store.sqlite.upstream PATH`` prints ``{"jobs": [...], "memories": n}`` as
JSON, or ``{"error": …}``. Whoever opens a SQLite file, even to read it, may leave a -wal or -shm
beside it, or fold one in; so a private copy is opened, in a folder that is gone afterwards, and the
source is only ever read as bytes.
"""

import argparse
import json
import os
import shutil
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from typing import Any, Final

from djobs_local.plain_file import open_plain
from djobs_protocol.errors import DjobsError, ErrorCode

PARTS: Final = ("", "-wal", "-journal")
"""What of a database holds data. A -shm is an index that is made anew."""
TRIES_MAX: Final = 40
PAUSE_SECONDS: Final = 0.05
"""Until the next try at a copy during which nobody wrote."""

_JOBS: Final = "SELECT * FROM jobs ORDER BY created_at, rowid"
_ENDS: Final = """
    SELECT job_id, event_type, message, metadata_json FROM job_events
    WHERE event_type IN ('job_succeeded', 'job_archived') ORDER BY created_at, rowid
"""
_COLUMNS: Final = frozenset({"id", "type", "payload_json", "status", "correlation_id"})
_MEMORIES: Final = "agent_observations"

Stamp = list[tuple[int, int, int] | None]


def main(arguments: list[str] | None = None) -> int:
    """Print what the database at a path holds."""
    parser = argparse.ArgumentParser(prog="djobs_daemon.store.sqlite.upstream")
    parser.add_argument("path")
    path = parser.parse_args(arguments).path
    try:
        document = read(path)
    except DjobsError as error:
        _print({"error": error.as_wire()})
        return error.exit_status
    _print(document)
    return 0


def read(path: str) -> dict[str, Any]:
    """Return the rows of all jobs, each with ``evidence`` and ``previous_status`` if it has them.

    Raises ``DjobsError``: ``DB_FOREIGN`` for any other program's, ``DB_CORRUPT``, ``BUSY`` where
    somebody writes all the time, and what the system says of the file.
    """
    with tempfile.TemporaryDirectory(prefix="djobs-import-") as folder:
        copy = copy_quietly(os.path.realpath(path), folder)
        try:
            with closing(sqlite3.connect(copy)) as db:
                db.row_factory = sqlite3.Row
                db.text_factory = lambda raw: raw.decode("utf-8", "replace")
                return _contents(db, path)
        except sqlite3.Error as error:
            raise _damaged(path, f": {error}") from None


def copy_quietly(path: str, folder: str) -> str:
    """Copy a database that may be in use; return the copy, in which nothing is torn.

    A copy counts only if nobody wrote while it was made.
    """
    copy = os.path.join(folder, "copy.db")
    for _ in range(TRIES_MAX):
        before = _stamp(path)
        for part in PARTS:
            _copy(path + part, copy + part, needed=not part)
        if _stamp(path) == before:
            return copy
        time.sleep(PAUSE_SECONDS)
    raise DjobsError(
        ErrorCode.BUSY,
        f"{path} is written to all the time, so no copy of it is whole.",
        hint="End what uses it for a moment, and try again.",
    )


def _stamp(path: str) -> Stamp:
    found: Stamp = []
    for part in PARTS:
        try:
            seen = os.stat(path + part)
        except FileNotFoundError:
            found.append(None)
        except OSError as error:
            raise _refused(path, str(error.strerror)) from None
        else:
            found.append((seen.st_ino, seen.st_size, seen.st_mtime_ns))
    return found


def _copy(source: str, target: str, *, needed: bool) -> None:
    try:
        reading = open_plain(source, os.O_RDONLY)
    except FileNotFoundError:
        if needed:
            raise _refused(source, "there is no such file") from None
        if os.path.exists(target):
            os.unlink(target)
        return
    except OSError as error:
        raise _refused(source, str(error.strerror)) from None
    with open(reading, "rb") as old, open(target, "wb") as new:
        shutil.copyfileobj(old, new)


def _refused(path: str, why: str) -> DjobsError:
    return DjobsError(ErrorCode.STORAGE_FAILED, f"{path} cannot be read: {why}.", path=path)


def _damaged(path: str, how: str = "") -> DjobsError:
    return DjobsError(
        ErrorCode.DB_CORRUPT,
        f"{path} is damaged{how}.",
        hint="`sqlite3 FILE .recover` may save a part of it; import what that makes.",
    )


def _contents(db: sqlite3.Connection, path: str) -> dict[str, Any]:
    columns = {row["name"] for row in db.execute("PRAGMA table_info(jobs)")}
    if not columns >= _COLUMNS:
        raise DjobsError(
            ErrorCode.DB_FOREIGN,
            f"{path} is a database, but none of upstream djobs.",
            hint="djobs 0.2 to 0.22 keep theirs in ~/.djobs/global.db or djobs_mcp.db.",
        )
    if [row[0] for row in db.execute("PRAGMA quick_check(1)")] != ["ok"]:
        raise _damaged(path)
    jobs = {row["id"]: dict(row) for row in db.execute(_JOBS)}
    for row in db.execute(_ENDS):
        if row["job_id"] in jobs:
            jobs[row["job_id"]] |= _end(row)
    return {"jobs": list(jobs.values()), "memories": _count(db, _MEMORIES)}


def _end(row: sqlite3.Row) -> dict[str, Any]:
    if row["event_type"] == "job_succeeded":
        return {"evidence": row["message"]}
    try:
        metadata = json.loads(row["metadata_json"] or "{}")
    except ValueError:
        metadata = {}
    return {"previous_status": metadata.get("previous_status"), "reason": row["message"]}


def _count(db: sqlite3.Connection, table: str) -> int:
    if not db.execute(f"PRAGMA table_info({table})").fetchall():
        return 0
    return int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def _print(document: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(document, default=str) + "\n")


if __name__ == "__main__":
    sys.exit(main())
