"""A folder of its own for one test: a home, a workspace, and the registration of the MCP server."""

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.clients.installed import NODE_FOLDER, ROOT
from tests.harness.daemon import DaemonHome

SHIM = ROOT / "shim" / "djobs_shim" / "__main__.py"


@dataclass(frozen=True)
class Place:
    """Where a client runs. Nothing of the person who runs the tests is visible in it."""

    root: Path
    daemon: DaemonHome
    """The DJOBS_HOME that the client's configuration names, and the daemon in it."""

    @property
    def home(self) -> Path:
        """The HOME of the client."""
        return self.root / "home"

    @property
    def workspace(self) -> Path:
        """The folder the client works in."""
        return self.root / "work"

    def make(self) -> "Place":
        """Create the folders."""
        self.home.mkdir(parents=True)
        self.workspace.mkdir()
        return self

    @property
    def server_command(self) -> list[str]:
        """The command that a person registers with an editor."""
        return [sys.executable, "-I", "-S", str(SHIM)]

    @property
    def server_environment(self) -> dict[str, str]:
        """What the client's configuration adds to the server's environment."""
        return {name: self.daemon.env[name] for name in ("DJOBS_HOME", "DJOBS_TEST")}

    def client_environment(self, **more: str) -> dict[str, str]:
        """Return the whole environment of a client; anything temporary stays in the place."""
        path = os.pathsep.join([str(NODE_FOLDER), "/usr/local/bin", "/usr/bin", "/bin"])
        return {"PATH": path, "HOME": str(self.home), "TMPDIR": str(self.root), **more}

    def write_mcp_json(self) -> Path:
        """Write the registration in the form most editors read, and return its path."""
        command, *arguments = self.server_command
        server = {
            "type": "stdio",
            "command": command,
            "args": arguments,
            "env": self.server_environment,
        }
        path = self.root / "mcp.json"
        path.write_text(json.dumps({"mcpServers": {"djobs": server}}))
        return path
