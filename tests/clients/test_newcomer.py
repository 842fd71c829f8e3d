"""Somebody with an agent, an empty home and this folder, who reads the README's first screen."""

import json
import shutil
import sys
import time
from pathlib import Path

import pytest

from tests.clients.claude_code import STARTUP_WAIT_MS
from tests.clients.fake_messages_api import FakeMessagesApi
from tests.clients.installed import CLAUDE_CODE, NODE_FOLDER, require
from tests.clients.script import CallTool, Script
from tests.clients.wiring import Newcomer
from tests.harness.daemon import DaemonHome

pytestmark = [pytest.mark.real_client, pytest.mark.slow, pytest.mark.timeout(300)]

ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = shutil.ignore_patterns(".*", "node_modules", "__pycache__", "tests", "docs")
SECONDS_MAX = 60.0
TASK = CallTool("enqueue_task", {"task_type": "docs", "payload": {"file": "a.py"}})


def test_a_minute_is_enough_for_install_init_and_the_first_task_of_an_agent_session(
    tmp_path: Path, daemon_home: DaemonHome, capsys: pytest.CaptureFixture[str]
) -> None:
    claude = require(CLAUDE_CODE)
    me = Newcomer(tmp_path, daemon_home, [claude.parent, NODE_FOLDER])
    source, tools = me.home / "djobs", me.home / "tools"
    shutil.copytree(ROOT, source, ignore=LEFT_OUT)
    since = {"start": time.monotonic()}

    me.do(sys.executable, "-m", "venv", tools)
    me.do(tools / "bin" / "pip", "install", "--quiet", source)
    since["install"] = time.monotonic()
    me.do(tools / "bin" / "djobsctl", "init", "--yes", "--approve", "full")
    since["init"] = time.monotonic()
    with FakeMessagesApi(Script([TASK])) as api:
        me.do(
            *(claude, "-p", "Add docstrings to a.py."),
            ANTHROPIC_API_KEY="dummy",
            ANTHROPIC_BASE_URL=api.url,
            CLAUDE_CODE_MCP_STARTUP_WAIT_MS=str(STARTUP_WAIT_MS),
            ENABLE_TOOL_SEARCH="false",
        )
    since["first task"] = time.monotonic()

    listed = json.loads(me.do(tools / "bin" / "djobsctl", "list", "--json"))
    assert [job["type"] for job in listed["jobs"]] == ["docs"]
    steps = zip(since, list(since)[1:], strict=False)
    took = [f"{after} {since[after] - since[before]:.1f} s" for before, after in steps]
    with capsys.disabled():
        sys.stdout.write(f"\n{', '.join(took)}\n")
    assert since["first task"] - since["start"] < SECONDS_MAX
