"""What the SDK's handlers know about the session they serve."""

import os
from typing import TYPE_CHECKING, NamedTuple, TypeAlias
from urllib.parse import unquote, urlsplit

import anyio
import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from djobs_daemon.mcp_server import calls
from djobs_daemon.store.interface import RequestKey

if TYPE_CHECKING:
    from djobs_daemon.mcp_server.session import McpSession

ROOTS = "roots"
QUESTIONS_MAX = 8
"""Calls that may be under way before the first answer; a client that never answers is believed
to have no roots after so many."""
ROOTS_SECONDS = 2.0
"""A client that declares roots and then ignores the question holds up one call, once."""


class CallKey(NamedTuple):
    """Names a tool call across restarts: its line, and 8 bytes over it."""

    number: int
    digest: bytes


class Serving:
    """One session, as the SDK's handlers see it: ``ctx.lifespan_context``."""

    def __init__(self, session: "McpSession") -> None:
        self._session = session
        self._asking = anyio.Lock()
        self._questions = 0

    async def instructions(self) -> str:
        """Return the server's instructions as of now."""
        return await self._session.instructions()

    async def call_tool(
        self, context: "Context", params: types.CallToolRequestParams
    ) -> types.CallToolResult | types.InputRequiredResult:
        """Answer a tool call, exactly once per line of the client."""
        session = self._session
        if session.app.stopping.is_set():
            # Unanswered and unacknowledged, so the shim brings it to the next daemon.
            await anyio.sleep_forever()
        question = await self._find_workspace(context, params)
        if question is not None:
            return question
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

    async def _find_workspace(
        self, context: "Context", params: types.CallToolRequestParams
    ) -> types.InputRequiredResult | None:
        """Ask the client for its roots, once, where nothing surer names the workspace.

        Only a client that declares roots is asked. In the modern era the question is the answer to
        the first call, which the client then repeats with its roots. Calls that come meanwhile wait
        for the answer too, or they would land in another workspace.
        """
        session = self._session
        async with self._asking:
            if session.workspace_is_sure:
                return None
            question = await self._ask(context, params)
            session.workspace_is_sure = question is None
            return question

    async def _ask(
        self, context: "Context", params: types.CallToolRequestParams
    ) -> types.InputRequiredResult | None:
        capabilities = context.session.client_capabilities
        if capabilities is None or capabilities.roots is None:
            return None
        if context.protocol_version not in MODERN_PROTOCOL_VERSIONS:
            self._adopt(await _ask_roots(context))
            return None
        if params.input_responses is None and self._questions < QUESTIONS_MAX:
            self._questions += 1
            return types.InputRequiredResult(input_requests={ROOTS: types.ListRootsRequest()})
        given = (params.input_responses or {}).get(ROOTS)
        self._adopt(given if isinstance(given, types.ListRootsResult) else None)
        return None

    def _adopt(self, roots: types.ListRootsResult | None) -> None:
        folders = [] if roots is None else [_folder(str(root.uri)) for root in roots.roots]
        known = [folder for folder in folders if folder]
        if known:
            cwd = os.path.realpath(self._session.hello.cwd or "/")
            around = [folder for folder in known if (cwd + "/").startswith(folder + "/")]
            chosen = (around or known)[0]
            self._session.actor = self._session.actor._replace(workspace=chosen)


Context: TypeAlias = ServerRequestContext[Serving]


async def _ask_roots(context: Context) -> types.ListRootsResult | None:
    try:
        with anyio.move_on_after(ROOTS_SECONDS):
            return await context.session.send_request(
                types.ListRootsRequest(), types.ListRootsResult
            )
    except MCPError:
        return None  # declared, but "Method not found": seen in the wild
    return None


def _folder(uri: str) -> str:
    parts = urlsplit(uri)
    if parts.scheme != "file" or parts.netloc not in ("", "localhost"):
        return ""
    return os.path.realpath(unquote(parts.path))
