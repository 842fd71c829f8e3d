"""``djobsctl init`` with the agents themselves: they see djobs, and then see nothing of it."""

import json
from pathlib import Path

import pytest

from tests.clients.claude_code import STARTUP_WAIT_MS
from tests.clients.fake_messages_api import FakeMessagesApi
from tests.clients.installed import CLAUDE_CODE, CODEX, NODE_FOLDER, require
from tests.clients.script import CallTool, Script
from tests.clients.wiring import Newcomer
from tests.harness import needs
from tests.harness.daemon import DaemonHome

pytestmark = [pytest.mark.real_client, pytest.mark.timeout(300)]

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


TASK = CallTool("enqueue_task", {"task_type": "docs", "payload": {"file": "a.py"}})


@pytest.mark.slow
@pytest.mark.parametrize(("approve", "recorded"), [("full", 1), ("read-only", 0), (None, 0)])
def test_a_session_in_an_empty_home_may_do_what_was_approved_and_no_more(
    approve: str | None, recorded: int, tmp_path: Path, daemon_home: DaemonHome
) -> None:
    claude = require(CLAUDE_CODE)
    me = Newcomer(tmp_path, daemon_home, [claude.parent, NODE_FOLDER])
    me.djobsctl("init", "--yes", *([] if approve is None else ["--approve", approve]))
    script = Script([CallTool("list_tasks"), TASK])
    with FakeMessagesApi(script) as api:
        me.do(
            *(claude, "-p", "Go on."),
            ANTHROPIC_API_KEY="dummy",
            ANTHROPIC_BASE_URL=api.url,
            ENABLE_TOOL_SEARCH="false",
            CLAUDE_CODE_MCP_STARTUP_WAIT_MS=str(STARTUP_WAIT_MS),
        )
    script.check()
    assert [each.is_error for each in script.results] == [approve is None, approve != "full"]
    assert len(json.loads(me.djobsctl("list", "--json"))["jobs"]) == recorded


LISTED = {
    "gemini": ("✓ djobs:", ".gemini/settings.json"),
    "opencode": ("connected", ".config/opencode/opencode.jsonc"),
    "copilot": ("djobs (local)", ".copilot/mcp-config.json"),
    "amp": ("djobs", ".config/amp/settings.json"),
}


@pytest.mark.slow
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
