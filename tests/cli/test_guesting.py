"""``install-instructions`` and ``install-hooks`` ask, write what they showed, and take it back."""

from pathlib import Path

import pytest

from tests.cli.command import Ran, djobsctl
from tests.harness.daemon import DaemonHome


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "work" / ".git").mkdir(parents=True)
    (tmp_path / "home").mkdir()
    return tmp_path / "work"


def run(home: DaemonHome, project: Path, *words: str) -> Ran:
    return djobsctl(home, *words, folder=str(project), HOME=str(project.parent / "home"))


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(each.relative_to(folder)): each.read_bytes()
        for each in folder.rglob("*")
        if each.is_file()
    }


def test_agents_are_told_where_they_read_and_all_of_it_is_undone(
    daemon_home: DaemonHome, project: Path
) -> None:
    agents = project / ".github" / "agents"
    agents.mkdir(parents=True)
    (agents / "x.agent.md").write_text("---\nname: x\n---\nBe x.", "utf-8")
    (project / "CLAUDE.md").write_text("Mine.\n", "utf-8")
    before = contents(project.parent)
    done = run(daemon_home, project, "install-instructions", "--yes", "--json").document
    written = {Path(each["path"]).name for each in done["files"]}
    assert written == {"AGENTS.md", "CLAUDE.md", "x.agent.md"}
    assert all(
        "resume_session" in (project / each).read_text() for each in ("AGENTS.md", "CLAUDE.md")
    )
    again = run(daemon_home, project, "install-instructions", "--yes", "--json").document
    assert {each["action"] for each in again["files"]} == {"same"}
    removed = run(daemon_home, project, "install-instructions", "--remove", "--yes")
    assert removed.status == 0
    assert contents(project.parent) == before


@pytest.mark.slow
def test_a_claude_md_that_imports_agents_md_is_not_told_twice(
    daemon_home: DaemonHome, project: Path
) -> None:
    (project / "CLAUDE.md").write_text("@AGENTS.md\n", "utf-8")
    done = run(daemon_home, project, "install-instructions", "--yes", "--json").document
    assert [Path(each["path"]).name for each in done["files"]] == ["AGENTS.md"]


@pytest.mark.slow
def test_nothing_is_changed_unasked_or_in_a_dry_run(daemon_home: DaemonHome, project: Path) -> None:
    before = contents(project.parent)
    for command in ("install-instructions", "install-hooks --host cursor"):
        assert run(daemon_home, project, *command.split()).status == 2
        shown = run(daemon_home, project, *command.split(), "--dry-run")
        assert (shown.status, shown.stdout.count("Nothing was changed.")) == (0, 1)
    assert contents(project.parent) == before


def test_only_the_hosts_that_are_there_get_a_hook(daemon_home: DaemonHome, project: Path) -> None:
    user = project.parent / "home"
    (user / ".gemini").mkdir()
    (user / ".gemini" / "settings.json").write_text('{\n  // mine\n  "a": 1\n}\n', "utf-8")
    before = contents(project.parent)
    done = run(daemon_home, project, "install-hooks", "--yes", "--json").document
    assert [each["host"] for each in done["files"]] == ["gemini-cli"]
    assert "djobs_hook" in (user / ".gemini" / "settings.json").read_text("utf-8")
    assert run(daemon_home, project, "install-hooks", "--remove", "--yes").status == 0
    assert contents(project.parent) == before


def test_a_file_that_is_no_json_is_refused_and_the_others_are_written(
    daemon_home: DaemonHome, project: Path
) -> None:
    broken = project.parent / "home" / ".cursor" / "hooks.json"
    broken.parent.mkdir()
    broken.write_text("{oops", "utf-8")
    words = ("install-hooks", "--host", "cursor", "--host", "codex", "--yes", "--json")
    ran = run(daemon_home, project, *words)
    assert ran.status == 1
    assert [each["path"] for each in ran.document["refused"]] == [str(broken)]
    assert [each["action"] for each in ran.document["files"]] == ["create"]
    assert broken.read_text("utf-8") == "{oops"


@pytest.mark.slow
def test_a_hook_in_a_project_goes_wherever_its_removal_is_asked_for(
    daemon_home: DaemonHome, project: Path
) -> None:
    words = ("install-hooks", "--host", "copilot", "--scope", "project", "--yes")
    assert run(daemon_home, project, *words).status == 0
    assert (project / ".github" / "hooks" / "djobs.json").exists()
    elsewhere = project.parent
    djobsctl(
        daemon_home,
        "install-hooks",
        "--remove",
        "--yes",
        folder=str(elsewhere),
        HOME=str(elsewhere),
    )
    assert not (project / ".github").exists()
