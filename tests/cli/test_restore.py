"""``backup`` and ``restore``: from a running daemon's ledger and back, with every refusal."""

import os
import pty
import subprocess
from pathlib import Path

import pytest

from tests.cli.command import djobsctl, enqueue
from tests.harness.daemon import PATIENCE_SECONDS, PYTHON, DaemonHome
from tests.harness.database import opened


def jobs(home: DaemonHome) -> list[str]:
    return [job["id"] for job in djobsctl(home, "list", "--json").document["jobs"]]


def test_a_backup_made_while_serving_can_be_restored_and_no_id_returns(
    running_daemon: DaemonHome, tmp_path: Path
) -> None:
    home = running_daemon
    early = enqueue(home, "a")
    target = tmp_path / "copy.db"
    made = djobsctl(home, "backup", str(target), "--json").document["made"]
    assert (made["path"], made["bytes"]) == (str(target), target.stat().st_size)
    assert djobsctl(home, "backup").status == 0
    (listed,) = djobsctl(home, "backup", "--list", "--json").document["backups"]
    assert listed["name"] in djobsctl(home, "backup", "--list").stdout
    late = enqueue(home, "b")

    refused = djobsctl(home, "restore", "latest", "--yes")
    assert (refused.status, "djobsctl stop" in refused.stderr) == (75, True)
    assert djobsctl(home, "stop").status == 0
    unasked = djobsctl(home, "restore", "latest")
    assert (unasked.status, "--yes" in unasked.stderr) == (2, True)
    for backup in (listed["name"], str(target)):
        ran = djobsctl(home, "restore", backup, "--yes")
        assert (ran.status, "all verified" in ran.stdout) == (0, True), ran
        assert djobsctl(home, "start").status == 0
        assert jobs(home) == early
        assert djobsctl(home, "db", "verify").status == 0
        assert djobsctl(home, "stop").status == 0
    assert djobsctl(home, "start").status == 0
    (new,) = enqueue(home, "c")
    assert new not in late
    kept = djobsctl(home, "backup", "--list", "--json").document["backups"]
    assert [each["replaced"] for each in kept].count(True) == 2


def test_what_names_no_backup_is_refused(daemon_home: DaemonHome) -> None:
    for words, says in (
        (["restore", "none.db", "--yes"], "There is no file and no backup none.db"),
        (["restore", "latest", "--yes"], "There is no backup yet"),
        (["backup", "x.db", "--list"], "leave FILE out"),
    ):
        ran = djobsctl(daemon_home, *words)
        assert ran.status in (2, 69)
        assert says in ran.stderr
    assert "no backup yet" in djobsctl(daemon_home, "backup", "--list").stdout


def test_a_damaged_snapshot_is_rebuilt(running_daemon: DaemonHome) -> None:
    home = running_daemon
    (job,) = enqueue(home, "a")
    assert djobsctl(home, "db", "rebuild", "--yes").status == 75
    assert djobsctl(home, "stop").status == 0
    with opened(home.folder / "jobs.db") as db:
        db.execute("UPDATE jobs SET priority = 1")
    assert djobsctl(home, "db", "verify").status == 65
    ran = djobsctl(home, "db", "rebuild", "--yes")
    assert (ran.status, "1 job, 1 event, all verified" in ran.stdout) == (0, True), ran
    assert djobsctl(home, "db", "verify").status == 0
    with opened(home.folder / "jobs.db") as db:
        db.executescript("DROP TRIGGER events_are_not_changed; UPDATE events SET at = 1")
    ran = djobsctl(home, "db", "rebuild", "--yes", "--json")
    assert (ran.status, ran.document["error"]["data"]["event"]) == (65, 1)
    ran = djobsctl(home, "db", "rebuild", "--yes", "--keep-until", "0")
    assert "Lost: 1 event after 0" in ran.stdout, ran
    assert djobsctl(home, "start").status == 0
    (new,) = enqueue(home, "b")
    assert new != job


@pytest.mark.parametrize(("answer", "status"), [(b"n\n", 1), (b"y\n", 0)])
def test_a_person_is_asked(answer: bytes, status: int, running_daemon: DaemonHome) -> None:
    enqueue(running_daemon, "a")
    assert djobsctl(running_daemon, "backup").status == 0
    assert djobsctl(running_daemon, "stop").status == 0
    person, terminal = pty.openpty()
    command = subprocess.Popen(
        [PYTHON, "-m", "djobsctl", "restore", "latest"],
        env=running_daemon.env,
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    os.write(person, answer)
    stdout, stderr = command.communicate(timeout=PATIENCE_SECONDS)
    for descriptor in (person, terminal):
        os.close(descriptor)
    assert command.returncode == status, (stdout, stderr)
    assert b"[y/N]" in stderr
    assert (b"Nothing was changed" in stdout) is (status == 1)
