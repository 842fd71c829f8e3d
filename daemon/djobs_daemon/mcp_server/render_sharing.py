"""Answers of the tools for several agents, as an agent reads them."""

from typing import Any, Final

from djobs_daemon.mcp_server.render_batch import batch
from djobs_daemon.mcp_server.shorten import (
    DETAIL_BYTES_MAX,
    GROUP_CHARS,
    clip,
    present,
    preview,
    shown_time,
)
from djobs_protocol.job_replies import (
    AcceptedJobs,
    AmendedJob,
    ClaimedJob,
    MovedJob,
    RetriedJobs,
    WaitedJobs,
)
from djobs_protocol.queue_replies import (
    AgentList,
    PauseList,
)
from djobs_protocol.reading_replies import Explanation, LogChunk, ModelUsage, Stats
from djobs_protocol.states import OPEN_STATES
from djobs_protocol.values import Agent, Job, Pause

NOTHING_READY: Final = "No task may start now; why_task says why one waits."
STILL_OPEN: Final = "The time is up; call it again to wait on."
AGENTS_SHOWN: Final = 50
MODELS_SHOWN: Final = 20
UNPRICED: Final = "Where cost_usd is null the price is not known; the sum leaves it out."
ERROR_CHARS_MAX: Final = 500


Sharing = (
    ClaimedJob
    | MovedJob
    | AmendedJob
    | AcceptedJobs
    | RetriedJobs
    | PauseList
    | WaitedJobs
    | Explanation
    | LogChunk
    | Stats
    | AgentList
    | Agent
)


def content(reply: Sharing) -> dict[str, Any]:
    """Return what is encoded as the answer."""
    match reply:
        case ClaimedJob(job=None):
            return {"id": None, "note": NOTHING_READY}
        case ClaimedJob(job=job):
            assert job is not None
            return _claimed(job)
        case MovedJob():
            return present(
                id=reply.id, state=reply.state, lease_until=shown_time(reply.lease_expires_at)
            )
        case AmendedJob():
            return present(id=reply.id, revision=reply.revision, redacted=reply.redacted or None)
        case AcceptedJobs():
            return batch("accepted", reply.ids, reply.next_cursor, left_running=reply.running)
        case RetriedJobs():
            return batch("retried", reply.ids, reply.next_cursor, left_for_a_newer_task=reply.left)
        case PauseList():
            return {"paused": [shown_pause(each) for each in reply.pauses]}
        case Stats():
            return {"counts": reply.counts, "cost_usd": reply.cost_usd} | present(
                usage=[_usage(each) for each in reply.usage[:MODELS_SHOWN]],
                note=UNPRICED if reply.unpriced else None,
            )
        case LogChunk():
            return _log(reply)
        case WaitedJobs():
            return _waited(reply)
        case Explanation():
            return _explained(reply)
        case AgentList():
            return {"agents": [_agent(agent) for agent in reply.agents[:AGENTS_SHOWN]]}
        case Agent():
            return _agent(reply)


def _usage(of: ModelUsage) -> dict[str, Any]:
    return {
        "model": f"{of.provider}:{of.model}",
        "in": of.input_tokens,
        "out": of.output_tokens,
        "cost_usd": of.cost_usd,
    }


def _log(chunk: LogChunk) -> dict[str, Any]:
    return present(
        output=chunk.data.decode("utf-8", "replace"),
        next_after=chunk.next_offset,
        missing_bytes=chunk.missing_bytes or None,
        more=chunk.next_offset < chunk.end or None,
        running=chunk.running or None,
    )


def _claimed(job: Job) -> dict[str, Any]:
    holder = job.holder
    return present(
        id=job.id,
        type=job.type,
        payload=preview(job.payload, DETAIL_BYTES_MAX),
        attempt=f"{job.attempt}/{job.max_attempts}",
        last_error=clip(job.last_error, ERROR_CHARS_MAX),
        generation=holder.generation if holder else None,
        lease_until=shown_time(holder.lease_expires_at) if holder else None,
    )


def _waited(reply: WaitedJobs) -> dict[str, Any]:
    """Return what has ended and how, and what is still open."""
    still_open = [job.id for job in reply.jobs if job.state in OPEN_STATES]
    ended = {job.id: job.state for job in reply.jobs if job.state not in OPEN_STATES}
    note = None if reply.done else STILL_OPEN
    return {"done": reply.done} | present(ended=ended, open=still_open, note=note)


def shown_pause(pause: Pause) -> dict[str, Any]:
    """Return a pause as an agent reads it."""
    return present(
        scope=pause.scope,
        subject=clip(pause.subject, GROUP_CHARS),
        since=shown_time(pause.since),
        reason=clip(pause.reason, ERROR_CHARS_MAX),
    )


def _explained(reply: Explanation) -> dict[str, Any]:
    if not reply.obstacles:
        ready = f"Nothing: it may be claimed by any {reply.managed_by} now."
        return {"id": reply.id, "state": reply.state, "waits_for": ready}
    waits = [
        present(kind=each.kind, why=each.text, until=shown_time(each.until))
        for each in reply.obstacles
    ]
    return {"id": reply.id, "state": reply.state, "waits_for": waits}


def _agent(agent: Agent) -> dict[str, Any]:
    return present(
        id=agent.id,
        status=agent.status,
        capabilities=agent.capabilities,
        metadata=agent.metadata,
        seen=shown_time(agent.seen_at),
    )
