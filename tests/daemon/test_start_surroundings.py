"""What stands in the way of a start from outside is named, and soon (R12)."""

import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

import djobs_beside
import djobs_daemon
import djobs_local
import djobs_protocol
from djobs_local import verdict
from tests.harness import needs
from tests.harness.daemon import PATIENCE_SECONDS, PYTHON, DaemonHome, StartFailed

TOLD_SECONDS = 2.0
"""One is promised, on a machine with nothing else to do."""

FROM_COPY = (
    "import runpy, sys; sys.path.insert(0, sys.argv.pop(1)); sys.argv[0] = sys.argv.pop(1);"
    "runpy.run_path(sys.argv[0], run_name='__main__')"
)


def run(home: DaemonHome, command: list[str]) -> "subprocess.CompletedProcess[str]":
    """Run a program in a home to its end."""
    return subprocess.run(
        command,
        env=home.env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a database as another program does that wants it for itself."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("BEGIN EXCLUSIVE")
        yield


def test_a_database_that_another_program_holds_is_named_within_seconds(
    daemon_home: DaemonHome,
) -> None:
    daemon_home.start()
    daemon_home.stop()
    path = daemon_home.folder / "jobs.db"
    with locked(path):
        began = time.monotonic()
        with pytest.raises(StartFailed) as failed:
            daemon_home.start()
        assert time.monotonic() - began < TOLD_SECONDS
    assert failed.value.info["stage"] == "store"
    assert f"another program holds {path} locked" in failed.value.info["text"]
    daemon_home.start()


def test_a_module_that_is_missing_in_the_daemon_is_named(
    daemon_home: DaemonHome, tmp_path: Path
) -> None:
    for each in (djobs_beside, djobs_daemon, djobs_local, djobs_protocol):
        package = Path(each.__path__[0])
        shutil.copytree(package, tmp_path / package.name)
    (tmp_path / "djobs_daemon" / "sentinel.py").unlink()
    copied_main = str(tmp_path / "djobs_daemon" / "__main__.py")
    command = [PYTHON, "-I", "-c", FROM_COPY, str(tmp_path), copied_main]
    done = run(daemon_home, command)
    assert done.returncode == 71
    assert "djobs_daemon.sentinel" in done.stderr
    assert not os.path.lexists(daemon_home.socket)


def test_a_state_folder_that_may_not_be_entered_is_named(daemon_home: DaemonHome) -> None:
    daemon_home.folder.chmod(0)
    try:
        daemon = run(daemon_home, needs.without_powers(*daemon_home.command()))
        client = run(daemon_home, needs.without_powers(PYTHON, "-m", "djobsctl", "start"))
    finally:
        daemon_home.folder.chmod(0o700)
    for done in (daemon, client):
        assert done.returncode in (71, 77, 78), done
        assert daemon_home.state in done.stderr
        assert "Permission denied" in done.stderr


@pytest.mark.parametrize(
    ("status", "told"), [(-11, "SIGSEGV"), (-9, "SIGKILL"), (-250, "signal 250"), (3, "status 3")]
)
def test_a_launcher_s_death_is_told_by_name(status: int, told: str) -> None:
    assert told in verdict.death_notice(status, "")
