"""What the SDK's handlers know about the session they serve."""

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import anyio
import mcp_types as types
from mcp.server.context import ServerRequestContext

from djobs_daemon.mcp_server import calls
from djobs_daemon.store.records import RequestKey

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


Context: TypeAlias = ServerRequestContext[Serving]
