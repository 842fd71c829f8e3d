"""The history forwards: what comes after a line, by the order of the lines themselves."""

import sqlite3
from typing import Any, Final

from djobs_daemon.store.records import FeedFilter, FeedPage
from djobs_daemon.store.sqlite.anchor import chain_start
from djobs_daemon.store.sqlite.rows import EVENTS, Naming, as_json, event_rows, scalar

LINES_MAX: Final = 5_000
"""Looked at for one page: what matches rarely keeps nobody else from reading meanwhile."""

_NEWEST: Final = "SELECT max(seq) FROM events"
_NEXT_OF_JOBS: Final = """
    SELECT min(seq) FROM events
    WHERE job IN (SELECT value FROM json_each(?)) AND seq > ?
"""
_SINCE: Final = "SELECT seq FROM events WHERE at >= ? ORDER BY at, seq LIMIT 1"
_OF_JOBS: Final = "+v.job IN (SELECT value FROM json_each(:jobs))"
_IN_WORKFLOWS: Final = """+v.workflow IN (
    SELECT seq FROM workflows WHERE correlation_id IN (SELECT value FROM json_each(:workflows)))"""
_OF_KINDS: Final = "v.kind IN (SELECT value FROM json_each(:kinds))"
_OF_TYPES: Final = """v.type IN (
    SELECT seq FROM types WHERE name IN (SELECT value FROM json_each(:types)))"""
_BY_AGENT: Final = "v.agent = :agent"


def after(
    db: sqlite3.Connection,
    name: Naming,
    which: FeedFilter,
    jobs: str,
    offset: int | None,
    limit: int,
) -> FeedPage:
    """Return a page of what comes after ``offset``; ``jobs`` are the filter's, as JSON numbers."""
    first, _ = chain_start(db)
    newest = scalar(db.execute(_NEWEST)) or first - 1
    if offset is None or offset >= newest:
        return FeedPage((), newest, first, newest)
    start = max(offset, first - 1)
    if which.job_ids and not which.correlation_ids:
        following = scalar(db.execute(_NEXT_OF_JOBS, (jobs, start)))
        start = newest if following is None else following - 1
    reach = min(newest, start + LINES_MAX)
    statement, values = _statement(which)
    bounds = {"start": start, "reach": reach, "jobs": jobs, "limit": limit}
    found = event_rows(db.execute(statement, {**values, **bounds}), name)
    return FeedPage(found, found[-1].seq if len(found) == limit else reach, first, newest)


def offset_at(db: sqlite3.Connection, at: int) -> int:
    """Return the offset after which the events begin that are not earlier than a time."""
    first = scalar(db.execute(_SINCE, (at,)))
    return int(first) - 1 if first is not None else scalar(db.execute(_NEWEST)) or 0


def _statement(which: FeedFilter) -> tuple[str, dict[str, Any]]:
    """Return the search for a filter. ``+`` keeps to the order of the lines (see SQLite's docs)."""
    subjects = [_OF_JOBS] * bool(which.job_ids) + [_IN_WORKFLOWS] * bool(which.correlation_ids)
    terms = [f"({' OR '.join(subjects)})"] if subjects else []
    terms += [_OF_KINDS] * bool(which.kinds) + [_OF_TYPES] * bool(which.types)
    terms += [_BY_AGENT] * (which.agent is not None)
    where = " AND ".join(["v.seq > :start AND v.seq <= :reach", *terms])
    values = {
        "workflows": as_json(which.correlation_ids),
        "kinds": as_json([kind.value for kind in which.kinds]),
        "types": as_json(which.types),
        "agent": which.agent,
    }
    return f"{EVENTS} WHERE {where} ORDER BY v.seq LIMIT :limit", values
