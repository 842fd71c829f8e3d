"""Replies as an agent reads them: compact JSON, bounded, no field without content.

Tokens are the price: a resume of 20 tasks stays under 600, and every answer of every tool under a
bound (counted by tests). Payload, evidence and errors were written by agents; the notes say that
they are data.
"""

from typing import Any, Final, NamedTuple

import msgspec

from djobs_daemon.mcp_server import render_keeping, render_sharing
from djobs_daemon.mcp_server.pages import Page, Reader, audit, blockers, job_event, listing, resume
from djobs_daemon.mcp_server.shorten import (
    BLOCKERS_SHOWN,
    DETAIL_BYTES_MAX,
    clip_bytes,
    present,
    shown_holder,
    shown_time,
)
from djobs_daemon.queue.checks import name_of
from djobs_daemon.queue.verification import sentence
from djobs_protocol.daemon_replies import HealthReport
from djobs_protocol.job_replies import EnqueuedJobs, FinishedJob
from djobs_protocol.reading_replies import AuditReport, JobDetail, JobPage, ResumePage
from djobs_protocol.replies import Reply

CHECKS_SHOWN: Final = 5


class Rendered(NamedTuple):
    """The text of a tool's answer."""

    text: str
    fitting: int | None = None
    """The page is too long: only so many of its rows fit. None when all do."""


def render(reply: Reply, reader: Reader) -> Rendered:
    """Return the text of a tool's answer."""
    page = _page(reply, reader)
    return Rendered(msgspec.json.encode(page.content).decode(), page.fitting)


def _page(reply: Reply, reader: Reader) -> Page:
    match reply:
        case ResumePage():
            return resume(reply, reader)
        case JobPage():
            return listing(reply, reader)
        case AuditReport():
            return audit(reply, reader)
        case _:
            return Page(_content(reply))


def _content(reply: Reply) -> Any:
    if isinstance(reply, render_sharing.Sharing):
        return render_sharing.content(reply)
    if isinstance(reply, render_keeping.Keeping):
        return render_keeping.content(reply)
    match reply:
        case EnqueuedJobs():
            return _enqueued(reply)
        case FinishedJob():
            return _finished(reply)
        case JobDetail():
            return _detail(reply)
        case HealthReport():
            return present(
                status=reply.status,
                counts=reply.counts,
                total=reply.total,
                archived=reply.archived or None,
                problems=reply.problems,
                paused=[render_sharing.shown_pause(each) for each in reply.pauses],
            )
        case _:
            return msgspec.to_builtins(reply)


def _enqueued(reply: EnqueuedJobs) -> dict[str, Any]:
    existing = {job.id: job.state for job in reply.jobs if job.existing}
    if len(reply.jobs) == 1:
        job = reply.jobs[0]
        said = present(id=job.id, state=job.state, existing=job.existing)
    else:
        said = present(ids=[job.id for job in reply.jobs], existing=existing)
    elsewhere = {job.id: job.correlation_id for job in reply.jobs if job.correlation_id}
    if elsewhere:
        said["elsewhere"] = elsewhere
    redacted = present(redacted=reply.redacted or None)
    return said | {"correlation_id": reply.correlation_id} | redacted


def _unusual(value: str, usual: str) -> str | None:
    return None if value == usual else value


def _note(reply: FinishedJob) -> str | None:
    if reply.checking:
        return "Its checks still run; it succeeds when they pass. Look with check_task."
    unmet = ", ".join(reply.unmet_dependencies[:BLOCKERS_SHOWN])
    return f"It was to wait for {unmet}, which has not succeeded." if unmet else None


def _finished(reply: FinishedJob) -> dict[str, Any]:
    return present(
        id=reply.id,
        state=reply.state,
        unfinished=reply.unfinished,
        redacted=reply.redacted or None,
        retry_at=shown_time(reply.retry_at),
        attempts_left=reply.attempts_left,
        checked=None if reply.receipt is None else sentence(reply.receipt),
        note=_note(reply),
    )


def _detail(detail: JobDetail) -> dict[str, Any]:
    job = detail.job
    clipped: dict[str, int] = {}

    def bounded(name: str, text: str | None) -> str | None:
        size = len((text or "").encode())
        if text is None or size <= DETAIL_BYTES_MAX:
            return text
        clipped[name] = size
        return clip_bytes(text, DETAIL_BYTES_MAX)

    encoded = msgspec.json.encode(job.payload).decode()
    payload = bounded("payload", encoded.replace('"', "'"))
    return present(
        id=job.id,
        type=job.type,
        state=job.state,
        payload=payload if "payload" in clipped else job.payload,
        correlation_id=job.correlation_id,
        priority=job.priority,
        attempt=f"{job.attempt}/{job.max_attempts}",
        created=shown_time(job.created_at),
        schedule=detail.schedule,
        finished=shown_time(job.finished_at),
        archived=shown_time(job.archived_at),
        evidence=bounded("evidence", job.evidence),
        verify=[name_of(each) for each in job.verify[:CHECKS_SHOWN]],
        checking=job.checking or None,
        checked=bounded("checked", sentence(detail.receipt) if detail.receipt else None),
        error=bounded("error", job.last_error),
        holder=shown_holder(job.holder),
        depends_on=detail.depends_on,
        blocked_by=blockers(job),
        idempotency_key=job.idempotency_key,
        key_scope=_unusual(job.key_scope, "workspace"),
        key_states=_unusual(job.key_states, "successful"),
        key_until=shown_time(job.key_until),
        resource_key=job.resource_key,
        resource_scope=_unusual(job.resource_scope, "workspace"),
        events=[job_event(event) for event in detail.events],
        events_total=detail.events_total if detail.events_total > len(detail.events) else None,
        clipped=clipped,
        hint=f"clipped: whole size in bytes; `djobsctl show {job.id}` prints all of it."
        if clipped
        else None,
    )
