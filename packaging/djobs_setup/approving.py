"""What a host is told to approve by itself, and only when that was asked for. Pure.

``read-only`` names the tools that change nothing; ``full`` is all of djobs' tools, those that hand
commands to the daemon included.
"""

from typing import Final

from djobs_setup.hosts import SERVER, Host
from djobs_setup.shapes import Entry

READ_ONLY_TOOLS: Final = (
    "audit_log",
    "check_task",
    "health",
    "list_agents",
    "list_limits",
    "list_notices",
    "list_schedules",
    "list_tasks",
    "list_type_defaults",
    "resume_session",
    "stale_tasks",
    "stats",
    "task_log",
    "wait_task",
    "why_task",
)
"""The tools with MCP's ``readOnlyHint``."""


def in_entry(host: Host, approve: str | None) -> Entry:
    """Return what goes into the host's entry of the server itself."""
    if approve not in host.approvals:
        return {}
    if host.name == "codex":
        if approve == "full":
            return {"default_tools_approval_mode": "approve"}
        return {"tools": {tool: {"approval_mode": "approve"} for tool in READ_ONLY_TOOLS}}
    if host.name == "cline":
        return {"autoApprove": list(READ_ONLY_TOOLS)}
    if host.name == "gemini-cli":
        return {"trust": True}
    return {}


def rules(host: Host, approve: str | None) -> list[str]:
    """Return the rules that Claude Code keeps in its settings, beside the entry."""
    if host.name != "claude-code" or approve not in host.approvals:
        return []
    if approve == "full":
        return [f"mcp__{SERVER}"]
    return [f"mcp__{SERVER}__{tool}" for tool in READ_ONLY_TOOLS]
