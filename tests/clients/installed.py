"""The clients that ``.ci/install-clients`` puts below ``.ci/node_modules``."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = ROOT / ".ci" / "node_modules"
NODE_FOLDER = MODULES / "node" / "bin"
CLAUDE_CODE = MODULES / ".bin" / "claude"
CODEX = MODULES / ".bin" / "codex"
INSPECTOR = MODULES / ".bin" / "mcp-inspector"


def require(client: Path) -> Path:
    """Return the client's path; skip the test without it, or fail where CI promised to have it."""
    if client.exists():
        return client
    reason = f"{client.relative_to(ROOT)} is not installed; .ci/install-clients installs it"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
