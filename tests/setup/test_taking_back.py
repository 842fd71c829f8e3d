"""What was changed is put back exactly, and what cannot be changed safely is left alone."""

import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings

from djobs_setup import files
from djobs_setup.applying import apply, plan_all
from djobs_setup.editing import json_members
from djobs_setup.editing.result import CannotEdit
from djobs_setup.wishes import Wish
from tests.setup.desk import COMMAND, NOW, Desk
from tests.setup.documents import SEEDS, json_file

NEWER = [*COMMAND[:-1], "/opt/newer/djobs_shim/__main__.py"]


@settings(max_examples=50)
@given(SEEDS)
def test_any_file_of_any_person_comes_back_byte_for_byte(seed: int) -> None:
    with TemporaryDirectory() as folder:
        desk = Desk(Path(folder))
        path = desk.home / ".cursor" / "mcp.json"
        path.parent.mkdir()
        path.write_bytes(json_file(seed))
        (step,) = desk.wire("cursor")
        if step.verdict == "refused":
            assert path.read_bytes() == json_file(seed)
            return
        assert desk.unwire()[0].exact
        assert path.read_bytes() == json_file(seed)
        assert desk.ledger.changes() == {}


@settings(max_examples=30)
@given(SEEDS)
def test_what_others_wrote_meanwhile_stays(seed: int) -> None:
    with TemporaryDirectory() as folder:
        desk = Desk(Path(folder))
        path = desk.home / ".cursor" / "mcp.json"
        path.parent.mkdir()
        path.write_bytes(json_file(seed))
        if desk.wire("cursor")[0].verdict == "refused":
            return
        path.write_bytes(json_members.put(path.read_bytes(), ("z", "later"), 1).content)
        (removal,) = desk.unwire()
        assert not removal.exact
        expected = json_members.read(json_file(seed)) or {}
        assert isinstance(expected, dict)
        assert json_members.read(path.read_bytes()) == {**expected, "z": {"later": 1}}


def test_a_link_stays_a_link_and_the_mode_stays(desk: Desk, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.json"
    real.write_text("{}")
    real.chmod(0o644)
    link = desk.home / ".claude.json"
    link.symlink_to(real)
    desk.wire("claude-code")
    assert link.is_symlink()
    assert "djobs" in real.read_text()
    assert real.stat().st_mode & 0o777 == 0o644
    desk.unwire()
    assert link.is_symlink()
    assert real.read_text() == "{}"


def test_a_command_that_was_brought_up_to_date_leaves_the_first_original(desk: Desk) -> None:
    path = desk.home / ".claude.json"
    path.write_text('{"a": 1}')
    desk.wire("claude-code", approve="read-only")
    desk.wire("claude-code", command=NEWER)
    assert NEWER[-1] in path.read_text()
    assert len(desk.ledger.changes()) == 2
    assert all(each.exact for each in desk.unwire())
    assert path.read_text() == '{"a": 1}'


def test_an_entry_of_ours_that_a_person_made_comes_back(desk: Desk) -> None:
    path = desk.home / ".claude.json"
    mine = '{"mcpServers": {"djobs": {"command": "/old/bin/djobs-mcp", "args": [], "x": 1}}}'
    path.write_text(mine)
    (step,) = desk.wire("claude-code")
    assert step.verdict == "change"
    assert json.loads(path.read_text())["mcpServers"]["djobs"]["x"] == 1
    desk.unwire()
    assert path.read_text() == mine


def test_an_entry_that_nobody_recorded_is_taken_out_all_the_same(desk: Desk) -> None:
    path = desk.home / ".claude.json"
    path.write_text('{"mcpServers": {"djobs": {"command": "djobs-mcp"}, "b": {}}}')
    (removal,) = desk.unwire("claude-code")
    assert removal.hosts == ("claude-code",)
    assert path.read_text() == '{"mcpServers": {"b": {}}}'


def test_a_command_by_name_is_left_as_it_is(desk: Desk) -> None:
    path = desk.home / ".claude.json"
    path.write_text(
        '{"mcpServers": {"djobs": {"type": "stdio", "command": "djobs-mcp", "args": []}}}'
    )
    assert [step.verdict for step in desk.plan("claude-code")] == ["wired"]


def test_an_entry_by_name_gets_what_the_host_needs_beside_the_command(desk: Desk) -> None:
    path = desk.home / ".codex" / "config.toml"
    path.parent.mkdir()
    path.write_text('[mcp_servers.djobs]\ncommand = "djobs-mcp"\n')
    desk.wire("codex")
    assert 'command = "djobs-mcp"' in path.read_text()
    assert "required = true" in path.read_text()
    assert "shim" not in path.read_text()
    desk.unwire()
    assert path.read_text() == '[mcp_servers.djobs]\ncommand = "djobs-mcp"\n'


def test_only_the_agent_that_is_named_is_unwired(desk: Desk) -> None:
    desk.wire("cursor", "codex")
    desk.unwire("codex")
    assert (desk.home / ".cursor" / "mcp.json").exists()
    assert not (desk.home / ".codex").exists()


def test_an_entry_that_became_somebody_else_s_stays(desk: Desk) -> None:
    path = desk.home / ".cursor" / "mcp.json"
    desk.wire("cursor")
    other = '{"mcpServers": {"djobs": {"command": "other"}}}'
    path.write_text(other)
    desk.unwire()
    assert path.read_text() == other
    assert desk.ledger.changes() == {}


def test_a_file_that_is_gone_is_not_made_anew(desk: Desk) -> None:
    desk.wire("cursor")
    (desk.home / ".cursor" / "mcp.json").unlink()
    desk.unwire()
    assert not (desk.home / ".cursor" / "mcp.json").exists()
    assert desk.ledger.changes() == {}


def test_a_change_that_was_written_down_and_never_made_undoes_nothing(desk: Desk) -> None:
    path = desk.home / ".claude.json"
    path.write_text('{"a": 1}')
    desk.wire("claude-code")
    path.write_text('{"a": 1}')  # as after a death between the record and the file
    desk.unwire()
    assert path.read_text() == '{"a": 1}'


def test_an_original_that_is_damaged_is_not_put_back(desk: Desk) -> None:
    path = desk.home / ".claude.json"
    path.write_text('{"a": 1}')
    desk.wire("claude-code")
    Path(desk.ledger.folder, "1.before").write_text("{}")
    (removal,) = desk.unwire()
    assert not removal.exact
    assert path.read_text() == '{"a": 1}'  # by taking the entry out


BAD = {
    "is not valid JSON": "{",
    "has another server of that name": '{"mcpServers": {"djobs": {"command": "other"}}}',
    "has no object as mcpServers": '{"mcpServers": []}',
}


@pytest.mark.parametrize("said", BAD)
def test_a_file_that_is_not_as_expected_is_left_alone(said: str, desk: Desk) -> None:
    path = desk.home / ".claude.json"
    path.write_text(BAD[said])
    (step,) = desk.wire("claude-code")
    assert step.verdict == "refused"
    assert said in step.reason
    assert path.read_text() == BAD[said]
    assert desk.ledger.changes() == {}


def test_a_link_that_leads_nowhere_is_refused(desk: Desk) -> None:
    (desk.home / ".claude.json").symlink_to("/nowhere/at/all")
    assert "leads nowhere" in desk.wire("claude-code")[0].reason


def test_what_is_no_file_is_refused(desk: Desk) -> None:
    (desk.home / ".claude.json").mkdir()
    assert "is not a file" in desk.wire("claude-code")[0].reason


def test_a_second_name_of_a_file_is_refused(desk: Desk) -> None:
    (desk.home / "x").write_text("{}")
    os.link(desk.home / "x", desk.home / ".claude.json")
    assert "another name" in desk.wire("claude-code")[0].reason


def test_a_read_only_file_is_refused(desk: Desk) -> None:
    (desk.home / ".claude.json").write_text("{}")
    (desk.home / ".claude.json").chmod(0o444)
    assert "read-only" in desk.wire("claude-code")[0].reason


def test_a_file_that_changes_while_it_is_looked_at_is_not_written(desk: Desk) -> None:
    path = desk.home / ".claude.json"
    path.write_text("{}")
    (step,) = desk.plan("claude-code")
    path.write_text('{"other": 1}')
    with pytest.raises(CannotEdit, match="changed by somebody else"):
        apply(step, desk.ledger, NOW)
    assert path.read_text() == '{"other": 1}'
    assert os.listdir(desk.home) == [".claude.json"]
    assert desk.ledger.changes() == {}


def test_a_host_that_is_writing_is_not_disturbed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "LOCK_TRIES", 2)
    (step,) = desk.plan("claude-code")
    (desk.home / ".claude.json.lock").mkdir()
    with pytest.raises(CannotEdit, match="is being written by its program"):
        apply(step, desk.ledger, NOW)
    (desk.home / ".claude.json.lock").rmdir()
    apply(step, desk.ledger, NOW)
    assert not (desk.home / ".claude.json.lock").exists()


def test_instructions_and_hooks_go_the_same_way(desk: Desk) -> None:
    notes, hooks = desk.project / "AGENTS.md", desk.home / ".claude" / "settings.json"
    notes.write_text("# Notes")
    there = desk.everything()
    wishes = [
        Wish(("codex",), "project", str(notes), "block", ("djobs",), "Use djobs."),
        Wish(("claude-code",), "user", str(hooks), "items", ("hooks", "SessionStart"), [{"a": 1}]),
    ]
    for step in plan_all(wishes):
        apply(step, desk.ledger, NOW)
    assert [step.verdict for step in plan_all(wishes)] == ["wired", "wired"]
    desk.unwire()
    assert desk.everything() == there
