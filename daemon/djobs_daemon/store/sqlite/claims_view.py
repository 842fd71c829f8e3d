"""Find the job a claim takes. Every search ends at an index's first row, whatever the backlog."""

import sqlite3
from collections.abc import Iterator
from functools import cache, partial
from typing import Any, Final

from djobs_daemon.store.records import JobRow, Wanted
from djobs_daemon.store.sqlite.gates import NOTHING, Closed
from djobs_daemon.store.sqlite.names import JobNames
from djobs_daemon.store.sqlite.rows import JOBS, NAMED_TYPES, Naming, as_json, job_row, scalar

READY: Final = """
    state = 'pending' AND blockers = 0 AND due = 1 AND parked = 0 AND paused_at IS NULL
"""
_LANE: Final = f"managed_by = :managed_by AND {{column}} = :place AND {READY}"
_KINDS: Final = f"""
    WITH RECURSIVE kinds (type) AS (
        SELECT (SELECT type FROM jobs WHERE {_LANE} ORDER BY type LIMIT 1)
        UNION ALL
        SELECT (SELECT type FROM jobs WHERE {_LANE} AND type > kinds.type ORDER BY type LIMIT 1)
        FROM kinds WHERE kinds.type IS NOT NULL)
    SELECT type FROM kinds WHERE type IS NOT NULL
"""
"""Each type that has a ready job, by one seek each: SQLite has no loose index scan of its own."""
_BEST: Final = f"""{JOBS} WHERE j.seq = (
    SELECT b.seq FROM ({{kinds}}) k
    JOIN jobs b ON b.seq = (
        SELECT seq FROM jobs WHERE {_LANE} AND type = k.type {{elsewhere}}
        ORDER BY priority, seq LIMIT 1)
    {{open}}
    ORDER BY b.priority, b.seq LIMIT 1)
"""
_OPEN: Final = "WHERE k.type NOT IN (SELECT value FROM json_each(:closed_types))"
_ELSEWHERE: Final = "AND workspace NOT IN (SELECT value FROM json_each(:closed_workspaces))"
"""In a workflow, which may reach over several workspaces."""
_NEXT_WORKSPACE: Final = f"""
    SELECT workspace FROM jobs WHERE managed_by = ? AND workspace > ? AND {READY}
    ORDER BY workspace LIMIT 1
"""


def next_ready(
    db: sqlite3.Connection, names: JobNames, wanted: Wanted, closed: Closed, name: Naming
) -> JobRow | None:
    """Return the most urgent, then oldest, of the jobs that may be claimed now.

    Without a workflow and a workspace, workspaces take turns: the search begins after
    ``wanted.after_workspace``.
    """
    if closed.everything:
        return None
    values: dict[str, Any] = {"managed_by": wanted.managed_by}
    if wanted.types:
        values["types"] = as_json(wanted.types)
    if closed is not NOTHING:
        values["closed_types"] = as_json([*closed.types])
        values["closed_workspaces"] = as_json([*closed.workspaces])
    statement = partial(_statement, bool(wanted.types), bool(closed.types), bool(closed.workspaces))
    for column, place in _places(db, names, wanted):
        if column == "workspace" and place in closed.workspaces:
            continue
        row = db.execute(statement(column), values | {"place": place}).fetchone()
        if row is not None:
            return job_row(row, name)
    return None


@cache
def _statement(named: bool, types_closed: bool, workspaces_closed: bool, column: str) -> str:
    kinds = NAMED_TYPES if named else _KINDS.format(column=column)
    reaches_over = column == "workflow" and workspaces_closed
    best = _BEST.replace("{column}", column).replace("{kinds}", kinds)
    best = best.replace("{elsewhere}", _ELSEWHERE if reaches_over else "")
    return best.replace("{open}", _OPEN if types_closed else "")


def _places(
    db: sqlite3.Connection, names: JobNames, wanted: Wanted
) -> Iterator[tuple[str, int | None]]:
    if wanted.correlation_id is not None:
        yield "workflow", names.workflows.known(wanted.correlation_id)
    elif wanted.workspace is not None:
        yield "workspace", names.workspaces.known(wanted.workspace)
    else:
        start = names.workspaces.known(wanted.after_workspace) or 0
        yield from (("workspace", each) for each in _in_turn(db, wanted.managed_by, start))


def _in_turn(db: sqlite3.Connection, managed_by: str, start: int) -> Iterator[int]:
    """Yield the workspaces with ready jobs: those after ``start``, then the others."""
    for low, high in ((start, None), (-1, start)):
        at = low
        while True:
            at = scalar(db.execute(_NEXT_WORKSPACE, (managed_by, at)))
            if at is None or (high is not None and at > high):
                break
            yield at
