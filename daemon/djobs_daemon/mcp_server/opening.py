"""What a session answers by itself, from the snapshot: the handshake, and the lists.

It works before the SDK is loaded, which clients need for their first request to a model.
"""

from typing import TYPE_CHECKING

from djobs_daemon.mcp_server import handshake, messages
from djobs_daemon.mcp_server.link import ClientLine
from djobs_daemon.mcp_server.messages import Message

if TYPE_CHECKING:
    from djobs_daemon.mcp_server.session import McpSession


async def answer(
    session: "McpSession", line: ClientLine, message: Message, request_id: int | str
) -> bool:
    """Answer a request that the snapshot answers surely; False leaves it to others."""
    if message.method not in handshake.HANDSHAKE_METHODS:
        return False
    if message.method == messages.LIST_RESOURCES and session.roots.awaited:
        return False  # whoever reads lines cannot wait for one
    text = "" if line.answered else await _filling(session, message)
    result = handshake.answer(message, session.era, session.answers, text)
    if result is None:
        return False
    if line.answered:
        return True
    response = messages.result(request_id, result)
    if message.method == messages.INITIALIZE:
        session.link.answer_keeping(line.number, response)
    else:
        session.link.answer(line.number, response)
    return True


async def _filling(session: "McpSession", message: Message) -> str:
    """Return what stands for the snapshot's placeholder in an answer to this request."""
    if message.method in (messages.INITIALIZE, messages.DISCOVER):
        return await session.instructions()
    return await session.here() if message.method == messages.LIST_RESOURCES else ""
