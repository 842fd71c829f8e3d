"""A session's workspace comes from the surest source there is."""

from pathlib import Path

import pytest

from djobs_daemon.mcp_server.hello import LinkHello, stated_workspace, workspace_of_folder


def hello(**fields: object) -> LinkHello:
    return LinkHello(link=1, session="0" * 32, next=1, **fields)  # type: ignore[arg-type]  # a test's shorthand


def test_the_option_wins_over_the_environment(tmp_path: Path) -> None:
    environment = {"CLAUDE_PROJECT_DIR": "/elsewhere"}

    for args in (["--workspace", str(tmp_path)], [f"--workspace={tmp_path}"]):
        assert stated_workspace(hello(args=args, env=environment)) == str(tmp_path)


def test_a_relative_option_counts_from_the_clients_folder(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()

    asked = hello(args=["--workspace", "project"], cwd=str(tmp_path))
    assert stated_workspace(asked) == str(tmp_path / "project")


def test_claude_codes_project_folder_is_the_workspace(tmp_path: Path) -> None:
    assert stated_workspace(hello(env={"CLAUDE_PROJECT_DIR": f"{tmp_path}/"})) == str(tmp_path)


def test_nothing_stated_is_nothing_sure() -> None:
    assert stated_workspace(hello(args=["--workspace"])) is None


@pytest.mark.parametrize("mark", [".git", ".hg", ".jj"])
def test_a_folder_inside_a_repository_belongs_to_its_top(tmp_path: Path, mark: str) -> None:
    (tmp_path / mark).mkdir()
    inner = tmp_path / "src" / "deep"
    inner.mkdir(parents=True)

    assert workspace_of_folder(str(inner)) == str(tmp_path)


def test_a_worktree_is_marked_by_a_file(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: elsewhere")

    assert workspace_of_folder(str(tmp_path)) == str(tmp_path)


def test_a_link_and_its_target_are_one_workspace(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")

    assert workspace_of_folder(str(tmp_path / "link")) == str(tmp_path / "real")
