"""A FIFO, a device or a folder in place of a file is refused at once, with its path."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.command import djobsctl
from tests.harness.daemon import DaemonHome, StartFailed

AT_ONCE_SECONDS = 8.0
"""What hangs would take longer than any bound."""


def fifo(path: Path) -> None:
    os.mkfifo(path, 0o600)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def folder(path: Path) -> None:
    path.mkdir(mode=0o700)


STAGES = {"config.toml": "config", "jobs.db": "store", "logs/daemon.log": "logs"}


@pytest.mark.parametrize("put", [fifo, device, folder], ids=lambda put: put.__name__)
@pytest.mark.parametrize("name", STAGES)
def test_what_is_no_file_stops_the_start_at_once(
    name: str, put: Callable[[Path], None], daemon_home: DaemonHome
) -> None:
    path = daemon_home.folder / name
    path.parent.mkdir(mode=0o700, exist_ok=True)
    put(path)
    before = path.lstat()
    named = (str(path), str(path.resolve()))
    began = time.monotonic()
    with pytest.raises(StartFailed) as failed:
        daemon_home.start()
    assert failed.value.info["stage"] == STAGES[name]
    told = failed.value.info["text"] + failed.value.info["path"]
    assert any(each in told for each in named)
    started = djobsctl(daemon_home, "start", "--now")
    assert started.status in (65, 71, 78)
    assert any(each in started.stderr for each in named)
    djobsctl(daemon_home, "status")
    assert time.monotonic() - began < AT_ONCE_SECONDS
    assert os.path.samestat(path.lstat(), before)


def test_a_fifo_that_somebody_reads_is_refused_as_well(daemon_home: DaemonHome) -> None:
    path = daemon_home.folder / "logs" / "daemon.log"
    path.parent.mkdir(mode=0o700)
    fifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with pytest.raises(StartFailed, match="not a regular file"):
            daemon_home.start()
    finally:
        os.close(reader)
