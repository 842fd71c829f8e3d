"""``djobsctl db check`` looks at the right file and calls things by their names."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.command import djobsctl
from tests.harness.daemon import DaemonHome
from tests.harness.database import foreign, newer


def elsewhere(home: DaemonHome) -> Path:
    """Let a daemon that stops again serve a database outside its home, and return its path."""
    path = home.folder / "data" / "work.db"
    path.parent.mkdir()
    home.env["DJOBS_DB_PATH"] = str(path)
    home.start()
    assert djobsctl(home, "stop").status == 0
    return path


def test_without_a_daemon_the_file_is_checked_that_the_settings_name(
    daemon_home: DaemonHome,
) -> None:
    path = elsewhere(daemon_home)
    assert djobsctl(daemon_home, "db", "check", "--json").document["database"]["ok"]
    path.write_bytes(b"garbage" * 1000)
    ran = djobsctl(daemon_home, "db", "check", "--json")
    assert (ran.status, ran.document["database"]["path"]) == (65, str(path))


def test_the_way_back_to_a_backup_names_the_real_files(daemon_home: DaemonHome) -> None:
    path = elsewhere(daemon_home)
    path.write_bytes(b"garbage" * 1000)
    for command in ("db check", "help db check"):
        shown = " ".join(djobsctl(daemon_home, *command.split()).stdout.split())
        assert f"move {path}, {path}-wal and {path}-shm away" in shown
        assert f"copy the newest file in {daemon_home.state}/backups to {path}" in shown


@pytest.mark.parametrize("fresh", [True, False])
def test_where_nothing_was_ever_recorded_nothing_is_damaged(
    fresh: bool, daemon_home: DaemonHome
) -> None:
    if fresh:
        daemon_home.folder.rmdir()
    ran = djobsctl(daemon_home, "db", "check")
    assert ran.status == 69
    assert f"There is no database yet at {daemon_home.state}/jobs.db." in ran.stderr
    assert "backup" not in ran.stderr
    assert daemon_home.folder.exists() is not fresh, "a look made something"


@pytest.mark.parametrize(
    ("change", "code", "hint"),
    [(newer, "db_newer", "Upgrade djobs"), (foreign, "db_foreign", "DJOBS_DB_PATH")],
)
def test_what_is_not_damaged_is_not_called_so(
    change: Callable[[Path], None], code: str, hint: str, running_daemon: DaemonHome
) -> None:
    assert djobsctl(running_daemon, "stop").status == 0
    change(running_daemon.folder / "jobs.db")
    ran = djobsctl(running_daemon, "db", "check", "--json")
    error = ran.document["error"]
    assert (ran.status, error["code"]) == (65, code)
    assert hint in error["hint"]
