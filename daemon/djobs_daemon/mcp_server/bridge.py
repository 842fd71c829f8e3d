"""Between a session and a real SDK server: the SDK's stream protocol over the link.

Importing this imports ``mcp``, and with it everything that is needed later: nothing is loaded
lazily in a running daemon (R46).
"""

import logging
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Self

import mcp_types as types
from mcp.server.runner import serve_dual_era_loop
from mcp.shared.message import ServerMessageMetadata, SessionMessage
from pydantic import ValidationError

from djobs_daemon.mcp_server import messages
from djobs_daemon.mcp_server.server import initialization_options, server
from djobs_daemon.mcp_server.serving import CallKey, Serving
from djobs_daemon.store.records import digest

if TYPE_CHECKING:
    from djobs_daemon.mcp_server.forwarding import Forwarded
    from djobs_daemon.mcp_server.session import McpSession

log = logging.getLogger(__name__)


async def serve(session: "McpSession", forwarded: AsyncIterator["Forwarded"]) -> None:
    """Let an SDK server answer what is forwarded, until cancelled."""
    await serve_dual_era_loop(
        server,
        _FromClient(session, forwarded),
        _ToClient(session),
        lifespan_state=Serving(session),
        init_options=initialization_options(await session.instructions()),
    )


class _Stream:
    async def aclose(self) -> None:
        """Close nothing: the link outlives the SDK's loop."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exception: object) -> None:
        return None


class _FromClient(_Stream):
    """The SDK's read stream."""

    def __init__(self, session: "McpSession", forwarded: AsyncIterator["Forwarded"]) -> None:
        self._session = session
        self._forwarded = forwarded

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SessionMessage | Exception:
        each = await anext(self._forwarded)
        content = each.line.content
        assert isinstance(content, bytes)
        try:
            message = types.jsonrpc_message_adapter.validate_json(content, by_name=False)
        except ValidationError as error:
            self._session.refuse_malformed(each.line.number, content, _first_of(error))
            return error
        if each.muted and isinstance(message, types.JSONRPCRequest):
            self._session.unanswered.mute(message.id, each.line.number)
        key = CallKey(each.line.number, digest(content))
        return SessionMessage(message, ServerMessageMetadata(request_context=key))

    async def receive(self) -> SessionMessage | Exception:
        """Return the next message."""
        return await anext(self)


def _first_of(error: ValidationError) -> str:
    """Return the first complaint of the many that a union of message types leads to."""
    first = error.errors(include_url=False, include_input=False)[0]
    return f"{first['msg']}."


class _ToClient(_Stream):
    """The SDK's write stream: each message leaves with what the shim may forget for it."""

    def __init__(self, session: "McpSession") -> None:
        self._session = session

    async def send(self, item: SessionMessage) -> None:
        """Queue one message; never waits."""
        message = item.message
        encoded = message.model_dump_json(by_alias=True, exclude_unset=True).encode()
        if isinstance(message, types.JSONRPCResponse | types.JSONRPCError):
            self._answer(message.id, encoded)
        elif (
            isinstance(message, types.JSONRPCNotification) and message.method == messages.LISTENING
        ):
            self._acknowledge_listening(message, encoded)
        else:
            self._session.link.push(encoded)

    def _answer(self, request_id: types.RequestId | None, encoded: bytes) -> None:
        pending = None if request_id is None else self._session.unanswered.settle(request_id)
        if request_id is not None:
            self._session.updates.drop(request_id)  # a subscription that is answered is over
        if pending is None:
            log.debug("an answer nobody waits for was dropped")
        elif self._session.updates.keeps(pending.number) and not pending.muted:
            self._session.link.answer_keeping(pending.number, encoded)
        elif not pending.muted:
            self._session.link.answer(pending.number, encoded)

    def _acknowledge_listening(self, message: types.JSONRPCNotification, encoded: bytes) -> None:
        meta = (message.params or {}).get("_meta") or {}
        pending = self._session.unanswered.get(meta.get(messages.SUBSCRIPTION_KEY, ""))
        if pending is not None and not pending.muted:
            self._session.link.answer_keeping(pending.number, encoded)
