"""A session's workspace comes from the surest source there is."""

import os
from pathlib import Path

import pytest

from djobs_daemon.mcp_server.hello import LinkHello
from djobs_daemon.mcp_server.workspace import Workspace, project_around, workspace_of


def told(*args: str, cwd: str = "/", **env: str) -> Workspace:
    return workspace_of(LinkHello(link=1, session="0" * 32, next=1, args=[*args], cwd=cwd, env=env))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_the_option_wins_over_the_environment(tmp_path: Path) -> None:
    env = {"DJOBS_WORKSPACE": "/second", "CLAUDE_PROJECT_DIR": "/third"}

    for args in (["--workspace", str(tmp_path)], [f"--workspace={tmp_path}"]):
        assert told(*args, **env) == Workspace(str(tmp_path), sure=True)
    assert told(**env).path == "/second"


def test_a_relative_option_counts_from_the_clients_folder(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()

    assert told("--workspace", "project", cwd=str(tmp_path)).path == str(tmp_path / "project")


def test_a_tilde_is_the_users_home(home: Path) -> None:
    assert told("--workspace", "~/project").path == str(home / "project")


def test_an_option_is_taken_as_given_and_a_project_folder_for_its_repository(
    tmp_path: Path,
) -> None:
    (tmp_path / ".git").mkdir()
    inside = str(tmp_path / "src")
    Path(inside).mkdir()

    assert told("--workspace", inside).path == inside
    assert told(CLAUDE_PROJECT_DIR=inside) == Workspace(str(tmp_path), sure=True)
    assert told(cwd=inside) == Workspace(str(tmp_path), sure=False)


@pytest.mark.parametrize("value", ["", "  "])
def test_an_empty_value_is_none(tmp_path: Path, value: str) -> None:
    env = {"DJOBS_WORKSPACE": value, "CLAUDE_PROJECT_DIR": value}

    assert told("--workspace", value, cwd=str(tmp_path), **env) == Workspace(str(tmp_path))


@pytest.mark.parametrize("value", ["${workspaceFolder}", "${env:PWD}/x", "$PWD", "%CD%"])
def test_a_value_that_was_not_expanded_is_passed_over_and_the_instructions_say_so(
    tmp_path: Path, value: str
) -> None:
    found = told("--workspace", value, cwd=str(tmp_path))

    assert (found.path, found.sure) == (str(tmp_path), False)
    assert f"--workspace {value!r} was not expanded" in found.remark


def test_outside_of_any_project_every_session_has_the_home_folder(home: Path) -> None:
    assert told(cwd="/") == told(cwd=str(home)) == Workspace(str(home), is_project=False)
    (home / ".git").mkdir()
    assert told(cwd=str(home)).is_project


def test_a_project_below_the_home_folder_is_a_project(home: Path) -> None:
    (home / "notes").mkdir()

    assert told(cwd=str(home / "notes")) == Workspace(str(home / "notes"))


@pytest.mark.parametrize("mark", [".git", ".hg", ".jj", ".svn"])
def test_a_folder_inside_a_repository_belongs_to_its_top(tmp_path: Path, mark: str) -> None:
    (tmp_path / mark).mkdir()
    inner = tmp_path / "src" / "deep"
    inner.mkdir(parents=True)

    assert project_around(str(inner)).path == str(tmp_path)


def test_a_worktree_is_marked_by_a_file(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: elsewhere")

    assert project_around(str(tmp_path)).path == str(tmp_path)


def test_a_link_and_its_target_are_one_workspace(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")

    assert project_around(os.fspath(tmp_path / "link")).path == str(tmp_path / "real")
