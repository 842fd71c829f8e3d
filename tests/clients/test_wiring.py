"""``djobsctl init`` with the agents themselves: they see djobs, and then see nothing of it."""

from pathlib import Path

import pytest

from tests.clients.installed import CLAUDE_CODE, CODEX, NODE_FOLDER, require
from tests.clients.wiring import Newcomer
from tests.harness import needs
from tests.harness.daemon import DaemonHome

pytestmark = pytest.mark.real_client

MORE = Path(__file__).resolve().parents[2] / ".ci" / "more" / "node_modules" / ".bin"
CODEX_CONFIG = """\
# mine
model = "gpt-5.5"

[tui]
notifications = false
"""


def test_claude_code_and_codex_have_djobs_until_it_is_removed(
    tmp_path: Path, daemon_home: DaemonHome
) -> None:
    claude, codex = require(CLAUDE_CODE), require(CODEX)
    me = Newcomer(tmp_path, daemon_home, [claude.parent, NODE_FOLDER])
    (me.home / ".codex").mkdir()
    (me.home / ".codex" / "config.toml").write_text(CODEX_CONFIG)
    me.do(claude, "mcp", "list")  # its first start writes its file
    before = me.files(".claude.json", ".codex/config.toml", ".claude/settings.json")

    said = me.djobsctl("init", "--yes", "--approve", "read-only")
    assert "Wired Claude Code, Codex." in said
    assert "djobs: " in (listed := me.do(claude, "mcp", "list"))
    assert "✔ Connected" in listed
    listed = me.do(codex, "mcp", "list")
    assert "djobs" in listed
    assert "enabled" in listed
    assert "startup_timeout_sec: 20" in me.do(codex, "mcp", "get", "djobs")

    me.djobsctl("remove", "--yes")
    assert me.files(*before) == before
    assert "djobs" not in me.do(claude, "mcp", "list")
    assert "djobs" not in me.do(codex, "mcp", "list")


@pytest.mark.slow
def test_claude_code_in_an_empty_home_has_djobs_and_keeps_its_own_when_it_is_removed(
    tmp_path: Path, daemon_home: DaemonHome
) -> None:
    claude = require(CLAUDE_CODE)
    me = Newcomer(tmp_path, daemon_home, [claude.parent, NODE_FOLDER])
    me.djobsctl("init", "--yes", "--host", "claude-code")
    assert "✔ Connected" in me.do(claude, "mcp", "list")  # and writes the whole file anew
    me.djobsctl("remove", "--yes")
    left = (me.home / ".claude.json").read_text()
    assert "firstStartTime" in left
    assert "mcpServers" not in left


LISTED = {
    "gemini": ("✓ djobs:", ".gemini/settings.json"),
    "opencode": ("connected", ".config/opencode/opencode.jsonc"),
    "copilot": ("djobs (local)", ".copilot/mcp-config.json"),
    "amp": ("djobs", ".config/amp/settings.json"),
}


@pytest.mark.slow
@pytest.mark.timeout(300)  # they are slow to start, and unpack themselves the first time
@pytest.mark.parametrize("program", LISTED)
def test_another_agent_has_djobs_until_it_is_removed(
    program: str, tmp_path: Path, daemon_home: DaemonHome
) -> None:
    needs.installed(MORE / program, ".ci/more-hosts")
    sign, file = LISTED[program]
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / program).symlink_to(MORE / program)
    me = Newcomer(tmp_path, daemon_home, [folder, MORE.parent / "node" / "bin"])
    trusted = me.home / ".gemini" / "trustedFolders.json"
    trusted.parent.mkdir()
    trusted.write_text(f'{{"{me.work}": "TRUST_FOLDER"}}')
    me.do(program, "mcp", "list")
    before = me.files(file)

    me.djobsctl("init", "--yes")
    listed = me.do(program, "mcp", "list")
    assert "djobs" in listed
    assert sign in listed
    me.djobsctl("remove", "--yes")
    assert me.files(file) == before
    assert "djobs" not in me.do(program, "mcp", "list")
