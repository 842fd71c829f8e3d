"""Jobs that a policy lets go: which they are, and what goes with one."""

import sqlite3
from typing import Any, Final

from djobs_daemon.store.sqlite.cursors import parse_cursor
from djobs_daemon.store.sqlite.rows import Naming, as_json, scalar
from djobs_daemon.store.upkeep_records import PurgePage, PurgePolicy

SEQ_MAX: Final = 2**63 - 1

_MATCHES: Final = """
    {job}.finished_at IS NOT NULL AND {job}.finished_at < :before
    AND ({job}.state IN (SELECT value FROM json_each(:states)) OR (
        {job}.archived_at IS NOT NULL
        AND {job}.state IN (SELECT value FROM json_each(:archived_states))))
    AND ({job}.key_until IS NULL OR {job}.key_until <= :now)
    AND (:flow IS NULL OR {job}.workflow = (SELECT seq FROM workflows WHERE correlation_id = :flow))
"""
_PAGE: Final = f"""
    SELECT j.seq, j.finished_at, EXISTS (
        SELECT 1 FROM dependencies d JOIN jobs n ON n.seq = d.job
        WHERE d.needs = j.seq AND NOT ({_MATCHES.format(job="n")}))
    FROM jobs j
    WHERE {_MATCHES.format(job="j")} AND (j.finished_at, j.seq) < (:finished, :after)
    ORDER BY j.finished_at DESC, j.seq DESC LIMIT :limit
"""
_NEEDED: Final = "SELECT 1 FROM dependencies WHERE needs = ? LIMIT 1"
_DROP_TEXTS: Final = "DELETE FROM texts WHERE event IN (SELECT seq FROM events WHERE job = ?)"
_DROP: Final = "DELETE FROM jobs WHERE seq = ?"


def page(
    db: sqlite3.Connection, name: Naming, policy: PurgePolicy, limit: int, cursor: str | None
) -> PurgePage:
    """Return a page of the jobs that a policy lets go: what ended last first.

    So a job comes before those that it depends on, and one walk removes whole plans.
    """
    finished, after = parse_cursor(cursor, 2) or (policy.ended_before, SEQ_MAX)
    values: dict[str, Any] = {
        "before": policy.ended_before,
        "states": as_json([state.value for state in policy.states]),
        "archived_states": as_json([state.value for state in policy.archived_states]),
        "now": policy.now,
        "flow": policy.correlation_id,
        "finished": finished,
        "after": after,
        "limit": limit + 1,
    }
    rows = db.execute(_PAGE, values).fetchall()
    shown = rows[:limit]
    more = f"{shown[-1][1]}.{shown[-1][0]}" if len(rows) > limit else None
    return PurgePage(
        free=[name(seq) for seq, _, needed in shown if not needed],
        needed=[name(seq) for seq, _, needed in shown if needed],
        cursor=more,
    )


def is_needed(db: sqlite3.Connection, job: int) -> bool:
    """Say whether another job depends on one."""
    return scalar(db.execute(_NEEDED, (job,))) is not None


def remove(db: sqlite3.Connection, job: int) -> None:
    """Remove a job and its texts; what refers to it goes by itself."""
    db.execute(_DROP_TEXTS, (job,))
    db.execute(_DROP, (job,))
