"""``djobsctl uninstall`` leaves nothing but what it says."""

import os
from pathlib import Path

import pytest

from tests.cli.command import Ran, djobsctl
from tests.harness import needs
from tests.harness.daemon import DaemonHome
from tests.work.hand_over import wait_running


@pytest.fixture
def user(tmp_path: Path) -> Path:
    """Return the home folder of somebody who has agents, and has set them up."""
    user = tmp_path / "user"
    (user / "work" / ".git").mkdir(parents=True)
    for name in (".claude", ".gemini", ".cursor"):
        (user / name).mkdir()
    (user / ".gemini" / "settings.json").write_text('{\n  // mine\n  "a": 1\n}\n', "utf-8")
    (user / "work" / "CLAUDE.md").write_text("Be brief.", "utf-8")
    return user


def run(home: DaemonHome, user: Path, *words: str) -> Ran:
    nowhere = {"XDG_RUNTIME_DIR": str(user / "nowhere"), "XDG_CONFIG_HOME": str(user / ".config")}
    return djobsctl(home, *words, folder=str(user / "work"), HOME=str(user), **nowhere)


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(each.relative_to(folder)): each.read_bytes()
        for each in folder.rglob("*")
        if each.is_file()
    }


def set_up(home: DaemonHome, user: Path) -> None:
    """Do all that can be done to a machine, some of it to the same files."""
    needs.program("systemctl")
    for words in (
        "install-mcp --host gemini-cli --host cursor --yes",
        "install-hooks --yes",
        "install-instructions --yes",
        "service install",
    ):
        ran = run(home, user, *words.split())
        assert ran.status == 0, ran


def test_all_of_it_goes_and_the_jobs_stay(daemon_home: DaemonHome, user: Path) -> None:
    before = contents(user)
    set_up(daemon_home, user)
    listed = run(daemon_home, user, "uninstall", "--dry-run", "--json").document
    for part in ("service", "hooks", "instructions", "agents"):
        assert listed[part], part
    done = run(daemon_home, user, "uninstall", "--yes")
    assert done.status == 0, done
    assert "Stays: the data" in done.stdout
    assert contents(user) == before
    assert (daemon_home.folder / "jobs.db").exists()
    assert not daemon_home.look().running
    again = run(daemon_home, user, "uninstall", "--yes")
    assert "Nothing of djobs was found but the program." in again.stdout


@pytest.mark.slow
def test_hooks_that_came_first_into_a_file_leave_it_as_well(
    daemon_home: DaemonHome, user: Path
) -> None:
    before = contents(user)
    for words in ("install-hooks --host gemini-cli", "install-mcp --host gemini-cli"):
        assert run(daemon_home, user, *words.split(), "--yes").status == 0
    assert run(daemon_home, user, "uninstall", "--yes").status == 0
    assert contents(user) == before


@pytest.mark.slow
def test_a_dry_run_and_an_unanswered_question_change_nothing(
    daemon_home: DaemonHome, user: Path
) -> None:
    assert run(daemon_home, user, "install-hooks", "--yes").status == 0
    before = contents(user)
    assert (
        run(daemon_home, user, "uninstall", "--dry-run").stdout.count("Nothing was changed.") == 1
    )
    assert run(daemon_home, user, "uninstall").status == 2
    assert contents(user) == before


def test_on_request_the_jobs_go_as_well(daemon_home: DaemonHome, user: Path) -> None:
    daemon_home.start()
    done = run(daemon_home, user, "uninstall", "--remove-data", "--yes", "--json").document
    assert done["data"] == daemon_home.state
    assert not os.path.exists(daemon_home.state)
    assert not os.path.exists(daemon_home.socket)
    daemon_home.folder.mkdir(mode=0o700)  # for whoever tidies up after the test


def test_while_a_command_runs_the_jobs_stay_and_it_goes_on(
    daemon_home: DaemonHome, user: Path
) -> None:
    work = ("sh", "-c", "echo up; exec sleep 600")
    submitted = run(daemon_home, user, "submit", "--json", "--", *work).document
    with daemon_home.connect() as connection:
        wait_running(connection, submitted["id"])
    done = run(daemon_home, user, "uninstall", "--remove-data", "--yes")
    assert done.status == 1
    assert "commands still run there" in done.stdout
    assert "1 command of jobs still run" in done.stdout
    assert (daemon_home.folder / "jobs.db").exists()


@pytest.mark.slow
def test_a_daemon_that_does_not_end_keeps_everything_as_it_is(
    daemon_home: DaemonHome, user: Path
) -> None:
    assert run(daemon_home, user, "install-hooks", "--yes").status == 0
    before = contents(user)
    daemon_home.start()
    daemon_home.sigstop()
    assert run(daemon_home, user, "uninstall", "--yes").status == 75
    assert contents(user) == before
