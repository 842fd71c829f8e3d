"""The account's own daemon, which no test may start, end or use (R29)."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from djobs_local import locks, records
from djobs_protocol import endpoint


class RealDaemon(NamedTuple):
    """What can be seen of it from outside. Compared before and after all tests."""

    births: bytes = b""
    """Written by nothing but a daemon under ``DJOBS_TEST``: one that a test started."""
    instance: str | None = None
    """Of the daemon that runs; None when none does."""
    changed_ns: tuple[int, ...] = ()
    """When the database and its log were last written."""
    jobs: int | None = None

    def compared(self) -> "RealDaemon":
        """Return what must be the same afterwards.

        Outside of CI its owner may be at work meanwhile, perhaps through the very agent that runs
        the tests; then the jobs may be others, but the daemon is still the same one.
        """
        if os.environ.get("CI") == "true":
            return self
        return RealDaemon(self.births, self.instance)


def look(state: str) -> RealDaemon:
    """Look at the daemon of a state folder, without a word to it."""
    births, database, log = (
        Path(state, name) for name in ("births", endpoint.DATABASE, f"{endpoint.DATABASE}-wal")
    )
    instance = _instance(state)
    return RealDaemon(
        births=births.read_bytes() if births.exists() else b"",
        instance=instance,
        changed_ns=tuple(each.stat().st_mtime_ns for each in (database, log) if each.exists()),
        jobs=_jobs(database) if instance else None,
    )


def _instance(state: str) -> str | None:
    if not locks.is_held(endpoint.state_file(state, endpoint.DAEMON_LOCK)):
        return None
    record = records.read_record(endpoint.state_file(state, endpoint.ENDPOINT_RECORD)) or {}
    return str(record.get("instance"))


def _jobs(database: Path) -> int:
    """Count the jobs in the database of a daemon that runs: its log is there to be read along."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
        return int(db.execute("SELECT count(*) FROM jobs").fetchone()[0])
