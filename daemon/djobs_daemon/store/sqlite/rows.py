"""From a row of SQL to a row of the interface."""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import msgspec

from djobs_daemon.queue.dependencies import ON_FAILURE, is_met
from djobs_daemon.store.records import EventRow, JobRow
from djobs_protocol.states import EventKind, JobState

STATES: Final = {state.value: state for state in JobState}
KINDS: Final = {kind.value: kind for kind in EventKind}

JOBS: Final = """
    SELECT j.seq, j.run, t.name, j.managed_by, j.state, j.priority, coalesce(p.body, '{}'),
        f.correlation_id, w.path, j.idempotency_key, j.resource_key,
        j.attempt, j.max_attempts, j.blockers, j.due, j.parked,
        j.key_scope = 0, j.resource_scope = 0, j.key_states, j.key_until,
        j.paused_at, j.archived_at,
        j.lease_ms, j.held_ms, j.retry_policy, j.revision, j.generation,
        h.id, j.holder_agent, j.lease_expires_at,
        j.run_at, j.created_at, j.updated_at, j.started_at, j.finished_at,
        e.id, v.body, x.body,
        j.max_duration_ms, j.stop_requested_at, j.exit_code, j.sandbox_enforced,
        j.depth, j.verify, j.verified, j.offered_in, j.receipt_in,
        j.budget, j.env, j.sandbox
    FROM jobs j
    JOIN types t ON t.seq = j.type
    JOIN workflows f ON f.seq = j.workflow
    JOIN workspaces w ON w.seq = j.workspace
    LEFT JOIN texts p ON p.event = j.payload_in
    LEFT JOIN texts v ON v.event = j.evidence_in
    LEFT JOIN texts x ON x.event = j.error_in
    LEFT JOIN sessions h ON h.seq = j.holder
    LEFT JOIN sessions e ON e.seq = j.finished_by
"""
"""Begins every statement that reads whole jobs; append a WHERE over ``j``."""

_MET: Final = [
    f"('{policy}', '{state}')"
    for policy in ON_FAILURE
    for state in JobState
    if is_met(state, policy)
]
MET: Final = f"(VALUES {', '.join(_MET)})"
"""The pairs of a policy and a state in which a dependency is met."""
UNMET: Final = f"(d.on_failure, n.state) NOT IN {MET}"
"""A dependency ``d`` on a job ``n`` that holds up."""

NAMED_TYPES: Final = """
    SELECT seq AS type FROM types WHERE name IN (SELECT value FROM json_each(:types))
"""
"""The types whose names are given as ``types``, a JSON array."""

EVENTS: Final = """
    SELECT v.seq, v.at, v.kind, v.job, t.name, f.correlation_id, v.to_state, s.id, v.agent, v.note
    FROM events v
    JOIN types t ON t.seq = v.type
    JOIN workflows f ON f.seq = v.workflow
    JOIN sessions s ON s.seq = v.session
"""
"""Begins every statement that reads whole events; append a WHERE over ``v``."""

Naming = Callable[[int], str]
_VERIFIED: Final = -6


def job_row(row: tuple[Any, ...], name: Naming) -> JobRow:
    """Build a job from a row of ``JOBS``."""
    seq, run, job_type, managed_by, state, *rest = row
    rest[9:13] = [bool(each) for each in rest[9:13]]
    rest[_VERIFIED] = None if rest[_VERIFIED] is None else bool(rest[_VERIFIED])
    return JobRow(seq, name(seq), run, job_type, managed_by, STATES[state], *rest)


def job_rows(rows: Iterable[tuple[Any, ...]], name: Naming) -> list[JobRow]:
    """Build the jobs of a statement that begins with ``JOBS``."""
    return [job_row(row, name) for row in rows]


def event_rows(rows: Iterable[tuple[Any, ...]], name: Naming) -> list[EventRow]:
    """Build the events of a statement that begins with ``EVENTS``."""
    return [
        EventRow(seq, at, KINDS[kind], name(job), job_type, workflow, STATES[state], *rest)
        for seq, at, kind, job, job_type, workflow, state, *rest in rows
    ]


def as_json(values: Sequence[Any]) -> str:
    """Return values as a JSON array: for ``json_each``, one statement whatever their number."""
    return msgspec.json.encode(values).decode()


def scalar(cursor: sqlite3.Cursor) -> Any:
    """Return the first column of the first row, or None."""
    row = cursor.fetchone()
    return None if row is None else row[0]
