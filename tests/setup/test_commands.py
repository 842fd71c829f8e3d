"""``djobsctl init``, ``install-mcp``, ``repair`` and ``remove`` from outside."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.daemon import DaemonHome
from tests.setup.newcomer import COMMAND, Newcomer


@pytest.fixture(scope="module")
def shared() -> Iterator[DaemonHome]:
    """Return one running daemon for all; no test here stops it."""
    with DaemonHome() as home:
        home.start()
        yield home


@pytest.fixture
def me(tmp_path: Path, shared: DaemonHome) -> Iterator[Newcomer]:
    """Return somebody whose agents know nothing of djobs."""
    somebody = Newcomer(tmp_path, shared)
    yield somebody
    somebody.run("remove", "--yes")


def command_in(path: Path) -> list[str]:
    entry = json.loads(path.read_text())["mcpServers"]["djobs"]
    return [entry["command"], *entry["args"]]


def test_without_any_agent_it_says_so_and_what_to_do(me: Newcomer) -> None:
    ran = me.run("init")
    assert ran.status == 1
    assert "No agent that djobs knows was found here. `djobsctl init --host NAME`" in ran.stdout


def test_where_nobody_can_be_asked_it_only_shows(me: Newcomer) -> None:
    path = me.host(".cursor", "mcp.json", "{}")
    ran = me.run("init")
    assert ran.status == 1
    assert "+++ ~/.cursor/mcp.json" in ran.stdout
    assert "Nothing was changed yet. `--yes` changes it." in ran.stdout
    assert path.read_text() == "{}"
    assert me.run("init", "--dry-run").status == 0
    assert path.read_text() == "{}"


@pytest.mark.parametrize(
    ("say", "status", "there"), [("n", 1, False), ("", 1, False), ("y", 0, True)]
)
def test_at_a_terminal_it_shows_asks_and_does_as_told(
    say: str, status: int, there: bool, me: Newcomer
) -> None:
    me.host(".cursor")
    ended, shown = me.answer("init", say=say)
    assert ended == status
    assert shown.index("+++ ~/.cursor/mcp.json") < shown.index("Change this file? [y/N]")
    assert shown.count("+++ ~/.cursor/mcp.json") == 1
    assert (me.home / ".cursor" / "mcp.json").exists() == there
    assert ("Wired Cursor." in shown) == there


def test_what_is_wired_works_and_is_left_alone_afterwards(me: Newcomer) -> None:
    path = me.host(".cursor") / "mcp.json"
    first = me.json("init", "--yes")
    assert first["applied"]
    assert first["probe"]["server"].startswith("djobs ")
    assert command_in(path) == COMMAND == first["command"]
    content = path.read_bytes()
    again = me.run("init")
    assert again.status == 0
    assert "Everything is wired already." in again.stdout
    assert path.read_bytes() == content


def test_a_server_is_told_which_daemon_is_meant(me: Newcomer) -> None:
    path = me.host(".cursor") / "mcp.json"
    me.run("init", "--yes")
    entry = json.loads(path.read_text())["mcpServers"]["djobs"]
    assert entry["env"] == {"DJOBS_HOME": me.daemon.state}


def test_a_broken_file_keeps_no_other_from_being_wired(me: Newcomer) -> None:
    broken = me.host(".cursor", "mcp.json", "{")
    me.host(".gemini")
    ran = me.run("init", "--yes")
    assert ran.status == 1
    assert (
        "~/.cursor/mcp.json is not valid JSON: a name in quotes is expected in line 1" in ran.stdout
    )
    assert broken.read_text() == "{"
    assert "Wired Gemini CLI." in ran.stdout


def test_a_named_agent_is_wired_where_it_was_not_found(me: Newcomer) -> None:
    assert me.run("init", "--yes", "--host", "windsurf").status == 0
    assert command_in(me.home / ".codeium" / "windsurf" / "mcp_config.json") == COMMAND
    assert not (me.home / ".cursor").exists()


def test_a_project_s_file_is_written_at_its_root_and_by_name(me: Newcomer) -> None:
    (me.work / ".git").mkdir()
    inner = me.work / "src"
    inner.mkdir()
    me.work = inner
    document = me.json(
        "install-mcp", "--yes", "--scope", "project", "--portable", "--host", "cursor"
    )
    path = inner.parent / ".cursor" / "mcp.json"
    assert command_in(path) == ["djobs-mcp"]
    assert "not on your PATH" in document["warning"]
    assert "env" not in json.loads(path.read_text())["mcpServers"]["djobs"]


def test_a_path_of_this_machine_in_a_shared_file_is_warned_of(me: Newcomer) -> None:
    ran = me.run("install-mcp", "--yes", "--scope", "project", "--host", "cursor")
    assert ran.status == 0
    assert "Careful: the command is a path of this machine; --portable is for" in ran.stdout
    assert command_in(me.work / ".cursor" / "mcp.json") == COMMAND


def test_wrong_names_are_refused_with_the_right_ones(me: Newcomer) -> None:
    for words in (("init", "--host", "emacs"), ("remove", "--host", "emacs")):
        ran = me.run(*words)
        assert ran.status == 2
        assert "claude-code" in ran.stderr
    ran = me.run("init", "--scope", "project", "--host", "windsurf")
    assert ran.status == 2
    assert "reads no servers from a project's files" in ran.stderr


def test_print_shows_what_to_paste_and_changes_nothing(me: Newcomer) -> None:
    me.host(".cursor")
    ran = me.run("install-mcp", "--print")
    entry = json.loads(ran.stdout)["mcpServers"]["djobs"]
    assert [entry["command"], *entry["args"]] == COMMAND
    assert not (me.home / ".cursor" / "mcp.json").exists()


def test_repair_gives_a_command_that_no_longer_runs_one_that_does(me: Newcomer) -> None:
    path = me.host(".cursor") / "mcp.json"
    me.run("init", "--yes")
    good = path.read_text()
    path.write_text(good.replace(COMMAND[0], "/gone/bin/python"))
    shown = me.run("repair")
    assert shown.status == 1
    assert "/gone/bin/python: No such file or directory." in shown.stdout
    ran = me.run("repair", "--yes")
    assert ran.status == 0
    assert "Repaired Cursor." in ran.stdout
    assert path.read_text() == good
    assert "Cursor (~/.cursor/mcp.json): works" in me.run("repair").stdout


def test_repair_also_mends_what_was_registered_by_name(me: Newcomer) -> None:
    text = '{"mcpServers": {"djobs": {"command": "djobs-mcp", "args": [], "disabled": false}}}'
    path = me.host(".cursor", "mcp.json", text)
    assert me.run("init").status == 0
    me.run("repair", "--yes")
    assert command_in(path) == COMMAND
    assert json.loads(path.read_text())["mcpServers"]["djobs"]["disabled"] is False


def test_remove_shows_asks_and_leaves_what_was_there(me: Newcomer) -> None:
    path = me.host(".cursor", "mcp.json", '{"mcpServers": {"a": {}}} ')
    me.host(".codex")
    me.run("init", "--yes")
    assert me.run("remove").status == 1
    ran = me.run("remove", "--yes")
    assert ran.status == 0
    assert "Took djobs out of 2 files; 2 as it was before, byte for byte." in ran.stdout
    assert path.read_text() == '{"mcpServers": {"a": {}}} '
    assert not (me.home / ".codex" / "config.toml").exists()
    assert me.run("remove").stdout == "No agent here has djobs.\n"


def test_remove_names_what_takes_out_the_rest(me: Newcomer) -> None:
    (me.work / "AGENTS.md").write_text("# Notes\n")
    me.run("install-instructions", "--yes", "--scope", "project")
    left = me.json("remove")["left"]
    assert left == ["djobsctl install-instructions --remove"]
    assert "is taken out by `djobsctl install-instructions --remove`." in me.run("remove").stdout
    me.run("install-instructions", "--remove", "--yes")
    assert me.json("remove")["left"] == []


def test_two_at_once_do_not_undo_each_other(me: Newcomer) -> None:
    from djobs_local.locks import KernelLock

    me.host(".cursor")
    lock = KernelLock.acquire(str(Path(me.daemon.state) / "setup.lock"))
    assert lock is not None
    with lock:
        ran = me.run("init", "--yes")
    assert ran.status == 75
    assert "Another djobsctl is changing agents' files" in ran.stderr
    assert not (me.home / ".cursor" / "mcp.json").exists()
