"""Tell a job's life from its history alone, and compare it with the job as stored. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from djobs_daemon.store.interface import JobRow
from djobs_daemon.store.sqlite.chain import outcome_digest, request_digest
from djobs_protocol.states import (
    TERMINAL_EVENTS,
    TERMINAL_STATES,
    EventKind,
    IllegalTransition,
    JobState,
    next_state,
)

_decode = msgspec.json.Decoder(dict[str, Any]).decode
_UNMOVED = frozenset({EventKind.UNBLOCKED, EventKind.AMENDED, EventKind.ARCHIVED})
_ASKING = frozenset({EventKind.ENQUEUED, EventKind.AMENDED})


class Told(NamedTuple):
    """What the history says of a job."""

    state: JobState | None = None
    run: int = 0
    attempt: int = 0
    generation: int = 0
    finished_at: int | None = None
    finished_by: str | None = None
    request: bytes | None = None
    outcome: bytes | None = None
    fault: str | None = None
    """Where the history contradicts itself."""


def retell(lines: Iterable[Sequence[Any]]) -> Told:
    """Fold a job's events into its story.

    Of each: seq, at, kind, run, from_state, to_state, the session's id, data, content.
    """
    told = Told()
    for line in lines:
        told = _tell(told, *line)
        if told.fault is not None:
            return told
    return told


def _tell(
    told: Told,
    seq: int,
    at: int,
    kind: str,
    run: int,
    from_state: str | None,
    to_state: str,
    session: str | None,
    data: str | None,
    content: bytes | None,
) -> Told:
    event = EventKind(kind)
    try:
        state = _state_after(told.state, event)
    except IllegalTransition as error:
        return told._replace(fault=f"event {seq} is impossible: {error}")
    expected = (told.state, state, told.run + (event in (EventKind.ENQUEUED, EventKind.RETRIED)))
    if expected != (from_state, to_state, run):
        return told._replace(fault=f"event {seq} contradicts the one before it")
    if event in TERMINAL_EVENTS:
        told = told._replace(finished_at=at, finished_by=session)
    elif event is EventKind.RETRIED:
        told = told._replace(finished_at=None, finished_by=None, attempt=0)
    elif event is EventKind.CLAIMED:
        told = told._replace(attempt=told.attempt + 1, generation=told.generation + 1)
    if data is not None:
        told = told._replace(attempt=_decode(data).get("attempt", told.attempt))
    if content is not None and event in _ASKING:
        told = told._replace(request=content)
    elif content is not None:
        told = told._replace(outcome=content)
    return told._replace(state=state, run=run)


def _state_after(state: JobState | None, event: EventKind) -> JobState:
    if state is None:
        if event is EventKind.ENQUEUED:
            return JobState.PENDING
        raise IllegalTransition(JobState.PENDING, event)
    return state if event in _UNMOVED else next_state(state, event)


def compare(told: Told, job: JobRow | None, needs: Sequence[int]) -> Iterator[str]:
    """Yield each way in which a stored job differs from its story."""
    if told.fault is not None:
        yield told.fault
        return
    if job is None:
        if told.state not in TERMINAL_STATES:
            yield f"it is gone, though {told.state}"
        return
    if job.state is not told.state:
        yield f"it is {job.state}, its history says {told.state}"
    if job.run != told.run:
        yield f"it is in run {job.run}, its history says {told.run}"
    if job.attempt != told.attempt:
        yield f"it is at attempt {job.attempt}, its history says {told.attempt}"
    if job.generation != told.generation:
        yield f"it was claimed {job.generation} times, its history says {told.generation}"
    if job.finished_by != told.finished_by:
        yield f"its end was reported by {job.finished_by}, its history says {told.finished_by}"
    if job.finished_at != told.finished_at:
        yield "the time it finished is not the one in its history"
    if told.request != request_digest(job, needs):
        yield "what it asks for is not what was enqueued"
    if (told.outcome or outcome_digest(None, None)) != outcome_digest(job.evidence, job.last_error):
        yield "its evidence or error is not what was reported"
