"""Tell a job's life from its history alone, and compare it with the job as stored. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from djobs_daemon.store.records import JobRow
from djobs_daemon.store.sqlite.chain import text_digest
from djobs_daemon.store.sqlite.drafts import DEFAULTS, EMPTY_PAYLOAD
from djobs_protocol.states import (
    TERMINAL_EVENTS,
    TERMINAL_STATES,
    UNMOVING_EVENTS,
    EventKind,
    IllegalTransition,
    JobState,
    next_state,
)

_EMPTY = text_digest(EMPTY_PAYLOAD)
_decode = msgspec.json.Decoder(dict[str, Any]).decode

_ASKED = {
    "type": "its type",
    "correlation_id": "its workflow",
    "workspace": "its workspace",
    "priority": "its priority",
    "max_attempts": "its max_attempts",
    "managed_by": "who manages it",
    "idempotency_key": "its idempotency_key",
    "key_everywhere": "its key's scope",
    "key_states": "its key's states",
    "key_until": "its key's window",
    "resource_key": "its resource_key",
    "resource_everywhere": "its resource's scope",
    "lease_ms": "its lease",
    "retry_policy": "its retry policy",
}
"""What is asked for, by its name in a line and in a ``JobRow``."""


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
    content: bytes | None


class Told(NamedTuple):
    """What the history says of a job."""

    state: JobState | None = None
    run: int = 0
    attempt: int = 0
    generation: int = 0
    finished_at: int | None = None
    finished_by: str | None = None
    holder: str | None = None
    asked: dict[str, Any] = {}  # noqa: RUF012 - replaced, never changed
    payload: bytes | None = None
    """Digests of the texts that the job has now."""
    evidence: bytes | None = None
    error: bytes | None = None
    purged: bool = False
    fault: str | None = None
    """Where the history contradicts itself."""


def retell(lines: Iterable[Line]) -> Told:
    """Fold a job's events into its story."""
    told = Told()
    for line in lines:
        try:
            told = _tell(told, line)
        except (ValueError, msgspec.MsgspecError) as error:
            return told._replace(fault=f"event {line.seq} is impossible: {error}")
        if told.fault is not None:
            return told
    return told


def _tell(told: Told, line: Line) -> Told:
    event = EventKind(line.kind)
    state = _state_after(told.state, event)
    opens = event in (EventKind.ENQUEUED, EventKind.RETRIED)
    if (told.state, state, told.run + opens) != (line.before, line.after, line.run):
        return told._replace(fault=f"event {line.seq} contradicts the one before it")
    data = {} if line.data is None else _decode(line.data)
    told = _with_request(told, event, line, data)
    told = _with_work(told, event, line, data)
    told = _with_text(told, event, line.content)
    return told._replace(state=state, run=line.run, purged=event is EventKind.PURGED)


def _state_after(state: JobState | None, event: EventKind) -> JobState:
    if state is None:
        if event is EventKind.ENQUEUED:
            return JobState.PENDING
        raise IllegalTransition(JobState.PENDING, event)
    return state if event in UNMOVING_EVENTS else next_state(state, event)


def _with_request(told: Told, event: EventKind, line: Line, data: dict[str, Any]) -> Told:
    if event is EventKind.ENQUEUED:
        names = {"type": line.type, "correlation_id": line.correlation_id}
        names["workspace"] = line.workspace
        return told._replace(asked=DEFAULTS | names | data)
    amended = {name: value for name, value in data.items() if name in _ASKED}
    return told._replace(asked=told.asked | amended) if amended else told


def _with_work(told: Told, event: EventKind, line: Line, data: dict[str, Any]) -> Told:
    if event in TERMINAL_EVENTS:
        told = told._replace(finished_at=line.at, finished_by=line.session)
    elif event is EventKind.RETRIED:
        told = told._replace(finished_at=None, finished_by=None, attempt=0, evidence=None)
    elif event is EventKind.CLAIMED:
        told = told._replace(
            attempt=told.attempt + 1, generation=told.generation + 1, holder=line.session
        )
    elif event is EventKind.RELEASED:
        told = told._replace(attempt=told.attempt - 1)
    if event not in UNMOVING_EVENTS and event is not EventKind.CLAIMED:
        told = told._replace(holder=None)
    return told._replace(attempt=data["attempt"]) if "attempt" in data else told


def _with_text(told: Told, event: EventKind, content: bytes | None) -> Told:
    if content is None:
        return told
    if event in (EventKind.ENQUEUED, EventKind.AMENDED):
        return told._replace(payload=None if content == _EMPTY else content)
    if event is EventKind.SUCCEEDED:
        return told._replace(evidence=content)
    return told._replace(error=content)


def compare(told: Told, job: JobRow | None, needs: Sequence[Sequence[Any]]) -> Iterator[str]:
    """Yield each way in which a stored job differs from its story."""
    if told.fault is not None:
        yield told.fault
        return
    if job is None:
        if not told.purged:
            yield f"it is gone, though {told.state} and never purged"
        return
    if told.purged:
        yield "it is there, though its history says purged"
    yield from _compare_work(told, job)
    yield from _compare_request(told, job, needs)


def _compare_work(told: Told, job: JobRow) -> Iterator[str]:
    if job.state is not told.state:
        yield f"it is {job.state}, its history says {told.state}"
    if job.run != told.run:
        yield f"it is in run {job.run}, its history says {told.run}"
    if job.attempt != told.attempt:
        yield f"it is at attempt {job.attempt}, its history says {told.attempt}"
    if job.generation != told.generation:
        yield f"it was claimed {job.generation} times, its history says {told.generation}"
    if job.holder_session != told.holder:
        yield f"it is held by {job.holder_session}, its history says {told.holder}"
    if job.finished_by != told.finished_by:
        yield f"its end was reported by {job.finished_by}, its history says {told.finished_by}"
    if job.finished_at != told.finished_at:
        yield "the time it finished is not the one in its history"
    if job.state in TERMINAL_STATES and text_digest(job.evidence) != told.evidence:
        yield "its evidence is not what was reported"
    if text_digest(job.last_error) != told.error:
        yield "its error is not what was reported"


def _compare_request(told: Told, job: JobRow, needs: Sequence[Sequence[Any]]) -> Iterator[str]:
    payload = None if job.payload == EMPTY_PAYLOAD else text_digest(job.payload)
    wrong = [words for name, words in _ASKED.items() if told.asked.get(name) != getattr(job, name)]
    if payload != told.payload:
        wrong.append("its payload")
    if told.asked.get("needs", []) != [[*need] for need in needs]:
        wrong.append("what it depends on")
    if wrong:
        yield f"{' and '.join(wrong)}: not what was asked for"
