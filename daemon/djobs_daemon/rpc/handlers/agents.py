"""Agents by name."""

from collections.abc import Iterable

import msgspec

from djobs_daemon.app import App
from djobs_daemon.queue.present import moment
from djobs_daemon.queue.redaction import redact_value
from djobs_daemon.store.interface import Ledger
from djobs_daemon.store.records import Actor, AgentRow, RequestKey
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.limits import TEXT_BYTES_MAX
from djobs_protocol.queue_replies import AgentList
from djobs_protocol.queue_requests import AgentHeartbeat, ListAgents, RegisterAgent
from djobs_protocol.values import Agent

OFFLINE_AFTER_MS = 5 * 60 * 1000
"""An agent without an open session is online for so long after it was last heard of."""


async def register(app: App, actor: Actor, request: RegisterAgent, key: RequestKey | None) -> bytes:
    """Make an agent known, and label the session with it."""
    metadata = msgspec.json.encode(redact_value(request.metadata)).decode()
    if len(metadata) > TEXT_BYTES_MAX:
        raise DjobsError(
            ErrorCode.TOO_LARGE,
            f"metadata is {len(metadata)} characters of JSON; the limit is {TEXT_BYTES_MAX} "
            "(TEXT_BYTES_MAX).",
        )
    actor = actor._replace(agent=request.agent_id)

    def work(ledger: Ledger) -> Agent:
        row = ledger.keep_agent(request.agent_id, request.capabilities, metadata)
        return present(row, online=True)

    return await app.store.write(actor, work, key)


async def heartbeat(
    app: App, actor: Actor, request: AgentHeartbeat, key: RequestKey | None
) -> bytes:
    """Note that an agent is there."""
    actor = actor._replace(agent=request.agent_id)

    def work(ledger: Ledger) -> Agent:
        return present(ledger.keep_agent(request.agent_id, None, None), online=True)

    return await app.store.write(actor, work, key)


async def list_agents(app: App, request: ListAgents) -> AgentList:
    """Show registered agents."""
    rows = await app.store.read(lambda view: view.agents())
    return AgentList(agents=_with_status(app, rows, request.status))


def _with_status(app: App, rows: Iterable[AgentRow], wanted: str | None) -> list[Agent]:
    now = app.work.clock.wall()
    agents = [present(row, online=now - row.seen_at < OFFLINE_AFTER_MS) for row in rows]
    return [agent for agent in agents if wanted in (None, agent.status)]


def present(row: AgentRow, *, online: bool) -> Agent:
    """Return the public form of an agent."""
    return Agent(
        id=row.id,
        status="online" if online else "offline",
        capabilities=list(row.capabilities),
        metadata=msgspec.json.decode(row.metadata),
        registered_at=moment(row.registered_at),
        seen_at=moment(row.seen_at),
    )
