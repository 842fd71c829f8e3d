"""Find the job a claim takes. Every search ends at an index's first row, whatever the backlog."""

import sqlite3
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from djobs_daemon.store.records import Wanted
from djobs_daemon.store.sqlite.gates import Closed
from djobs_daemon.store.sqlite.rows import NAMED_TYPES, as_json, scalar

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
_BEST: Final = f"""
    SELECT j.seq FROM ({{kinds}}) k
    JOIN jobs j ON j.seq = (
        SELECT seq FROM jobs WHERE {_LANE} AND type = k.type {{elsewhere}}
        ORDER BY priority, seq LIMIT 1)
    {{open}}
    ORDER BY j.priority, j.seq LIMIT 1
"""
_OPEN: Final = "WHERE k.type NOT IN (SELECT value FROM json_each(:closed_types))"
_ELSEWHERE: Final = "AND workspace NOT IN (SELECT value FROM json_each(:closed_workspaces))"
"""In a workflow, which may reach over several workspaces."""
_WORKSPACE: Final = "SELECT seq FROM workspaces WHERE path = ?"
_WORKFLOW: Final = "SELECT seq FROM workflows WHERE correlation_id = ?"
_NEXT_WORKSPACE: Final = f"""
    SELECT workspace FROM jobs WHERE managed_by = ? AND workspace > ? AND {READY}
    ORDER BY workspace LIMIT 1
"""


def next_ready(db: sqlite3.Connection, wanted: Wanted, closed: Closed) -> int | None:
    """Return the number of the most urgent, then oldest, of the jobs that may be claimed now.

    Without a workflow and a workspace, workspaces take turns: the search begins after
    ``wanted.after_workspace``.
    """
    if closed.everything:
        return None
    for column, place in _places(db, wanted):
        if column == "workspace" and place in closed.workspaces:
            continue
        values = {
            "managed_by": wanted.managed_by,
            "place": place,
            "types": as_json(wanted.types),
            "closed_types": as_json([*closed.types]),
            "closed_workspaces": as_json([*closed.workspaces]),
        }
        statement = _statement(
            column, bool(wanted.types), bool(closed.types), bool(closed.workspaces)
        )
        seq: int | None = scalar(db.execute(statement, values))
        if seq is not None:
            return seq
    return None


@cache
def _statement(column: str, named: bool, types_closed: bool, workspaces_closed: bool) -> str:
    kinds = NAMED_TYPES if named else _KINDS.format(column=column)
    reaches_over = column == "workflow" and workspaces_closed
    best = _BEST.replace("{column}", column).replace("{kinds}", kinds)
    best = best.replace("{elsewhere}", _ELSEWHERE if reaches_over else "")
    return best.replace("{open}", _OPEN if types_closed else "")


def _places(db: sqlite3.Connection, wanted: Wanted) -> Iterator[tuple[str, Any]]:
    if wanted.correlation_id is not None:
        yield "workflow", scalar(db.execute(_WORKFLOW, (wanted.correlation_id,)))
    elif wanted.workspace is not None:
        yield "workspace", scalar(db.execute(_WORKSPACE, (wanted.workspace,)))
    else:
        start = scalar(db.execute(_WORKSPACE, (wanted.after_workspace,))) or 0
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
