"""What a transition means for a job's row besides its state. Pure; ``replay`` says it again."""

from typing import Any, Final

from djobs_daemon.store.records import Actor, JobRow
from djobs_protocol.states import TERMINAL_STATES, EventKind, JobState

OF_LAST_RUN: Final = (
    "archived_at",
    "paused_at",
    "stop_requested_at",
    "exit_code",
    "sandbox_enforced",
    "verified",
    "receipt_in",
)
"""Columns that say nothing of the next run."""


def implied(
    job: JobRow, event: EventKind, state: JobState, actor: Actor, now: int
) -> dict[str, Any]:
    """Return the columns that the transition itself sets."""
    changed: dict[str, Any] = {"revision": job.revision + 1, "updated_at": now}
    if job.parked:
        changed["parked"] = False
    if event is EventKind.CLAIMED:
        changed |= {
            "holder_session": actor.session,
            "holder_agent": actor.agent,
            "started_at": now,
            "generation": job.generation + 1,
            "attempt": job.attempt + 1,
        }
    elif job.state is JobState.RUNNING:
        changed |= {"holder_session": None, "holder_agent": None}
        changed |= {"lease_expires_at": None, "held_ms": None}
        if job.offered_in is not None:
            changed["offered_in"] = None
    if state in TERMINAL_STATES:
        changed |= {"finished_at": now, "finished_by": actor.session, "due": True}
    elif event is EventKind.RETRIED:
        changed |= {"run": job.run + 1, "attempt": 0, "evidence": None, "run_at": now}
        changed |= {"started_at": None, "finished_at": None, "finished_by": None}
        changed |= {name: None for name in OF_LAST_RUN if getattr(job, name) is not None}
    elif event is EventKind.RETRY_DUE:
        changed["due"] = True
    elif event is EventKind.RELEASED:
        changed["attempt"] = job.attempt - 1  # given back, not failed
    return changed
