"""How each host writes down a server that is started over stdio. Pure."""

from collections.abc import Callable, Mapping
from typing import Any, Final

Entry = dict[str, Any]
Shape = Callable[[list[str], Mapping[str, str]], Entry]
"""From the command and what it needs in its environment to the host's entry."""

CODEX_STARTUP_SECONDS: Final = 20
"""A daemon that is started for the first time on a loaded machine; Codex' own bound is 10."""


def typed(command: list[str], env: Mapping[str, str]) -> Entry:
    """As Claude Code, VS Code and Cursor have it."""
    return {"type": "stdio", **plain(command, env)}


def plain(command: list[str], env: Mapping[str, str]) -> Entry:
    """As most hosts have it."""
    entry: Entry = {"command": command[0], "args": command[1:]}
    return {**entry, "env": dict(env)} if env else entry


def copilot(command: list[str], env: Mapping[str, str]) -> Entry:
    """As ``copilot mcp add`` writes it."""
    return {"type": "local", **plain(command, env), "tools": ["*"]}


def opencode(command: list[str], env: Mapping[str, str]) -> Entry:
    """As opencode has it, where the command is one list."""
    environment = {"environment": dict(env)} if env else {}
    return {"type": "local", "command": command, **environment, "enabled": True}


def codex(command: list[str], env: Mapping[str, str]) -> Entry:
    """Codex begins its first turn a second after its start unless a server is ``required``."""
    entry: Entry = {"command": command[0], "args": command[1:], "required": True}
    entry["startup_timeout_sec"] = CODEX_STARTUP_SECONDS
    return {**entry, "env": dict(env)} if env else entry


def command_of(entry: object) -> list[str] | None:
    """Return the command in an entry of any host; None when there is none."""
    if not isinstance(entry, dict):
        return None
    first: Any = entry.get("command")
    more: Any = entry.get("args", [])
    if isinstance(first, dict):  # Zed, some years ago
        first, more = first.get("path"), first.get("args", [])
    words: list[Any] = first if isinstance(first, list) else [first]
    words = [*words, *(more if isinstance(more, list) else [])]
    return words if all(isinstance(word, str) for word in words) else None


def environment_of(entry: object) -> dict[str, str]:
    """Return what an entry of any host adds to the environment."""
    if not isinstance(entry, dict):
        return {}
    env = entry.get("env") or entry.get("environment") or {}
    return {str(name): str(value) for name, value in env.items()} if isinstance(env, dict) else {}


def is_ours(entry: object) -> bool:
    """Say whether an entry starts the shim of any djobs that has this form of it."""
    words = command_of(entry) or []
    names = [word.replace("\\", "/") for word in words]
    return any(
        name.endswith("djobs_shim/__main__.py") or name.rpartition("/")[2] == "djobs-mcp"
        for name in names
    )
