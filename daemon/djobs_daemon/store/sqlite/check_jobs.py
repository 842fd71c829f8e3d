"""Whether every job is what its history says, and what is counted from jobs is right."""

import sqlite3
from collections.abc import Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from djobs_daemon.queue.ids import numbering
from djobs_daemon.store.sqlite.anchor import chain_start
from djobs_daemon.store.sqlite.database import database_uuid
from djobs_daemon.store.sqlite.limits import PLACE
from djobs_daemon.store.sqlite.replay import TOLD, Line, Told, retell, retell_cut
from djobs_daemon.store.sqlite.rows import MET, UNMET, Naming, scalar
from djobs_protocol.states import EventKind

VALUE_CHARS_MAX: Final = 80
"""Of a value in a sentence about it."""

_BY_JOB: Final = """
    SELECT v.job, v.seq, v.at, v.kind, v.run, v.from_state, v.to_state,
        t.name, f.correlation_id, w.path, s.id, v.agent, v.data, v.content IS NOT NULL
    FROM events v
    JOIN types t ON t.seq = v.type
    JOIN workflows f ON f.seq = v.workflow
    JOIN workspaces w ON w.seq = v.workspace
    LEFT JOIN sessions s ON s.seq = v.session
    ORDER BY v.job, v.seq
"""
_SCOPE: Final = """
    CASE WHEN j.{0} IS NULL THEN NULL WHEN j.{0} IN (0, j.workspace) THEN j.{0} = 0 ELSE j.{0} END
"""
_READ_AS: Final = {
    "type": "coalesce(t.name, j.type)",
    "workflow": "coalesce(f.correlation_id, j.workflow)",
    "workspace": "coalesce(w.path, j.workspace)",
    "created_by": "coalesce(c.id, j.created_by)",
    "holder": "coalesce(h.id, j.holder)",
    "finished_by": "coalesce(e.id, j.finished_by)",
    "key_everywhere": _SCOPE.format("key_scope"),
    "resource_everywhere": _SCOPE.format("resource_scope"),
}
_JOB: Final = f"""
    SELECT {", ".join(_READ_AS.get(column, f"j.{column}") for column in TOLD)} FROM jobs j
    LEFT JOIN types t ON t.seq = j.type
    LEFT JOIN workflows f ON f.seq = j.workflow
    LEFT JOIN workspaces w ON w.seq = j.workspace
    LEFT JOIN sessions c ON c.seq = j.created_by
    LEFT JOIN sessions h ON h.seq = j.holder
    LEFT JOIN sessions e ON e.seq = j.finished_by
    WHERE j.seq = ?
"""
_NEEDS: Final = (
    "SELECT position, needs, on_failure FROM dependencies WHERE job = ? ORDER BY position"
)
TOUCHED: Final = f"""
    SELECT v.at FROM dependencies d JOIN events v ON v.job = d.needs
    WHERE d.job = ? AND v.seq > ? AND v.from_state IS NOT NULL
        AND ((d.on_failure, v.from_state) IN {MET}) <> ((d.on_failure, v.to_state) IN {MET})
    ORDER BY v.seq DESC LIMIT 1
"""
"""When a job was last told, since one of its events, that a dependency is met or no longer is."""
_WITHOUT_HISTORY: Final = """
    SELECT seq FROM jobs j WHERE NOT EXISTS (SELECT 1 FROM events WHERE job = j.seq)
"""
_STRAY_NEEDS: Final = """
    SELECT DISTINCT job FROM dependencies d WHERE NOT EXISTS (SELECT 1 FROM jobs WHERE seq = d.job)
"""
_WRONG_BLOCKERS: Final = f"""
    SELECT seq, blockers, unmet FROM (
        SELECT j.seq, j.blockers, (
            SELECT count(*) FROM dependencies d JOIN jobs n ON n.seq = d.needs
            WHERE d.job = j.seq AND {UNMET}) AS unmet
        FROM jobs j)
    WHERE blockers <> unmet
"""
LEFT_PARKED: Final = f"""
    SELECT min(seq) FROM jobs j WHERE state = 'pending' AND resource_key IS NOT NULL
    GROUP BY resource_scope, resource_key, managed_by, type, workflow
    HAVING min(parked) = 1 AND NOT EXISTS (
        SELECT 1 FROM jobs WHERE resource_scope = j.resource_scope
            AND resource_key = j.resource_key AND resource_key IS NOT NULL AND state = 'running')
    AND NOT EXISTS (
        SELECT 1 FROM limits l WHERE l.scope = 'resource' AND l.subject = j.resource_key
            AND {PLACE} = j.resource_scope AND l.starts IS NOT NULL)
"""
"""A job of each kind that waits in vain: nobody holds its resource, none of its kind is out, and no
rate holds the resource back until some time."""
COUNTED: Final = """
    SELECT workflow, iif(archived_at IS NULL, state, 'archived') AS what, count(*) AS jobs
    FROM jobs GROUP BY 1, 2
    UNION ALL
    SELECT workflow, 'blocked', count(*) FROM jobs
    WHERE state = 'pending' AND blockers > 0 GROUP BY workflow
"""
"""What the tallies are."""
_WRONG_TALLIES: Final = f"""
    WITH counted AS ({COUNTED})
    SELECT coalesce(f.correlation_id, workflow), what, sum(kept), sum(found) FROM (
        SELECT workflow, what, jobs AS kept, 0 AS found FROM tallies
        UNION ALL SELECT workflow, what, 0, jobs FROM counted)
    LEFT JOIN workflows f ON f.seq = workflow
    GROUP BY workflow, what HAVING sum(kept) <> sum(found)
"""


def stories(db: sqlite3.Connection) -> Iterator[tuple[int, Told]]:
    """Yield each job that the history knows, by number, with what it says."""
    first, _ = chain_start(db)
    for job, rows in groupby(db.execute(_BY_JOB), key=itemgetter(0)):
        lines = [Line(*row[1:]) for row in rows]
        is_cut = first > 1 and lines[0].kind != EventKind.ENQUEUED
        yield job, retell_cut(lines) if is_cut else retell(lines)


def wrong_jobs(db: sqlite3.Connection, now: int) -> Iterator[str]:
    """Yield each way in which a job differs from its history at time ``now``."""
    name = numbering(database_uuid(db))
    for job, told in stories(db):
        for problem in _told_wrong(db, job, told, name, now):
            yield f"Job {name(job)}: {problem}."
    for (job,) in db.execute(_WITHOUT_HISTORY):
        yield f"Job {name(job)}: it has no history."
    for (job,) in db.execute(_STRAY_NEEDS):
        yield f"Job {name(job)}: it is not there, but what it depends on is."


def wrong_counts(db: sqlite3.Connection) -> Iterator[str]:
    """Yield each count beside the jobs that is not what counting them says."""
    name = numbering(database_uuid(db))
    for job, kept, found in db.execute(_WRONG_BLOCKERS):
        yield f"Job {name(job)}: blockers is {kept}, unmet dependencies are {found}."
    for (job,) in db.execute(LEFT_PARKED):
        yield f"Job {name(job)}: it is parked, though nobody holds its resource."
    for workflow, what, kept, found in db.execute(_WRONG_TALLIES):
        yield f"Workflow {workflow}: {kept} jobs counted as {what}, there are {found}."


def _told_wrong(
    db: sqlite3.Connection, job: int, told: Told, name: Naming, now: int
) -> Iterator[str]:
    row = db.execute(_JOB, (job,)).fetchone()
    if told.fault is not None:
        yield told.fault
    elif row is None and not told.purged:
        yield f"it is gone, though {told.columns['state']} and never purged"
    elif row is not None and told.purged:
        yield "it is there, though its history says purged"
    elif row is not None:
        yield from _differences(db, job, told, dict(zip(TOLD, row, strict=True)), now)
        yield from _wrong_needs(db, job, told, name)


def _differences(
    db: sqlite3.Connection, job: int, told: Told, row: dict[str, Any], now: int
) -> Iterator[str]:
    for column, said in told.columns.items():
        found = row[column]
        if found == said or may_differ(column, found, said, row, now):
            continue
        if column == "updated_at":
            said = scalar(db.execute(TOUCHED, (job, told.newest))) or said
            if found == said:
                continue
        yield f"{column} is {_shown(found)}, its history says {_shown(said)}"


def may_differ(column: str, found: Any, said: Any, row: Mapping[str, Any], now: int) -> bool:
    """Say whether a difference is one that no event tells of."""
    match column:
        case "due":  # the time that it waited for came
            return bool(found) and not said and row["run_at"] <= now
        case "lease_expires_at":  # renewals are many
            return found is not None and said is not None
        case "parent" | "schedule":  # which was removed
            return found is None
        case _:
            return False


def _wrong_needs(db: sqlite3.Connection, job: int, told: Told, name: Naming) -> Iterator[str]:
    kept = db.execute(_NEEDS, (job,)).fetchall()
    said = [(position, *need) for position, need in enumerate(told.needs)]
    if kept != said:
        shown = ", ".join(f"{name(needs)} ({policy})" for _, needs, policy in said) or "nothing"
        yield f"it depends on other jobs, or otherwise, than its history says: {shown}"


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    text = str(int(value) if isinstance(value, bool) else value)
    return text if len(text) <= VALUE_CHARS_MAX else f"{text[:VALUE_CHARS_MAX]}…"
