"""Runs Codex against a scripted model, with djobs as its only MCP server."""

import json
from pathlib import Path

from tests.clients.fake_responses_api import FakeResponsesApi
from tests.clients.installed import CODEX, require
from tests.clients.place import Place
from tests.clients.process import Finished, run

CONFIG = """\
model = "gpt-5.5"
model_provider = "scripted"
approval_policy = "never"
sandbox_mode = "read-only"
check_for_update_on_startup = false

[analytics]
enabled = false

[features]
plugins = false

[model_providers.scripted]
name = "scripted"
base_url = {base_url}
env_key = "SCRIPTED_KEY"
wire_api = "responses"
request_max_retries = 0
stream_max_retries = 0
"""
SERVER = """
[mcp_servers.djobs]
required = true
command = {command}
args = {arguments}

[mcp_servers.djobs.env]
{environment}
"""
"""No tool is approved in advance: djobs must be usable without that. Plugins would come from the
network. Without ``required``, Codex 0.169 begins its first turn with the servers that are there a
second after its start; the scripted model, unlike a real one, does not look for the rest."""


def run_codex(
    place: Place,
    api: FakeResponsesApi,
    *options: str,
    server: bool = True,
    environ: dict[str, str] | None = None,
) -> Finished:
    """Let Codex work on one prompt until the script's model has nothing more to say."""
    codex = require(CODEX)
    environment = place.client_environment(
        CODEX_HOME=str(write_config(place, api, server=server)),
        SCRIPTED_KEY="dummy",
        **(environ or {}),
    )
    command: list[str | Path] = [codex, "exec", "--skip-git-repo-check", "--json", *options]
    command.append("Go on.")
    return run(command, cwd=place.workspace, environment=environment)


def tool_outcomes(finished: Finished) -> list[tuple[str, str]]:
    """Return the name and the status of every tool call that Codex reports, in order."""
    events = [json.loads(line) for line in finished.stdout.splitlines()]
    items = [event["item"] for event in events if event["type"] == "item.completed"]
    return [(item["tool"], item["status"]) for item in items if item["type"] == "mcp_tool_call"]


def write_config(place: Place, api: FakeResponsesApi, *, server: bool = True) -> Path:
    """Write Codex's settings, with djobs as its server or with none, and return their folder."""
    folder = place.home / ".codex"
    folder.mkdir(exist_ok=True)
    command, *arguments = place.server_command
    lines = [f"{name} = {_toml(value)}" for name, value in place.server_environment.items()]
    text = (CONFIG + SERVER if server else CONFIG).format(
        base_url=_toml(api.url + "/v1"),
        command=_toml(command),
        arguments=_toml(arguments),
        environment="\n".join(lines),
    )
    (folder / "config.toml").write_text(text)
    return folder


def _toml(value: str | list[str]) -> str:
    return json.dumps(value)  # strings and lists of strings look the same in both
