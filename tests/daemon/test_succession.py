"""An old daemon that is late to go takes nothing of its successor with it (R3)."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from djobs_daemon.binding import file_id
from tests.harness.daemon import PATIENCE_SECONDS, DaemonHome


@pytest.fixture
def home() -> Iterator[DaemonHome]:
    """Return a home so deep that its socket stays below /tmp when the home is moved away."""
    with DaemonHome() as home:
        root = home.folder
        home.folder = root / ("x" * 120)
        home.state = home.env["DJOBS_HOME"] = str(home.folder)
        yield home
        home.kill9()
        home.folder = root
        os.unlink(home.socket)
        os.rmdir(os.path.dirname(home.socket))


def test_the_socket_of_a_successor_outlives_a_daemon_that_drains_late(home: DaemonHome) -> None:
    old = home.foreground()
    home.wait_ready()
    home.wait_watched()
    home.sigstop()
    moved = Path(f"{home.folder}-moved")
    home.folder.rename(moved)
    successor = home.start()
    bound = file_id(home.socket)

    old.send_signal(signal.SIGCONT)
    _, errors = old.communicate(timeout=PATIENCE_SECONDS)

    assert old.returncode == 71
    assert b"state folder was removed or replaced" in errors
    assert successor["pid"] != old.pid
    assert file_id(home.socket) == bound
    assert home.instance() == home.record()["instance"]
    assert home.status()["pid"] == successor["pid"]
