"""``djobsctl db verify`` looks at the right file and calls things by their names."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.command import djobsctl, enqueue
from tests.harness.daemon import DaemonHome
from tests.harness.database import foreign, newer, opened


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
    assert djobsctl(daemon_home, "db", "verify", "--json").document["database"]["ok"]
    path.write_bytes(b"garbage" * 1000)
    ran = djobsctl(daemon_home, "db", "verify", "--json")
    assert (ran.status, ran.document["database"]["path"]) == (65, str(path))


def test_a_backup_is_verified_by_its_path_while_the_daemon_serves(
    running_daemon: DaemonHome, tmp_path: Path
) -> None:
    enqueue(running_daemon, "a")
    copy = tmp_path / "copy.db"
    with opened(running_daemon.folder / "jobs.db") as db:
        db.execute("VACUUM INTO ?", (str(copy),))
    ran = djobsctl(running_daemon, "db", "verify", str(copy), "--json")
    assert (ran.status, ran.document["checked_by"]) == (0, "offline")
    assert (ran.document["database"]["path"], ran.document["database"]["jobs"]) == (str(copy), 1)
    own = djobsctl(running_daemon, "db", "verify", f"{running_daemon.state}/jobs.db", "--json")
    assert own.document["checked_by"] == "daemon"
    with opened(copy) as db:
        db.execute("UPDATE jobs SET priority = 1")
    ran = djobsctl(running_daemon, "db", "verify", str(copy))
    assert ran.status == 65
    assert "The file is DAMAGED." in ran.stdout
    assert "priority is 1, its history says 5" in " ".join(ran.stdout.split())
    assert "djobsctl stop" not in ran.stdout


@pytest.mark.parametrize(
    ("damage", "advice"),
    [
        ("UPDATE jobs SET priority = 1", "djobsctl db rebuild"),
        ("DROP TRIGGER events_are_not_changed; UPDATE events SET at = 1", "restore latest"),
    ],
)
def test_what_helps_is_named(damage: str, advice: str, running_daemon: DaemonHome) -> None:
    enqueue(running_daemon, "a")
    assert djobsctl(running_daemon, "stop").status == 0
    with opened(running_daemon.folder / "jobs.db") as db:
        db.executescript(damage)
    shown = djobsctl(running_daemon, "db", "verify").stdout
    assert advice in shown
    assert ("restore" in shown) is (advice != "djobsctl db rebuild")


def test_the_way_back_to_a_backup_is_named(daemon_home: DaemonHome) -> None:
    path = elsewhere(daemon_home)
    path.write_bytes(b"garbage" * 1000)
    for command in ("db verify", "help db verify"):
        shown = " ".join(djobsctl(daemon_home, *command.split()).stdout.split())
        assert "djobsctl restore latest" in shown


@pytest.mark.parametrize("fresh", [True, False])
def test_where_nothing_was_ever_recorded_nothing_is_damaged(
    fresh: bool, daemon_home: DaemonHome
) -> None:
    if fresh:
        daemon_home.folder.rmdir()
    ran = djobsctl(daemon_home, "db", "verify")
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
    ran = djobsctl(running_daemon, "db", "verify", "--json")
    error = ran.document["error"]
    assert (ran.status, error["code"]) == (65, code)
    assert hint in error["hint"]
