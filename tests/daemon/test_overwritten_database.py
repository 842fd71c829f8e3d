"""An idle daemon notices that its database is cut or written over, and keeps the WAL (R6)."""

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from djobs_daemon.sentinel import REARM_SECONDS
from tests.harness.daemon import PATIENCE_SECONDS, DaemonHome
from tests.harness.length import all_but_slow

NOTICED_SECONDS = 5.0
"""Two are promised, on a machine with nothing else to do."""

Harm = Callable[[Path, Path], None]


@pytest.fixture
def daemon(daemon_home: DaemonHome) -> "subprocess.Popen[bytes]":
    """Return a daemon that watches over its files and has written a job."""
    daemon = daemon_home.foreground()
    daemon_home.wait_ready()
    daemon_home.wait_watched()
    enqueue(daemon_home)
    return daemon


def enqueue(home: DaemonHome) -> None:
    with home.connect() as connection:
        connection.call("job.enqueue", {"jobs": [{"type": "t"}], "correlation_id": "w"})


def remove_wal(path: Path, wal: Path) -> None:
    wal.unlink()


def cut_wal(path: Path, wal: Path) -> None:
    os.truncate(wal, 0)


def cut_wal_in_the_middle(path: Path, wal: Path) -> None:
    os.truncate(wal, wal.stat().st_size - 100)


def garble_wal(path: Path, wal: Path) -> None:
    wal.write_bytes(os.urandom(wal.stat().st_size))


def cut_database(path: Path, wal: Path) -> None:
    os.truncate(path, path.stat().st_size - 4096)


def empty_database(path: Path, wal: Path) -> None:
    path.write_bytes(b"")


def garble_database(path: Path, wal: Path) -> None:
    path.write_bytes(os.urandom(path.stat().st_size))


HARMS: list[Harm] = [
    remove_wal,
    cut_wal,
    cut_wal_in_the_middle,
    garble_wal,
    cut_database,
    empty_database,
    garble_database,
]


@pytest.mark.parametrize("idle_seconds", [0.0, 2 * REARM_SECONDS], ids=["at_once", "idle"])
@pytest.mark.parametrize("harm", all_but_slow(3, HARMS), ids=lambda harm: harm.__name__)
def test_harm_to_the_files_ends_a_daemon_that_nobody_asks_anything(
    harm: Harm,
    idle_seconds: float,
    daemon: "subprocess.Popen[bytes]",
    daemon_home: DaemonHome,
) -> None:
    path, wal = daemon_home.folder / "jobs.db", daemon_home.folder / "jobs.db-wal"
    time.sleep(idle_seconds)  # the quiet before the harm is what is tested
    harm(path, wal)
    harmed = path.read_bytes(), wal.read_bytes() if wal.exists() else None
    began = time.monotonic()
    _, errors = daemon.communicate(timeout=PATIENCE_SECONDS)
    assert time.monotonic() - began < NOTICED_SECONDS
    assert daemon.returncode == 65, errors
    assert b"db_replaced" in errors
    assert (path.read_bytes(), wal.read_bytes() if wal.exists() else None) == harmed


def test_the_daemon_s_own_writing_is_no_harm(
    daemon: "subprocess.Popen[bytes]", daemon_home: DaemonHome
) -> None:
    job = {"type": "t", "payload": "x" * 50_000}
    until = time.monotonic() + 3 * REARM_SECONDS
    with daemon_home.connect() as connection:
        while time.monotonic() < until:  # many checkpoints of a WAL that begins anew each time
            connection.call("job.enqueue", {"jobs": [job] * 20, "correlation_id": "w"})
        assert connection.call("daemon.health")["status"] == "ok"
    assert daemon.poll() is None
