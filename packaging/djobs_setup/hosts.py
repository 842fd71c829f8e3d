"""The table of hosts: how each is found, where it is told of servers, and in what shape.

Sources: the hosts' own documentation, and what their command lines write. Rows whose host has
never run djobs in a test say so in ``docs/hosts.md``.
"""

from dataclasses import dataclass, field
from typing import Final, Literal

from djobs_setup import shapes
from djobs_setup.editing.result import Path
from djobs_setup.shapes import Shape

Scope = Literal["user", "project"]
SCOPES: Final[tuple[Scope, ...]] = ("user", "project")
SERVER: Final = "djobs"
"""The name of the server in every host; tools are called after it."""


@dataclass(frozen=True)
class Place:
    """Where a host reads servers from."""

    files: tuple[str, ...]
    """Templates of ``Machine.expand``: the first that exists counts, or whose folder does."""
    at: Path
    """The member that holds all servers."""
    shape: Shape
    kind: Literal["json", "toml"] = "json"
    lock: bool = False
    """The host keeps others out by a folder ``<file>.lock`` while it writes."""


@dataclass(frozen=True)
class Host:
    """One row."""

    name: str
    title: str
    user: Place
    project: Place | None = None
    programs: tuple[str, ...] = ()
    """On PATH when it is installed."""
    folders: tuple[str, ...] = ()
    """There when it was used."""
    project_files: tuple[str, ...] = ()
    """In a project whose people use it."""
    own: tuple[str, str] = ("", "")
    """A variable that moves the host's own folder, and where that is otherwise."""
    after: str = ""
    """What is left for the user to do."""
    approvals: frozenset[str] = field(default_factory=frozenset)
    """What ``--approve`` can be given: ``read-only``, ``full``."""


_MCP_SERVERS: Final = ("mcpServers",)
_BOTH: Final = frozenset({"read-only", "full"})
_CLINE: Final = "Code/User/globalStorage/saoudrizwan.claude-dev"
_CLINE_FILE: Final = "settings/cline_mcp_settings.json"

HOSTS: Final = (
    Host(
        "claude-code",
        "Claude Code",
        Place(("{own}/.claude.json",), _MCP_SERVERS, shapes.typed, lock=True),
        Place(("{project}/.mcp.json",), _MCP_SERVERS, shapes.typed),
        programs=("claude",),
        folders=("{home}/.claude", "{home}/.claude.json"),
        project_files=(".mcp.json", ".claude", "CLAUDE.md"),
        own=("CLAUDE_CONFIG_DIR", "{home}"),
        approvals=_BOTH,
    ),
    Host(
        "codex",
        "Codex",
        Place(("{own}/config.toml",), ("mcp_servers",), shapes.codex, "toml"),
        Place(("{project}/.codex/config.toml",), ("mcp_servers",), shapes.codex, "toml"),
        programs=("codex",),
        folders=("{own}",),
        project_files=(".codex",),
        own=("CODEX_HOME", "{home}/.codex"),
        approvals=_BOTH,
    ),
    Host(
        "vscode",
        "VS Code",
        Place(("{support}/Code/User/mcp.json",), ("servers",), shapes.typed),
        Place(("{project}/.vscode/mcp.json",), ("servers",), shapes.typed),
        programs=("code",),
        folders=("{support}/Code/User",),
        project_files=(".vscode", ".github/copilot-instructions.md"),
        after="VS Code asks once whether it may start djobs.",
    ),
    Host(
        "copilot-cli",
        "Copilot CLI",
        Place(("{own}/mcp-config.json",), _MCP_SERVERS, shapes.copilot),
        Place(("{project}/.mcp.json",), _MCP_SERVERS, shapes.typed),
        programs=("copilot",),
        folders=("{own}",),
        own=("COPILOT_HOME", "{home}/.copilot"),
    ),
    Host(
        "cursor",
        "Cursor",
        Place(("{home}/.cursor/mcp.json",), _MCP_SERVERS, shapes.typed),
        Place(("{project}/.cursor/mcp.json",), _MCP_SERVERS, shapes.typed),
        programs=("cursor", "cursor-agent"),
        folders=("{home}/.cursor",),
        project_files=(".cursor", ".cursorrules"),
        after="Cursor shows djobs under Settings > MCP; enable it there if it is off.",
    ),
    Host(
        "gemini-cli",
        "Gemini CLI",
        Place(("{home}/.gemini/settings.json",), _MCP_SERVERS, shapes.plain),
        Place(("{project}/.gemini/settings.json",), _MCP_SERVERS, shapes.plain),
        programs=("gemini",),
        folders=("{home}/.gemini",),
        project_files=(".gemini", "GEMINI.md"),
        after="Gemini CLI starts servers only in folders that you trust (/permissions).",
        approvals=frozenset({"full"}),
    ),
    Host(
        "opencode",
        "opencode",
        Place(
            ("{xdg}/opencode/opencode.json", "{xdg}/opencode/opencode.jsonc"),
            ("mcp",),
            shapes.opencode,
        ),
        Place(("{project}/opencode.json", "{project}/opencode.jsonc"), ("mcp",), shapes.opencode),
        programs=("opencode",),
        folders=("{xdg}/opencode",),
        project_files=("opencode.json", "opencode.jsonc", ".opencode"),
    ),
    Host(
        "cline",
        "Cline",
        Place(
            (
                f"{{support}}/{_CLINE}/{_CLINE_FILE}",
                f"{{home}}/.cline/data/{_CLINE_FILE}",
            ),
            _MCP_SERVERS,
            shapes.plain,
        ),
        programs=("cline",),
        folders=(f"{{support}}/{_CLINE}", "{home}/.cline"),
        project_files=(".clinerules",),
        approvals=frozenset({"read-only"}),
    ),
    Host(
        "windsurf",
        "Windsurf",
        Place(("{home}/.codeium/windsurf/mcp_config.json",), _MCP_SERVERS, shapes.plain),
        programs=("windsurf",),
        folders=("{home}/.codeium/windsurf",),
        project_files=(".windsurf", ".windsurfrules"),
    ),
    Host(
        "zed",
        "Zed",
        Place(("{xdg}/zed/settings.json",), ("context_servers",), shapes.plain),
        Place(("{project}/.zed/settings.json",), ("context_servers",), shapes.plain),
        programs=("zed", "zeditor"),
        folders=("{xdg}/zed",),
        project_files=(".zed",),
    ),
    Host(
        "junie",
        "JetBrains Junie",
        Place(("{home}/.junie/mcp/mcp.json",), _MCP_SERVERS, shapes.plain),
        Place(("{project}/.junie/mcp/mcp.json",), _MCP_SERVERS, shapes.plain),
        programs=("junie",),
        folders=("{home}/.junie", "{support}/JetBrains"),
        project_files=(".junie",),
        after="JetBrains AI Assistant has settings of its own: Tools > AI Assistant > MCP.",
    ),
    Host(
        "amp",
        "Amp",
        Place(
            ("{xdg}/amp/settings.json", "{xdg}/amp/settings.jsonc"),
            ("amp.mcpServers",),
            shapes.plain,
        ),
        Place(("{project}/.amp/settings.json",), ("amp.mcpServers",), shapes.plain),
        programs=("amp",),
        folders=("{xdg}/amp",),
        project_files=(".amp",),
    ),
    Host(
        "kimi",
        "Kimi CLI",
        Place(("{own}/mcp.json",), _MCP_SERVERS, shapes.plain),
        programs=("kimi",),
        folders=("{own}",),
        own=("KIMI_SHARE_DIR", "{home}/.kimi"),
    ),
    Host(
        "claude-desktop",
        "Claude Desktop",
        Place(("{support}/Claude/claude_desktop_config.json",), _MCP_SERVERS, shapes.plain),
        folders=("{support}/Claude",),
        after="Quit Claude Desktop and open it again.",
    ),
)

BY_NAME: Final = {host.name: host for host in HOSTS}
