"""What people had in each host's file before djobs."""

from typing import Final

SERVERS: Final = """\
{
  "mcpServers": {
    "github": {
      "command": "npx",
      "args": ["-y", "server-github"]
    }
  }
}
"""
BEFORE: Final[dict[tuple[str, str], str]] = {
    ("claude-code", "user"): '{\n  "numStartups": 3,\n  "projects": {}\n}',
    ("claude-code", "project"): SERVERS,
    ("codex", "user"): (
        'model = "gpt-5.5" # mine\n\n[mcp_servers.docs]\ncommand = "docs"\n\n'
        '[projects."/repo"]\ntrust_level = "trusted"'
    ),
    ("codex", "project"): "",
    ("vscode", "user"): (
        '{\n\t"servers": {\n\t\t// by hand\n\t\t"docs": {"type": "http", "url": "https://x.org"},\n'
        '\t},\n\t"inputs": []\n}\n'
    ),
    ("vscode", "project"): "{\r\n}\r\n",
    ("copilot-cli", "user"): '{"mcpServers": {}}',
    ("cursor", "user"): "{}",
    ("cursor", "project"): SERVERS,
    ("gemini-cli", "user"): '{\n    "theme": "Dracula" // dark\n}\n',
    ("gemini-cli", "project"): "{\n}\n",
    ("opencode", "user"): (
        '{\n  "$schema": "https://opencode.ai/config.json",\n  /* models */\n  "model": "a/b",\n}\n'
    ),
    ("opencode", "project"): '{"$schema": "https://opencode.ai/config.json"}\n',
    ("cline", "user"): '{\n  "mcpServers": {\n  }\n}',
    ("windsurf", "user"): SERVERS,
    ("zed", "user"): (
        "// Zed settings\n//\n// see https://zed.dev/docs\n{\n"
        '  "theme": {\n    "mode": "system"\n  },\n  "vim_mode": true // always\n}\n'
    ),
    ("zed", "project"): "// nothing yet\n",
    ("junie", "user"): "",
    ("junie", "project"): SERVERS,
    ("amp", "user"): '{\n  "amp.mcpServers": {\n    "a": {"command": "a"}\n  }\n}\n',
    ("amp", "project"): "\ufeff{}",
    ("kimi", "user"): SERVERS,
    ("claude-desktop", "user"): '{"globalShortcut": ""}',
}
