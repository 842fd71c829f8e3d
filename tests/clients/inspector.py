"""Runs the command line of the MCP Inspector against djobs."""

import json
from typing import Any, Literal, TypeAlias

from tests.clients.installed import INSPECTOR, require
from tests.clients.place import Place
from tests.clients.process import Finished, run

Era: TypeAlias = Literal["legacy", "auto", "modern"]


def inspect(place: Place, era: Era, method: str, *options: str) -> Finished:
    """Connect, run one method, and report as the inspector does: status 0, JSON on stdout."""
    command = [
        require(INSPECTOR),
        "--cli",
        *("--config", place.write_mcp_json()),
        *("--server", "djobs"),
        *("--protocol-era", era),
        *("--format", "json"),
        *("--method", method),
        *options,
    ]
    environment = place.client_environment(MCP_INSPECTOR_SECRET_STORE="memory")
    return run(command, cwd=place.workspace, environment=environment)


def list_tools(place: Place, era: Era) -> list[dict[str, Any]]:
    """Return the tools; anything the inspector has to say about their schemas is a failure."""
    found = json.loads(inspect(place, era, "tools/list", "--strict").check().stdout)
    assert "schemaFindings" not in found, found["schemaFindings"]
    tools: list[dict[str, Any]] = found["result"]["tools"]
    return tools


def call_tool(place: Place, era: Era, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the whole result of one call, whether it is a tool error or not."""
    options = ("--tool-name", tool, "--tool-args-json", json.dumps(arguments))
    called = inspect(place, era, "tools/call", *options)
    result: dict[str, Any] = json.loads(called.stdout)["result"]
    return result
