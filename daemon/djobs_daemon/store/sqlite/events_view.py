"""Pages and counts of the history. Every statement finds its rows through an index."""

import sqlite3
from collections import Counter
from typing import Any, Final

from djobs_daemon.store.records import EventCounts, EventFilter, EventRow
from djobs_daemon.store.sqlite.cursors import parse_cursor
from djobs_daemon.store.sqlite.rows import EVENTS, Naming, as_json, event_rows, scalar

_OF_JOB: Final = f"{EVENTS} WHERE v.job = ? ORDER BY v.seq DESC LIMIT ?"
_HOW_MANY: Final = "SELECT count(*) FROM events WHERE job = ?"
_IN_WORKFLOW: Final = "v.workflow = (SELECT seq FROM workflows WHERE correlation_id = ?) AND "
_OF_KINDS: Final = "v.kind IN (SELECT value FROM json_each(?)) AND "
_COUNT: Final = """
    SELECT grouped.kind, t.name, s.id, sum(grouped.n)
    FROM (SELECT kind, type, session, count(*) n FROM events v WHERE {which}
        GROUP BY kind, type, session) grouped
    JOIN types t ON t.seq = grouped.type
    JOIN sessions s ON s.seq = grouped.session
    GROUP BY grouped.kind, t.name, s.id
"""


def of_job(
    db: sqlite3.Connection, name: Naming, seq: int, limit: int
) -> tuple[list[EventRow], int]:
    """Return the newest ``limit`` events of a job, oldest first, and how many there are."""
    found = event_rows(db.execute(_OF_JOB, (seq, limit)), name)
    return found[::-1], scalar(db.execute(_HOW_MANY, (seq,)))


def newest(
    db: sqlite3.Connection, name: Naming, which: EventFilter, limit: int, cursor: str | None
) -> tuple[list[EventRow], str | None]:
    """Return a page of events, newest first, and the cursor of the next page."""
    before = parse_cursor(cursor, 2) or (which.until, 0)
    where, values = _where(which, at_most=before[0])
    statement = f"""{EVENTS} WHERE {where} AND (v.at, v.seq) < (?, ?)
        ORDER BY v.at DESC, v.seq DESC LIMIT ?"""
    found = event_rows(db.execute(statement, (*values, *before, limit + 1)), name)
    last = found[limit - 1] if len(found) > limit else None
    return found[:limit], None if last is None else f"{last.at}.{last.seq}"


def counts(db: sqlite3.Connection, which: EventFilter) -> EventCounts:
    """Count the events that match, three ways, in one pass over the span."""
    where, values = _where(which, at_most=which.until - 1)
    rows = db.execute(_COUNT.format(which=where), values).fetchall()
    by_kind: Counter[str] = Counter()
    by_type: Counter[str] = Counter()
    by_session: Counter[str] = Counter()
    for kind, job_type, session, number in rows:
        by_kind[kind] += number
        by_type[job_type] += number
        by_session[session] += number
    return EventCounts(by_kind.total(), by_kind, by_type, by_session)


def _where(which: EventFilter, at_most: int) -> tuple[str, tuple[Any, ...]]:
    terms, values = "", []
    if which.correlation_id is not None:
        terms += _IN_WORKFLOW
        values.append(which.correlation_id)
    if which.kinds:
        terms += _OF_KINDS
        values.append(as_json([kind.value for kind in which.kinds]))
    return f"{terms}v.at >= ? AND v.at <= ?", (*values, which.since, at_most)
