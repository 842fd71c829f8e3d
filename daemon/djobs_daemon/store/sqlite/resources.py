"""Jobs that wait for a resource somebody holds are parked: claims do not meet them again.

A claim that meets a job whose resource is held parks it, so a claim costs the same however many
wait. When the resource may be free, the first of each kind (managed_by, type, workflow) is let out
again; the next claim takes one and parks the others anew. A kind always has one out while the
resource is free, so nobody's claim is held up by a job that only others may take.
"""

import sqlite3
from typing import Final

from djobs_daemon.store.records import Ready
from djobs_daemon.store.sqlite.rows import scalar

_PARK: Final = "UPDATE jobs SET parked = 1 WHERE seq = ?"
_KEY: Final = "SELECT resource_scope, resource_key FROM jobs WHERE seq = ?"
_HOLDER: Final = """
    SELECT seq FROM jobs
    WHERE resource_scope = ? AND resource_key = ? AND resource_key IS NOT NULL AND state = 'running'
"""
_NEXT_KIND: Final = """
    SELECT seq, managed_by, type, workflow,
        (SELECT name FROM types WHERE seq = type),
        (SELECT correlation_id FROM workflows WHERE seq = workflow),
        (SELECT path FROM workspaces WHERE seq = workspace)
    FROM jobs
    WHERE state = 'pending' AND parked = 1 AND resource_scope = ? AND resource_key = ?
        AND (managed_by, type, workflow) > (?, ?, ?)
    ORDER BY managed_by, type, workflow, priority, seq LIMIT 1
"""
_LET_OUT: Final = "UPDATE jobs SET parked = 0 WHERE seq = ?"


def holder(db: sqlite3.Connection, job: int) -> int | None:
    """Return the running job that holds the resource a job asks for, if there is one."""
    found: int | None = scalar(db.execute(_HOLDER, db.execute(_KEY, (job,)).fetchone()))
    return found


def park(db: sqlite3.Connection, job: int) -> None:
    """Take a pending job out of the way of claims."""
    db.execute(_PARK, (job,))


def let_out(db: sqlite3.Connection, job: int) -> list[Ready]:
    """Unless it is held, let out the first of each kind that waits for the resource of ``job``."""
    key = db.execute(_KEY, (job,)).fetchone()
    if scalar(db.execute(_HOLDER, key)) is not None:
        return []
    kind = ("", 0, 0)
    out = []
    while (row := db.execute(_NEXT_KIND, (*key, *kind)).fetchone()) is not None:
        seq, managed_by, job_type, workflow, *names = row
        db.execute(_LET_OUT, (seq,))
        out.append(Ready(managed_by, *names))
        kind = (managed_by, job_type, workflow)
    return out
