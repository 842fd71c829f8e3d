"""Tell a job's row from its history alone. Pure.

The rules of the writer (``ledger``, ``drafts``) are written down here a second time, as what each
event implies: so the check finds a fault of the writer as well as a changed row.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from djobs_daemon.store.sqlite.drafts import DEFAULTS
from djobs_protocol.states import (
    TERMINAL_EVENTS,
    UNMOVING_EVENTS,
    EventKind,
    IllegalTransition,
    JobState,
    next_state,
)

TOLD: Final = (
    *("run", "type", "managed_by", "state", "priority", "workflow", "workspace"),
    *("idempotency_key", "key_everywhere", "key_states", "key_until", "key_freed_at"),
    *("resource_key", "resource_everywhere", "attempt", "max_attempts", "due", "revision"),
    *("generation", "run_at", "created_at", "updated_at", "created_by"),
    *("holder", "holder_agent", "lease_expires_at", "started_at", "finished_at", "finished_by"),
    *("payload_in", "evidence_in", "error_in", "env", "output_path", "model", "verify"),
    *("retry_policy", "max_duration_ms", "lease_ms", "held_ms", "graph_key", "budget", "sandbox"),
    *("parent", "schedule", "archived_at", "paused_at", "stop_requested_at", "exit_code"),
    *("sandbox_enforced", "verified", "offered_in", "receipt_in", "depth"),
)
"""What the history tells of a job, by its column; names and session ids stand for their numbers,
``key_everywhere`` and ``resource_everywhere`` for the scopes."""

_NAMES: Final = {"idempotency_key_freed": "key_freed_at", "holder_session": "holder"}
"""Columns that an event's data calls otherwise."""
_UNREVISED: Final = frozenset({EventKind.BLOCKED, EventKind.UNBLOCKED})
_NOTHING: Final[Mapping[str, Any]] = dict.fromkeys(TOLD)
_decode = msgspec.json.Decoder(dict[str, Any]).decode

Columns = dict[str, Any]


class Line(NamedTuple):
    """One event of a job."""

    seq: int
    at: int
    kind: str
    run: int
    before: str | None
    after: str
    type: str
    correlation_id: str
    workspace: str
    session: str | None
    agent: str | None
    data: str | None
    has_text: bool


class Told(NamedTuple):
    """What the history says of a job."""

    columns: Mapping[str, Any]
    needs: list[list[Any]]
    """The number and the policy of each job it depends on, in order."""
    newest: int
    """The number of its last event."""
    purged: bool
    fault: str | None = None
    """Where the history contradicts itself; the rest is then as it was before that."""


def retell(lines: Iterable[Line]) -> Told:
    """Fold a job's events into its row."""
    told = Told({}, [], 0, purged=False)
    for line in lines:
        try:
            told = _tell(told, line)
        except (ValueError, KeyError, msgspec.MsgspecError) as error:
            return told._replace(fault=f"event {line.seq} is impossible: {error}")
        if told.fault is not None:
            return told
    return told


def retell_cut(lines: Sequence[Line]) -> Told:
    """Return what the history says of a job whose beginning was cut off.

    That is cut of purged jobs only, and their last line says that they are.
    """
    last = lines[-1]
    if last.kind == EventKind.PURGED:
        return Told({}, [], last.seq, purged=True)
    return Told({}, [], last.seq, purged=False, fault="the beginning of its history is missing")


def _tell(told: Told, line: Line) -> Told:
    event = EventKind(line.kind)
    columns = dict(told.columns)
    state = _state_after(columns.get("state"), event)
    opens = event in (EventKind.ENQUEUED, EventKind.RETRIED)
    expected = (columns.get("state"), state, (columns.get("run") or 0) + opens)
    if expected != (line.before, line.after, line.run):
        return told._replace(fault=f"event {line.seq} contradicts the one before it")
    data = {} if line.data is None else _decode(line.data)
    if event is EventKind.ENQUEUED:
        needs = data.pop("needs", [])
        columns, told = _enqueued(line, DEFAULTS | data), told._replace(needs=needs)
    else:
        _moved(columns, event, line)
        _set(columns, data)
    columns |= {"state": state, "run": line.run, "updated_at": line.at}
    if line.has_text:
        columns[_column_of_text(event)] = line.seq
    return told._replace(columns=columns, newest=line.seq, purged=event is EventKind.PURGED)


def _state_after(state: JobState | None, event: EventKind) -> JobState:
    if state is None:
        if event is EventKind.ENQUEUED:
            return JobState.PENDING
        raise IllegalTransition(JobState.PENDING, event)
    return state if event in UNMOVING_EVENTS else next_state(state, event)


def _enqueued(line: Line, asked: Columns) -> Columns:
    columns = dict(_NOTHING) | {
        "type": line.type,
        "workflow": line.correlation_id,
        "workspace": line.workspace,
        "attempt": 0,
        "revision": 1,
        "generation": 0,
        "run_at": line.at,
        "created_at": line.at,
        "created_by": line.session,
    }
    _set(columns, asked)
    columns["due"] = columns["run_at"] <= line.at
    for key, scope in (
        ("idempotency_key", "key_everywhere"),
        ("resource_key", "resource_everywhere"),
    ):
        if columns[key] is None:
            columns[scope] = None
    return columns


def _set(columns: Columns, data: Mapping[str, Any]) -> None:
    for name, value in data.items():
        column = _NAMES.get(name, name)
        if column not in _NOTHING:
            raise ValueError(f"a job has no {name}")
        columns[column] = value


def _moved(columns: Columns, event: EventKind, line: Line) -> None:
    if event not in _UNREVISED:
        columns["revision"] += 1
    if event in UNMOVING_EVENTS:
        return
    if columns["state"] is JobState.RUNNING:
        columns |= {"holder": None, "holder_agent": None}
        columns |= {"lease_expires_at": None, "held_ms": None, "offered_in": None}
    if event in TERMINAL_EVENTS:
        columns |= {"finished_at": line.at, "finished_by": line.session, "due": True}
    elif event in _IMPLIED:
        columns |= _IMPLIED[event](columns, line)


_IMPLIED: Final[Mapping[EventKind, Callable[[Columns, Line], Columns]]] = {
    EventKind.CLAIMED: lambda columns, line: {
        "holder": line.session,
        "holder_agent": line.agent,
        "started_at": line.at,
        "attempt": columns["attempt"] + 1,
        "generation": columns["generation"] + 1,
    },
    EventKind.RELEASED: lambda columns, _: {"attempt": columns["attempt"] - 1},
    EventKind.RETRY_DUE: lambda _, __: {"due": True},
    EventKind.RETRIED: lambda _, line: {
        "attempt": 0,
        "run_at": line.at,
        "started_at": None,
        "finished_at": None,
        "finished_by": None,
        "evidence_in": None,
        "archived_at": None,
        "paused_at": None,
        "stop_requested_at": None,
        "exit_code": None,
        "sandbox_enforced": None,
        "verified": None,
        "receipt_in": None,
    },
}


_TEXT: Final[Mapping[EventKind, str]] = {
    EventKind.ENQUEUED: "payload_in",
    EventKind.AMENDED: "payload_in",
    EventKind.SUCCEEDED: "evidence_in",
    EventKind.OFFERED: "offered_in",
    EventKind.CHECKED: "receipt_in",
}


def _column_of_text(event: EventKind) -> str:
    return _TEXT.get(event, "error_in")
