"""Runs Claude Code against a scripted model, with djobs as its only MCP server."""

from pathlib import Path

from tests.clients.fake_messages_api import TOOL_PREFIX, FakeMessagesApi
from tests.clients.installed import CLAUDE_CODE, require
from tests.clients.place import Place
from tests.clients.process import Finished, run

QUIET = {
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "DISABLE_AUTOUPDATER": "1",
    "DISABLE_ERROR_REPORTING": "1",
    "DISABLE_TELEMETRY": "1",
}
"""Nothing leaves the machine."""

STARTUP_WAIT_MS = 5000
"""Without it, a session without a terminal waits for slow MCP servers, for tens of seconds, before
its first request. A handshake takes a tenth of this; the rest is for a loaded machine."""


def run_claude_code(
    place: Place,
    api: FakeMessagesApi,
    *,
    tool_search: bool = False,
    environ: dict[str, str] | None = None,
) -> Finished:
    """Let Claude Code work on one prompt until the script's model has nothing more to say.

    With ``tool_search`` it gives the model the names of MCP tools only. ``environ`` is added to its
    environment.
    """
    claude = require(CLAUDE_CODE)
    environment = place.client_environment(
        ANTHROPIC_API_KEY="dummy",
        ANTHROPIC_BASE_URL=api.url,
        CLAUDE_CODE_TMPDIR=str(place.root),
        **QUIET,
        **({} if tool_search else {"ENABLE_TOOL_SEARCH": "false"}),
        CLAUDE_CODE_MCP_STARTUP_WAIT_MS=str(STARTUP_WAIT_MS),
        **(environ or {}),
    )
    command: list[str | Path] = [
        claude,
        "-p",
        "Go on.",
        "--mcp-config",
        place.write_mcp_json(),
        "--strict-mcp-config",
        "--allowedTools",
        TOOL_PREFIX + "*",
    ]
    return run(command, cwd=place.workspace, environment=environment)
