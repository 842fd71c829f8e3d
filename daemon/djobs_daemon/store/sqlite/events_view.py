"""Pages and counts of the history. Every statement finds its rows through an index."""

import sqlite3
from collections import Counter
from typing import Any, Final

from djobs_daemon.store.records import EventCounts, EventFilter, EventRow
from djobs_daemon.store.sqlite.cursors import parse_cursor
from djobs_daemon.store.sqlite.rows import EVENTS, Naming, as_json, event_rows, scalar

_OF_JOB: Final = f"{EVENTS} WHERE v.job = ? ORDER BY v.seq DESC LIMIT ?"
_HOW_MANY: Final = "SELECT count(*) FROM events WHERE job = ?"
_JOB: Final = "v.job = ?"
_WORKFLOW: Final = "v.workflow = (SELECT seq FROM workflows WHERE correlation_id = ?)"
_WORKSPACE: Final = "v.workspace = (SELECT seq FROM workspaces WHERE path = ?)"
_SESSION: Final = "v.session = (SELECT seq FROM sessions WHERE id = ?)"
_AGENT: Final = "v.agent = ?"
_KINDS: Final = "v.kind IN (SELECT value FROM json_each(?))"
_TYPES: Final = """
    v.type IN (SELECT seq FROM types WHERE name IN (SELECT value FROM json_each(?)))
"""
_COUNT: Final = """
    SELECT grouped.kind, t.name, w.path, grouped.agent, s.id, grouped.n
    FROM (SELECT kind, type, workspace, agent, session, count(*) n FROM events v WHERE {which}
        GROUP BY kind, type, workspace, agent, session) grouped
    JOIN types t ON t.seq = grouped.type
    JOIN workspaces w ON w.seq = grouped.workspace
    JOIN sessions s ON s.seq = grouped.session
"""


def of_job(
    db: sqlite3.Connection, name: Naming, seq: int, limit: int
) -> tuple[list[EventRow], int]:
    """Return the newest ``limit`` events of a job, oldest first, and how many there are."""
    found = event_rows(db.execute(_OF_JOB, (seq, limit)), name)
    return found[::-1], scalar(db.execute(_HOW_MANY, (seq,)))


def newest(
    db: sqlite3.Connection,
    name: Naming,
    which: EventFilter,
    job: int | None,
    limit: int,
    cursor: str | None,
) -> tuple[list[EventRow], str | None]:
    """Return a page of events, newest first, and the cursor of the next page.

    ``job`` is the number behind the filter's id, None if it has none or that id was never given.
    """
    before = parse_cursor(cursor, 2) or (which.until, 0)
    where, values = _where(which, job, at_most=before[0])
    statement = f"""{EVENTS} WHERE {where} AND (v.at, v.seq) < (?, ?)
        ORDER BY v.at DESC, v.seq DESC LIMIT ?"""
    found = event_rows(db.execute(statement, (*values, *before, limit + 1)), name)
    last = found[limit - 1] if len(found) > limit else None
    return found[:limit], None if last is None else f"{last.at}.{last.seq}"


def counts(db: sqlite3.Connection, which: EventFilter, job: int | None) -> EventCounts:
    """Count the events that match, five ways, in one pass over the span."""
    where, values = _where(which, job, at_most=which.until - 1)
    total = 0
    sums: tuple[Counter[str], ...] = tuple(Counter() for _ in range(5))
    for *names, number in db.execute(_COUNT.format(which=where), values):
        total += number
        for counter, name in zip(sums, names, strict=True):
            if name is not None:
                counter[name] += number
    return EventCounts(total, *sums)


def _where(which: EventFilter, job: int | None, at_most: int) -> tuple[str, tuple[Any, ...]]:
    """Return the condition and its values; only what is asked for is part of it.

    What has no index of its own narrows the walk down the index by time.
    """
    asked: list[tuple[str, Any]] = [
        (_JOB, None if which.job_id is None else job or 0),
        (_WORKFLOW, which.correlation_id),
        (_WORKSPACE, which.workspace),
        (_SESSION, which.session),
        (_AGENT, which.agent),
        (_KINDS, as_json([kind.value for kind in which.kinds]) if which.kinds else None),
        (_TYPES, as_json(which.types) if which.types else None),
        ("v.at >= ?", which.since),
        ("v.at <= ?", at_most),
    ]
    chosen = [(term, value) for term, value in asked if value is not None]
    return " AND ".join(term for term, _ in chosen), tuple(value for _, value in chosen)
