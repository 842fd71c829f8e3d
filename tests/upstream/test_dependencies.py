"""The server starts with the dependencies of its day, and with those of tomorrow, or refuses them.

As in ``test_durability``: mistakes of an older tool, shown to be absent here.
"""

import importlib.metadata
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.harness.daemon import DaemonHome
from tests.harness.editor import Editor
from tests.upstream.agents import HERE

PROJECT = Path(__file__).parents[2] / "pyproject.toml"


def test_d32_every_dependency_is_bounded_above_or_says_why_not() -> None:
    """No install picks up a next version that breaks the server at its import."""
    lines = {line.strip() for line in PROJECT.read_text("utf-8").splitlines()}
    needed = tomllib.loads(PROJECT.read_text("utf-8"))["project"]["dependencies"]
    unbounded = [each for each in needed if "<" not in each]
    assert len(needed) >= 6
    assert [each for each in needed if not re.search(r">=\d", each)] == []
    explained = [each for each in unbounded if any(f'"{each}", # no bound: ' in x for x in lines)]
    assert explained == unbounded


def test_d32_what_is_installed_is_what_was_asked_for() -> None:
    """Nothing that is installed is outside the declared bounds."""
    check = [sys.executable, "-m", "pip", "check"]
    checked = subprocess.run(check, capture_output=True, text=True, timeout=50, check=False)
    assert "djobs" not in checked.stdout, checked.stdout
    assert importlib.metadata.version("mcp").split(".")[0] == "2"


def test_d32_the_server_starts_and_answers_with_the_sdk_that_is_installed(
    daemon_home: DaemonHome,
) -> None:
    """The handshake, a call, and what the SDK itself answers."""
    with Editor(daemon_home, HERE) as editor:
        editor.open()
        editor.call("enqueue_task", task_type="x")
        daemon_home.wait_sdk()
        assert editor.answer(editor.ask("prompts/list", {}))["error"]["code"] == -32601
        assert json.dumps(editor.result(editor.ask("tools/list", {})))
