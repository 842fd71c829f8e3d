"""Run an ordinary tool call without the SDK.

Through the SDK a call is validated, copied and dumped by pydantic several times over, which costs
more processor time than everything else that happens to it. Only a call whose meaning is certain is
taken here; any other (unknown members, a malformed envelope, a task-augmented call) is left to the
SDK, so there is one authority on what is wrong. A test holds both answers against each other.
"""

import logging
from typing import TYPE_CHECKING, Any, NamedTuple

import anyio
import msgspec
from anyio import CancelScope as Scope

from djobs_daemon.mcp_server import calls
from djobs_daemon.mcp_server.handshake import ClientIdentity, Era
from djobs_daemon.mcp_server.link import ClientLine
from djobs_daemon.mcp_server.messages import (
    CALL_TOOL,
    CAPABILITIES_KEY,
    CLIENT_KEY,
    VERSION_KEY,
    Message,
)
from djobs_daemon.mcp_server.snapshot import MODERN
from djobs_daemon.store.records import RequestKey, digest

if TYPE_CHECKING:
    from djobs_daemon.mcp_server.session import McpSession

log = logging.getLogger(__name__)

PROGRESS_TOKEN = "progressToken"


class OrdinaryCall(NamedTuple):
    """What a certain ``tools/call`` asks for."""

    name: str
    arguments: Any


class _Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    arguments: Any = None
    """An object; anything else is explained to the model, as all wrong arguments are."""
    meta: dict[str, Any] | None = msgspec.field(default=None, name="_meta")


class _Envelope(msgspec.Struct, frozen=True):
    """What every request of the modern era carries."""

    version: str = msgspec.field(name=VERSION_KEY)
    capabilities: dict[str, dict[str, Any]] = msgspec.field(name=CAPABILITIES_KEY)
    client: ClientIdentity | None = msgspec.field(default=None, name=CLIENT_KEY)


def ordinary(message: Message, era: Era) -> OrdinaryCall | None:
    """Return the call a message certainly is in this era; None leaves it to the SDK."""
    if message.method != CALL_TOOL or era.version is None:
        return None
    try:
        params = msgspec.convert(message.params, _Params)
        meta = params.meta or {}
        envelope = msgspec.convert(meta, _Envelope) if era.modern else None
    except msgspec.ValidationError:
        return None
    token = meta.get(PROGRESS_TOKEN, "")
    if not isinstance(token, str | int) or isinstance(token, bool):
        return None
    if VERSION_KEY in meta if envelope is None else envelope.version != MODERN:
        return None
    return OrdinaryCall(params.name, {} if params.arguments is None else params.arguments)


async def run(
    session: "McpSession", line: ClientLine, request_id: int | str, call: OrdinaryCall, scope: Scope
) -> None:
    """Answer a call in ``session.unanswered``, unless the client has ``scope`` cancelled first."""
    with scope:
        try:
            await session.roots.settled()
            await session.unanswered.take_turn(request_id)
            if session.app.stopping.is_set():
                # Unanswered and unacknowledged, so the shim brings it to the next daemon.
                await anyio.sleep_forever()
            with session.app.requests.running():
                answer = await calls.call_tool(
                    session.app, session.actor, call.name, call.arguments, _key(session, line)
                )
            session.answer_call(line.number, request_id, answer)
        except Exception:  # the boundary where a fault in djobs becomes an answer
            log.exception("a tool call failed", extra={"session": session.actor.session})
            session.answer_fault(line.number, request_id)


def _key(session: "McpSession", line: ClientLine) -> RequestKey:
    assert isinstance(line.content, bytes)
    return RequestKey(session.actor.session, str(line.number), digest(line.content))
