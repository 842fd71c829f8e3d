"""Pages and counts of jobs. Every statement finds its rows through an index."""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from djobs_daemon.queue.cursors import after_open_job
from djobs_daemon.store.records import JobFilter, JobRow
from djobs_daemon.store.sqlite.cursors import parse_cursor
from djobs_daemon.store.sqlite.rows import (
    JOBS,
    NAMED_TYPES,
    STATES,
    Naming,
    as_json,
    job_row,
    scalar,
)
from djobs_protocol.limits import PAGE_BYTES_MAX
from djobs_protocol.states import JobState

SEQ_MAX: Final = 2**63 - 1

_NEWEST: Final = f"""{JOBS}
    WHERE j.seq < ? AND j.archived_at IS :archived ORDER BY j.seq DESC LIMIT ?
"""
_NEWEST_IN_STATES: Final = f"""{JOBS}
    WHERE j.seq < ? AND j.archived_at IS :archived
        AND j.state IN (SELECT value FROM json_each(?))
    ORDER BY j.seq DESC LIMIT ?
"""
_BY_NUMBER: Final = f"""{JOBS}
    WHERE j.seq IN (SELECT value FROM json_each(?)) ORDER BY j.seq DESC
"""
_WORKFLOW: Final = "SELECT seq FROM workflows WHERE correlation_id = ?"
_ONE_STATE: Final = """
    SELECT seq FROM jobs WHERE workflow = ? AND state = ? AND seq < ? AND archived_at IS NULL
"""
_ARCHIVED: Final = """
    SELECT seq FROM jobs
    WHERE workflow = ? AND state IN (SELECT value FROM json_each(?)) AND seq < ?
        AND archived_at IS NOT NULL
    ORDER BY seq DESC LIMIT ?
"""
_UNFINISHED: Final = f"""{JOBS}
    WHERE j.workflow = ? AND j.state IN ('pending', 'running', 'retry_scheduled')
        AND (j.priority, j.seq) > (?, ?)
    ORDER BY j.priority, j.seq LIMIT ?
"""
_FAILED: Final = """
    SELECT seq FROM jobs
    WHERE state IN ('failed', 'dead_lettered') AND archived_at IS NULL
        AND state = '{state}' AND seq > :after
"""
_OPEN_BEFORE: Final = """
    SELECT seq FROM jobs
    WHERE workflow = ? AND state IN ('pending', 'running', 'retry_scheduled')
        AND seq > ? AND seq < ?
    ORDER BY seq LIMIT ?
"""
_OPEN_SINCE: Final = """
    SELECT
        (SELECT sum(jobs) FROM tallies
            WHERE workflow = f.seq AND what IN ('pending', 'running', 'retry_scheduled')),
        (SELECT created_at FROM jobs WHERE seq = (
            SELECT min((
                SELECT min(seq) FROM jobs WHERE workflow = f.seq AND priority = p.value
                    AND state IN ('pending', 'running', 'retry_scheduled')))
            FROM json_each('[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]') p))
    FROM workflows f WHERE f.correlation_id = ?
"""
"""One seek per priority: the index of open jobs is ordered by it first."""
_TALLIES: Final = "SELECT what, jobs FROM tallies WHERE workflow = ?"
_ALL_TALLIES: Final = "SELECT what, sum(jobs) FROM tallies GROUP BY what"
_BLOCKED: Final = "SELECT jobs FROM tallies WHERE workflow = ? AND what = 'blocked'"

Page = tuple[list[JobRow], str | None]


def newest(
    db: sqlite3.Connection, name: Naming, which: JobFilter, limit: int, cursor: str | None
) -> Page:
    """Return a page of jobs, newest first, and the cursor of the next page."""
    (before,) = parse_cursor(cursor, 1) or (SEQ_MAX,)
    archived = "NOT NULL" if which.archived else "NULL"
    if which.correlation_id is not None:
        numbers = _numbers(db, which, before, limit + 1)
        rows = db.execute(_BY_NUMBER, (as_json(numbers),))
    elif which.states:
        states = as_json([state.value for state in which.states])
        rows = db.execute(
            _NEWEST_IN_STATES.replace(":archived", archived), (before, states, limit + 1)
        )
    else:
        rows = db.execute(_NEWEST.replace(":archived", archived), (before, limit + 1))
    jobs, more = _page(rows, name, limit)
    return jobs, str(jobs[-1].seq) if more else None


def _numbers(db: sqlite3.Connection, which: JobFilter, before: int, limit: int) -> list[int]:
    """Merge the newest of each state: the cost is the page, however rare the state is.

    Of archived jobs, which are looked at rarely, all are walked through.
    """
    workflow = scalar(db.execute(_WORKFLOW, (which.correlation_id,)))
    wanted = list(dict.fromkeys(which.states)) or list(JobState)
    if which.archived:
        states = as_json([state.value for state in wanted])
        return [seq for (seq,) in db.execute(_ARCHIVED, (workflow, states, before, limit))]
    merged = " UNION ALL ".join([_ONE_STATE] * len(wanted)) + " ORDER BY seq DESC LIMIT ?"
    values = [value for state in wanted for value in (workflow, state.value, before)]
    return [seq for (seq,) in db.execute(merged, (*values, limit))]


def unfinished(
    db: sqlite3.Connection, name: Naming, correlation_id: str, limit: int, cursor: str | None
) -> Page:
    """Return a page of open jobs: by priority, then oldest first."""
    priority, seq = parse_cursor(cursor, 2) or (0, 0)
    workflow = scalar(db.execute(_WORKFLOW, (correlation_id,)))
    jobs, more = _page(db.execute(_UNFINISHED, (workflow, priority, seq, limit + 1)), name, limit)
    return jobs, after_open_job(jobs[-1].priority, jobs[-1].seq) if more else None


def open_before(
    db: sqlite3.Connection, name: Naming, job: JobRow, limit: int, cursor: str | None
) -> tuple[list[str], str | None]:
    """Return a page of the open jobs of a job's workflow from before it, oldest first."""
    (after,) = parse_cursor(cursor, 1) or (0,)
    workflow = scalar(db.execute(_WORKFLOW, (job.correlation_id,)))
    rows = db.execute(_OPEN_BEFORE, (workflow, after, job.seq, limit + 1))
    return _page_of_ids(rows, name, limit)


def failed(
    db: sqlite3.Connection,
    name: Naming,
    correlation_id: str | None,
    types: Sequence[str],
    limit: int,
    cursor: str | None,
) -> tuple[list[str], str | None]:
    """Return a page of the jobs that failed or were dead-lettered, oldest first."""
    (after,) = parse_cursor(cursor, 1) or (0,)
    values: dict[str, Any] = {"types": as_json(types), "limit": limit + 1, "after": after}
    narrowed = ""
    if correlation_id is not None:
        values["workflow"] = scalar(db.execute(_WORKFLOW, (correlation_id,)))
        narrowed += " AND workflow = :workflow"
    if types:
        narrowed += f" AND type IN ({NAMED_TYPES})"
    each = [_FAILED.format(state=state) + narrowed for state in ("failed", "dead_lettered")]
    rows = db.execute(f"{' UNION ALL '.join(each)} ORDER BY seq LIMIT :limit", values)
    return _page_of_ids(rows, name, limit)


def _page_of_ids(rows: sqlite3.Cursor, name: Naming, limit: int) -> tuple[list[str], str | None]:
    numbers = [seq for (seq,) in rows]
    more = len(numbers) > limit
    return [name(seq) for seq in numbers[:limit]], str(numbers[limit - 1]) if more else None


def _page(rows: sqlite3.Cursor, name: Naming, limit: int) -> tuple[list[JobRow], bool]:
    """Return the first jobs, bounded in number and bytes, and whether there are more."""
    jobs: list[JobRow] = []
    weight = 0
    for row in rows:
        if len(jobs) == limit or weight > PAGE_BYTES_MAX:
            rows.close()
            return jobs, True
        job = job_row(row, name)
        jobs.append(job)
        weight += _weight(job)
    return jobs, False


def _weight(job: JobRow) -> int:
    """Return the bytes of a job's long values in a reply; the payload is JSON already."""
    texts = [text for text in (job.evidence, job.last_error) if text is not None]
    return len(job.payload.encode()) + sum(len(msgspec.json.encode(text)) for text in texts)


def counts(db: sqlite3.Connection, which: JobFilter) -> Mapping[JobState, int]:
    """Count jobs by state; states without jobs are left out."""
    if which.correlation_id is None:
        rows = db.execute(_ALL_TALLIES)
    else:
        workflow = scalar(db.execute(_WORKFLOW, (which.correlation_id,)))
        rows = db.execute(_TALLIES, (workflow,))
    tally = {STATES[what]: jobs for what, jobs in rows if what in STATES and jobs}
    wanted = which.states or tuple(JobState)
    return {state: jobs for state, jobs in tally.items() if state in wanted}


def count_blocked(db: sqlite3.Connection, correlation_id: str) -> int:
    """Count pending jobs with unmet dependencies."""
    workflow = scalar(db.execute(_WORKFLOW, (correlation_id,)))
    return scalar(db.execute(_BLOCKED, (workflow,))) or 0


def count_unfinished(db: sqlite3.Connection, correlation_id: str) -> int:
    """Count the open jobs of a workflow."""
    return unfinished_since(db, correlation_id)[0]


def unfinished_since(db: sqlite3.Connection, correlation_id: str) -> tuple[int, int | None]:
    """Return how many jobs are open and when the oldest of them was created."""
    row = db.execute(_OPEN_SINCE, (correlation_id,)).fetchone()
    return (0, None) if row is None else (row[0] or 0, row[1])
