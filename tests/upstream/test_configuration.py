"""The peer's demonstrated defects about hosts' configuration, each shown not to be there."""

import json
from pathlib import Path

import pytest

from tests.harness.daemon import DaemonHome
from tests.harness.editor import Editor
from tests.setup.desk import Desk

CLIENTS = ["claude-code", "codex-mcp-client", "gemini-cli", "copilot", "kimi", "cursor-vscode"]


def test_d20_no_session_of_any_client_changes_a_host_s_files(tmp_path: Path) -> None:
    """There the first tool call wrote hooks into five hosts' files, by the client's name."""
    desk = Desk(tmp_path)
    for folder in (".claude", ".codex", ".gemini", ".copilot", ".kimi", ".cursor"):
        (desk.home / folder).mkdir()
    (desk.home / ".claude" / "settings.json").write_text("{}")
    there = desk.everything()
    with DaemonHome(HOME=str(desk.home)) as home:
        home.start()
        for name in CLIENTS:
            with Editor(home, str(desk.project), name=name, cwd=str(desk.project)) as editor:
                editor.open()
                editor.call("enqueue_task", task_type="t")
                editor.call("resume_session")
    assert desk.everything() == there


@pytest.mark.parametrize("comment", ["", "// mine\n"])
def test_d28_other_servers_and_comments_are_kept(comment: str, tmp_path: Path) -> None:
    """There it deleted all other servers, refused a file with comments, or dropped them."""
    desk = Desk(tmp_path)
    path = desk.project / ".vscode" / "mcp.json"
    path.parent.mkdir()
    path.write_text(comment + '{\n  "servers": {\n    "github": {"url": "https://x.org"}\n  }\n}\n')
    desk.wire("vscode", scope="project")
    text = path.read_text()
    assert text.startswith(comment)
    servers = json.loads(text.removeprefix(comment))["servers"]
    assert servers["github"] == {"url": "https://x.org"}
    assert list(servers) == ["github", "djobs"]
