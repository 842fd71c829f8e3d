"""What an agent CLI is started with. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from djobs_agent.contract import Limits
from djobs_daemon.executors.agent_config import AgentCli

SERVER: Final = "djobs"
CLAUDE_TOOLS: Final = ("Read", "Edit", "Write", "Glob", "Grep")
"""Reading anywhere in the tree, and editing there: what is outside is refused by its mode."""
CLAUDE_VARIABLES: Final = {
    "CLAUDE_CODE_MCP_STARTUP_WAIT_MS": "10000",  # its first request has the tools, or waits so long
    "DISABLE_AUTOUPDATER": "1",
}
_CODEX_STARTUP_SECONDS: Final = 30


@dataclass(frozen=True)
class McpServer:
    """How an agent reaches djobs."""

    command: Sequence[str]
    environ: Mapping[str, str]

    def as_json(self) -> str:
        """Return it in the form that most editors read."""
        server = {
            "type": "stdio",
            "command": self.command[0],
            "args": list(self.command[1:]),
            "env": dict(self.environ),
        }
        return json.dumps({"mcpServers": {SERVER: server}}, ensure_ascii=False)


@dataclass(frozen=True)
class Asked:
    """What a job, or its type, asks of the CLI."""

    model: str
    tools: Sequence[str]
    limits: Limits
    server: McpServer | None
    """None: it may not reach djobs."""
    confined: bool
    """djobs' own sandbox is around it."""


def command_line(cli: AgentCli, asked: Asked) -> tuple[str, ...]:
    """Return the arguments of a CLI that gets its task on stdin."""
    match cli.stream:
        case "claude":
            return (*cli.program, *_claude(asked), *cli.arguments)
        case "codex":
            return (*cli.program, *_codex(asked), *cli.arguments, "-")
        case "text":
            return (*(_filled(each, asked) for each in cli.program), *cli.arguments)


def _claude(asked: Asked) -> tuple[str, ...]:
    server, limits = asked.server, asked.limits
    return (
        *("-p", "--output-format", "stream-json", "--verbose"),
        *("--permission-mode", "acceptEdits"),
        *("--tools", ",".join(asked.tools or CLAUDE_TOOLS)),
        "--strict-mcp-config",
        *(() if server is None else ("--mcp-config", server.as_json())),
        *(() if server is None else ("--allowedTools", f"mcp__{SERVER}__*")),
        *("--max-turns", str(limits.max_turns)),
        *(() if limits.cost_usd is None else ("--max-budget-usd", f"{limits.cost_usd:g}")),
        *(("--model", asked.model) if asked.model else ()),
    )


def _codex(asked: Asked) -> tuple[str, ...]:
    settings: dict[str, Any] = {"approval_policy": "never"}
    if asked.server is not None:
        settings |= {
            f"mcp_servers.{SERVER}.command": asked.server.command[0],
            f"mcp_servers.{SERVER}.args": list(asked.server.command[1:]),
            f"mcp_servers.{SERVER}.env": dict(asked.server.environ),
            # Codex would begin without a server that takes more than a second otherwise.
            f"mcp_servers.{SERVER}.required": True,
            f"mcp_servers.{SERVER}.startup_timeout_sec": _CODEX_STARTUP_SECONDS,
        }
    # Its own sandbox does not work inside another one.
    sandbox = "danger-full-access" if asked.confined else "workspace-write"
    return (
        *("exec", "--json", "--skip-git-repo-check", "--sandbox", sandbox),
        *(word for name, value in settings.items() for word in ("-c", f"{name}={_toml(value)}")),
        *(("--model", asked.model) if asked.model else ()),
    )


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ",".join(f"{name}={_toml(each)}" for name, each in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False)


def _filled(word: str, asked: Asked) -> str:
    places = {
        "{model}": asked.model,
        "{max_turns}": str(asked.limits.max_turns),
        "{mcp_config}": "" if asked.server is None else asked.server.as_json(),
    }
    for place, value in places.items():
        word = word.replace(place, value)
    return word
