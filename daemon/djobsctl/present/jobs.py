"""Jobs and events as a person reads them."""

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any, Final

from djobsctl.present.screen import Screen
from djobsctl.present.table import Cell, Column, table
from djobsctl.present.text import ago, clock, length, safe

STATE_STYLES: Final = {
    "pending": "",
    "running": "yellow",
    "retry_scheduled": "yellow",
    "succeeded": "green",
    "failed": "red",
    "dead_lettered": "red",
    "cancelled": "dim",
    "stopped": "dim",
    "skipped": "dim",
}

SESSION_COLUMNS_MAX: Final = 12

JOB_COLUMNS: Final = (
    Column("ID"),
    Column("STATE"),
    Column("TYPE", flexible=True),
    Column("ENQUEUED"),
    Column("WORKFLOW", flexible=True),
    Column("WHAT", flexible=True),
)
EVENT_COLUMNS: Final = (
    Column("WHEN"),
    Column("EVENT"),
    Column("JOB"),
    Column("TYPE", flexible=True),
    Column("SESSION", columns_max=SESSION_COLUMNS_MAX),
    Column("NOTE", flexible=True),
)


def job_table(jobs: Sequence[Mapping[str, Any]], screen: Screen) -> str:
    """Return the jobs as a table."""
    rows: list[list[str | Cell]] = [
        [
            str(job["id"]),
            state_cell(job["state"]),
            str(job["type"]),
            ago(job.get("created_at"), screen.now),
            workflow_name(str(job.get("correlation_id", ""))),
            what(job, screen.now),
        ]
        for job in jobs
    ]
    return table(JOB_COLUMNS, rows, screen)


def job_event_table(events: Sequence[Mapping[str, Any]], screen: Screen) -> str:
    """Return the events of one job, which need not name it."""
    rows: list[list[str | Cell]] = [
        [
            clock(event.get("at"), screen.now),
            Cell(str(event["kind"]), STATE_STYLES.get(event["kind"], "")),
            session_name(event),
            str(event.get("note") or ""),
        ]
        for event in events
    ]
    own = [column for column in EVENT_COLUMNS if column.title not in ("JOB", "TYPE")]
    return table(own, rows, screen)


def event_table(events: Sequence[Mapping[str, Any]], screen: Screen) -> str:
    """Return the events as a table."""
    rows: list[list[str | Cell]] = [
        [
            clock(event.get("at"), screen.now),
            Cell(str(event["kind"]), STATE_STYLES.get(event["kind"], "")),
            str(event["job_id"]),
            str(event["job_type"]),
            session_name(event),
            str(event.get("note") or ""),
        ]
        for event in events
    ]
    return table(EVENT_COLUMNS, rows, screen)


def event_line(event: Mapping[str, Any], screen: Screen) -> str:
    """Return one event as a line of its own, for events that come one by one."""
    kind = str(event["kind"])
    parts = [
        screen.paint(clock(event.get("at"), screen.now), "dim"),
        f"{event['job_id']:8}",
        screen.paint(f"{kind:15}", STATE_STYLES.get(kind, "")),
        safe(event["job_type"]),
        screen.paint(safe(session_name(event)[:SESSION_COLUMNS_MAX]), "dim"),
        safe(event.get("note") or ""),
    ]
    return "  ".join(parts).rstrip()


def state_cell(state: str) -> Cell:
    """Return a state in its colour."""
    return Cell(state, STATE_STYLES.get(state, ""))


def workflow_name(correlation_id: str) -> str:
    """Return a workspace by its last folder, any other correlation_id as it is."""
    if os.path.isabs(correlation_id):
        return os.path.basename(correlation_id.rstrip("/")) or correlation_id
    return correlation_id


def session_name(event: Mapping[str, Any]) -> str:
    """Return who did it: the agent's name where there is one, else the session."""
    return str(event.get("agent") or event.get("session", ""))


def what(job: Mapping[str, Any], now: float = 0) -> str:
    """Say in one line what matters about a job now: its error, what blocks it, or its payload."""
    if job.get("last_error") and job["state"] != "succeeded":
        return f"error: {job['last_error']}"
    notes = execution_notes(job)
    return _matter(job, now) + (f" ({', '.join(notes)})" if notes else "")


def _matter(job: Mapping[str, Any], now: float) -> str:
    if job["state"] == "running" and job.get("stop_requested_at"):
        return f"stopping since {ago(job['stop_requested_at'], now)}"
    if is_paused(job):
        return f"paused since {ago(job['paused_at'], now)}"
    if job.get("blocked_by"):
        return f"waits for {', '.join(job['blocked_by'])}"
    return brief(command_of(job) or job.get("payload"))


def is_paused(job: Mapping[str, Any]) -> bool:
    """Say whether a job is held back, or stands still; one that has ended is neither."""
    open_states = ("pending", "running", "retry_scheduled")
    return job.get("paused_at") is not None and job["state"] in open_states


def execution_notes(job: Mapping[str, Any]) -> list[str]:
    """Return what else there is to say of a job that djobs runs by itself, and has no error."""
    notes = []
    if job.get("exit_code") is not None:
        notes.append(f"exit {job['exit_code']}")
    if job.get("max_duration_seconds"):
        notes.append(f"at most {length(job['max_duration_seconds'])}")
    if job.get("sandbox", "none") != "none":
        notes.append(f"sandbox {job['sandbox']}")
    return notes


def command_of(job: Mapping[str, Any]) -> str:
    """Return the command of a job as it would be typed; empty when it has none."""
    payload = job.get("payload")
    spec = payload.get("spec") if isinstance(payload, dict) else None
    if job.get("managed_by") != "executor" or not isinstance(spec, list):
        return ""
    import shlex

    return shlex.join(map(str, spec))


def brief(payload: Any) -> str:
    """Return a payload in a few words; a single value stands for itself."""
    if isinstance(payload, dict) and len(payload) == 1:
        payload = next(iter(payload.values()))
    if payload in ({}, [], None, ""):
        return ""
    text = payload if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False)
    return safe(text)


def counts_line(counts: Mapping[str, int]) -> str:
    """Return ``12 pending, 3 succeeded``, or ``none``."""
    parts = [f"{count} {state}" for state, count in counts.items() if count]
    return ", ".join(parts) or "none"
