"""Jobs that wait for a resource somebody holds are parked: claims do not meet them again.

A claim that meets a job whose resource is held parks it, so a claim costs the same however many
wait. When the resource may be free, the first of each kind (managed_by, type, workflow) is let out
again; the next claim takes one and parks the others anew. A kind always has one out while the
resource is free, so nobody's claim is held up by a job that only others may take.

A resource is one job's at a time, unless a limit says that several may have it at once: then each
has a slot of its own, and the unique index is over the slots.
"""

import sqlite3
from itertools import count
from typing import Final

from djobs_daemon.store.records import Limited, Ready
from djobs_daemon.store.sqlite.limits import PLACE
from djobs_daemon.store.sqlite.rows import scalar

Key = tuple[int, str]
"""A resource: its scope, and its key there."""

_PARK: Final = "UPDATE jobs SET parked = 1 WHERE seq = ?"
_KEY: Final = "SELECT resource_scope, resource_key FROM jobs WHERE seq = ?"
_HOLDERS: Final = """
    SELECT seq, resource_slot FROM jobs
    WHERE resource_scope = ? AND resource_key = ? AND resource_key IS NOT NULL AND state = 'running'
    ORDER BY lease_expires_at
"""
_SLOTS: Final = f"""
    SELECT l.running FROM limits l
    WHERE l.scope = 'resource' AND {PLACE} = ? AND l.subject = ? AND l.running IS NOT NULL
"""
_WORKSPACE: Final = "SELECT seq FROM workspaces WHERE path = ?"
_PARKED: Final = """
    SELECT seq FROM jobs
    WHERE state = 'pending' AND parked = 1 AND resource_scope = ? AND resource_key = ? LIMIT 1
"""
_NEXT_KIND: Final = """
    SELECT seq, managed_by, type, workflow,
        (SELECT name FROM types WHERE seq = type),
        (SELECT correlation_id FROM workflows WHERE seq = workflow),
        (SELECT path FROM workspaces WHERE seq = workspace)
    FROM jobs
    WHERE state = 'pending' AND parked = 1 AND resource_scope = ? AND resource_key = ?
        AND (managed_by, type, workflow) >= (?, ?, ?)
    ORDER BY managed_by, type, workflow, priority, seq LIMIT 1
"""
"""At least the next workflow, not above the last: for > SQLite seeks to the first row that is
equal, and then walks through all of that kind.
"""
_LET_OUT: Final = "UPDATE jobs SET parked = 0 WHERE seq = ?"


def holder(db: sqlite3.Connection, job: int) -> int | None:
    """Return a running job that holds the resource a job asks for, if no more may have it."""
    return _holder(db, _key(db, job))


def free_slot(db: sqlite3.Connection, job: int) -> int:
    """Return the first slot of a job's resource that no running job has.

    If no more may have it, one that is taken: the database refuses that.
    """
    key = _key(db, job)
    taken: list[int] = [slot for _, slot in db.execute(_HOLDERS, key)]
    if len(taken) >= _slots(db, key):
        return taken[0]
    return next(slot for slot in count() if slot not in taken)


def _key(db: sqlite3.Connection, job: int) -> Key:
    key: Key = db.execute(_KEY, (job,)).fetchone()
    return key


def _holder(db: sqlite3.Connection, key: Key) -> int | None:
    holders = db.execute(_HOLDERS, key).fetchall()
    return holders[0][0] if len(holders) >= _slots(db, key) else None


def _slots(db: sqlite3.Connection, key: Key) -> int:
    slots: int | None = scalar(db.execute(_SLOTS, key))
    return 1 if slots is None else slots


def park(db: sqlite3.Connection, job: int) -> None:
    """Take a pending job out of the way of claims."""
    db.execute(_PARK, (job,))


def let_out(db: sqlite3.Connection, job: int) -> list[Ready]:
    """Unless it is held, let out the first of each kind that waits for the resource of ``job``."""
    key = _key(db, job)
    if _holder(db, key) is not None:
        return []
    kind = ("", 0, 0)
    out = []
    while (row := db.execute(_NEXT_KIND, (*key, *kind)).fetchone()) is not None:
        seq, managed_by, job_type, workflow, *names = row
        db.execute(_LET_OUT, (seq,))
        out.append(Ready(managed_by, *names))
        kind = (managed_by, job_type, workflow + 1)
    return out


def first_parked(db: sqlite3.Connection, what: Limited) -> int | None:
    """Return a job that waits for a limited resource, if there is one."""
    scope = 0 if not what.place else scalar(db.execute(_WORKSPACE, (what.place,)))
    found: int | None = scalar(db.execute(_PARKED, (scope, what.subject)))
    return found
