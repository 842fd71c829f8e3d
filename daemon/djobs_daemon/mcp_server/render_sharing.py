"""Answers of the tools for several agents, as an agent reads them."""

from typing import Any, Final

from djobs_daemon.mcp_server.shorten import DETAIL_BYTES_MAX, clip, present, preview, shown_time
from djobs_protocol.replies import AgentList, ClaimedJob, Explanation, MovedJob
from djobs_protocol.values import Agent, Job

NOTHING_READY: Final = "No task may start now; why_task says why one waits."
AGENTS_SHOWN: Final = 50
ERROR_CHARS_MAX: Final = 500


def content(reply: ClaimedJob | MovedJob | Explanation | AgentList | Agent) -> dict[str, Any]:
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
        case Explanation():
            return _explained(reply)
        case AgentList():
            return {"agents": [_agent(agent) for agent in reply.agents[:AGENTS_SHOWN]]}
        case Agent():
            return _agent(reply)


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
