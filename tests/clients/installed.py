"""The clients that ``.ci/install-clients`` puts below ``.ci/node_modules``."""

from pathlib import Path

from tests.harness import needs

ROOT = Path(__file__).resolve().parents[2]
MODULES = ROOT / ".ci" / "node_modules"
NODE_FOLDER = MODULES / "node" / "bin"
CLAUDE_CODE = MODULES / ".bin" / "claude"
CODEX = MODULES / ".bin" / "codex"
INSPECTOR = MODULES / ".bin" / "mcp-inspector"


def require(client: Path) -> Path:
    """Return the path of a client that the test needs."""
    return needs.installed(client, ".ci/install-clients")
