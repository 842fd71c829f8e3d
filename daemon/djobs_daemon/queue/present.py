"""Stored rows as the values that travel."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from djobs_daemon.queue.checks import checks_of
from djobs_daemon.queue.given import budget_of, shown_variables
from djobs_daemon.queue.inheritance import level_of
from djobs_daemon.queue.verification import decode_receipt
from djobs_daemon.store.interface import View
from djobs_daemon.store.records import EventRow, JobRow
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.evidence import Check, Receipt
from djobs_protocol.states import TERMINAL_STATES, JobState
from djobs_protocol.values import Event, Holder, Job, KeyScope

_decode = msgspec.json.Decoder().decode


def moment(at: int) -> datetime:
    """Return milliseconds since the epoch as an aware UTC datetime."""
    return datetime.fromtimestamp(at / 1000, UTC)


def milliseconds(at: datetime) -> int:
    """Return an aware datetime as milliseconds since the epoch; a naive one counts as UTC."""
    return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)


def as_milliseconds(seconds: float | None) -> int | None:
    """Return a length of time as it is stored."""
    return None if seconds is None else round(seconds * 1000)


def _seconds(ms: int | None) -> float | None:
    return None if ms is None else ms / 1000


def moment_if_any(at: int | None) -> datetime | None:
    """Return the same for what may not have happened."""
    return None if at is None else moment(at)


def blockers_of(view: View, rows: Sequence[JobRow]) -> Mapping[str, Mapping[str, JobState]]:
    """Return the unmet dependencies of each job, by id, with their states."""
    unmet = view.unmet_dependencies([row.id for row in rows if row.blockers])
    states = (
        view.states_of(list({needed for each in unmet.values() for needed in each}))
        if unmet
        else {}
    )
    return {row.id: {needed: states[needed] for needed in unmet.get(row.id, ())} for row in rows}


_UNBLOCKED: Mapping[str, JobState] = {}
_UNCHECKED: list[Check] = []
_OWN: dict[str, str | None] = {}


def present_job(row: JobRow, blockers: Mapping[str, JobState] = _UNBLOCKED) -> Job:
    """Return the public form of a job; ``blockers`` are its unmet dependencies and their states."""
    holder = None
    if row.state is JobState.RUNNING and row.holder_session is not None:
        holder = Holder(
            session=row.holder_session,
            agent=row.holder_agent,
            lease_expires_at=moment_if_any(row.lease_expires_at),
            generation=row.generation,
        )
    return Job(
        id=row.id,
        type=row.type,
        state=row.state,
        correlation_id=row.correlation_id,
        workspace=row.workspace,
        payload=_payload(row),
        priority=row.priority,
        attempt=row.attempt,
        max_attempts=row.max_attempts,
        managed_by=row.managed_by,
        revision=row.revision,
        created_at=moment(row.created_at),
        updated_at=moment(row.updated_at),
        started_at=moment_if_any(row.started_at),
        finished_at=moment_if_any(row.finished_at),
        run_at=moment(row.run_at) if row.run_at > row.created_at else None,
        idempotency_key=row.idempotency_key,
        key_scope=_scope(row.key_everywhere),
        # The very word that is the default is left out; the database's is another string.
        key_states="incomplete" if row.key_states == "incomplete" else "successful",
        key_until=moment_if_any(row.key_until),
        resource_key=row.resource_key,
        resource_scope=_scope(row.resource_everywhere),
        holder=holder,
        evidence=row.evidence,
        last_error=row.last_error,
        archived_at=moment_if_any(row.archived_at),
        max_duration_seconds=_seconds(row.max_duration_ms),
        paused_at=moment_if_any(row.paused_at),
        stop_requested_at=moment_if_any(row.stop_requested_at),
        exit_code=row.exit_code,
        sandbox=row.sandbox_enforced,
        depth=row.depth,
        budget=None if row.budget is None else budget_of(row.budget),
        env=_OWN if row.env is None else shown_variables(row.env),
        sandbox_required=None if row.sandbox is None else level_of(row.sandbox),
        verify=checks_of(row.verify) if row.verify is not None else _UNCHECKED,
        checking=row.offered_in is not None,
        verified=row.verified,
        blocked_by=list(blockers),
        blocked_for_good_by={
            job_id: state for job_id, state in blockers.items() if state in TERMINAL_STATES
        },
    )


def _scope(everywhere: bool) -> KeyScope:
    return "everywhere" if everywhere else "workspace"


def _payload(row: JobRow) -> Any:
    try:
        return _decode(row.payload)
    except msgspec.DecodeError as error:
        raise DjobsError(
            ErrorCode.DB_CORRUPT,
            f"The database is damaged: the payload of {row.id} is not JSON ({error}).",
        ) from None


def present_event(row: EventRow) -> Event:
    """Return the public form of an event."""
    return Event(
        seq=row.seq,
        at=moment(row.at),
        kind=row.kind,
        job_id=row.job_id,
        job_type=row.job_type,
        correlation_id=row.correlation_id,
        state=row.state,
        session=row.session,
        agent=row.agent,
        note=row.note,
    )


def present_receipt(text: str) -> Receipt:
    """Return the public form of a receipt."""
    return decode_receipt(text).receipt


def receipt_of(view: View, row: JobRow) -> Receipt | None:
    """Return what a job's checks found last."""
    text = None if row.receipt_in is None else view.text_of(row.receipt_in)
    return None if text is None else present_receipt(text)
