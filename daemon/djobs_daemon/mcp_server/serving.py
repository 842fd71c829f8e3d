"""What the SDK's handlers know about the session they serve."""

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import anyio
import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError

from djobs_daemon.mcp_server import calls, messages
from djobs_daemon.mcp_server.resources import (
    HERE_DESCRIPTION,
    HERE_NAME,
    MIME,
    TEMPLATES,
    Subject,
    subject_of,
)
from djobs_daemon.mcp_server.updates import RESOURCES_MAX
from djobs_daemon.store.records import RequestKey
from djobs_protocol.errors import DjobsError, ErrorCode

if TYPE_CHECKING:
    from djobs_daemon.mcp_server.session import McpSession


class CallKey(NamedTuple):
    """Names a tool call across restarts: its line, and 8 bytes over it."""

    number: int
    digest: bytes


class Serving:
    """One session, as the SDK's handlers see it: ``ctx.lifespan_context``."""

    def __init__(self, session: "McpSession") -> None:
        self._session = session

    @property
    def profile(self) -> str:
        """Which tools the session is shown."""
        return self._session.profile

    async def instructions(self) -> str:
        """Return the server's instructions as of now."""
        return await self._session.instructions()

    async def call_tool(
        self, context: "Context", params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        """Answer a tool call, exactly once per line of the client."""
        session = self._session
        await session.roots.settled()
        if session.app.stopping.is_set():
            # Unanswered and unacknowledged, so the shim brings it to the next daemon.
            await anyio.sleep_forever()
        key = context.request
        assert isinstance(key, CallKey)
        with session.app.requests.running():
            answer = await calls.call_tool(
                session.app,
                session.actor,
                params.name,
                params.arguments or {},
                RequestKey(session.actor.session, str(key.number), key.digest),
            )
        return types.CallToolResult(
            content=[types.TextContent(text=answer.text)], is_error=answer.is_error
        )

    async def resources(self) -> list[types.Resource]:
        """Return what is there to read without asking for an address: this workspace."""
        return [
            types.Resource(
                uri=await self._session.here(),
                name=HERE_NAME,
                description=HERE_DESCRIPTION,
                mime_type=MIME,
            )
        ]

    async def read_resource(self, uri: str) -> types.TextResourceContents:
        """Return what is at an address."""
        session = self._session
        await session.roots.settled()
        if session.app.stopping.is_set():
            await anyio.sleep_forever()  # as for a tool call
        try:
            with session.app.requests.running():
                request = _subject(uri).request()
                text = await calls.answer(session.app, session.actor, request, None)
        except DjobsError as error:
            raise _protocol_error(uri, error) from None
        return types.TextResourceContents(uri=uri, mime_type=MIME, text=text)

    async def subscribe(self, context: "Context", uri: str) -> None:
        """Tell the client from now on when what is at an address has changed."""
        updates, key = self._session.updates, context.request
        assert isinstance(key, CallKey)
        if updates.is_full_for(uri):
            text = f"A session may be subscribed to {RESOURCES_MAX} resources (RESOURCES_MAX)."
            raise MCPError(messages.INVALID_REQUEST, text)
        pending = self._session.unanswered.get(context.request_id or "")
        replayed = pending is not None and pending.muted
        if not replayed:
            await self.read_resource(uri)  # so that an address of nothing is refused
        await updates.subscribe(uri, _subject(uri), key.number, replayed=replayed)

    def unsubscribe(self, uri: str) -> None:
        """Tell no more."""
        self._session.updates.unsubscribe(uri)


def _subject(uri: str) -> Subject:
    subject = subject_of(uri)
    if subject is None:
        forms = " and ".join(template.uri for template in TEMPLATES)
        raise DjobsError(
            ErrorCode.JOB_NOT_FOUND, f"There is no resource {uri[:200]!r}; there are {forms}."
        )
    return subject


def _protocol_error(uri: str, error: DjobsError) -> MCPError:
    absent = error.code in (ErrorCode.JOB_NOT_FOUND, ErrorCode.JOB_GONE)
    code = types.INVALID_PARAMS if absent else types.INTERNAL_ERROR
    data = {"uri": uri, "error": str(error.code)}
    return MCPError(code, f"{error.message} {error.hint}", data)


Context: TypeAlias = ServerRequestContext[Serving]
