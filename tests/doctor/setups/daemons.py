"""Daemons that do not serve, and sockets that lead to none."""

import os
import socket
from pathlib import Path

from djobs_local import folders
from djobs_protocol.endpoint import socket_path
from tests.cli import states
from tests.doctor.bench import Bench
from tests.doctor.setup import Setup
from tests.doctor.setups.files import STRANGER
from tests.harness import needs
from tests.harness.waiting import wait_until


def socket_at(bench: Bench) -> Path:
    """Leave a socket on which nobody listens, as a killed daemon does."""
    folders.prepare_state(bench.home.state)
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(bench.home.socket)
    return Path(bench.home.socket)


def foreign_socket(bench: Bench) -> None:
    states.foreign(bench.home)


def owned_socket(bench: Bench) -> None:
    needs.root()
    os.chown(socket_at(bench), STRANGER, STRANGER)


def open_socket(bench: Bench) -> None:
    bench.home.start()
    Path(bench.home.socket).chmod(0o666)


def far_socket(bench: Bench) -> None:
    far = bench.tools / ("long" * 25)
    far.mkdir(mode=0o700)
    bench.home.env["DJOBS_HOME"] = str(far)
    assert socket_path(str(far)).startswith("/tmp/djobs-")


def shorter_home(bench: Bench) -> None:
    bench.home.env["DJOBS_HOME"] = bench.home.state


def mute(bench: Bench) -> None:
    bench.home.env.update(states.QUICK)
    states.mute(bench.home)
    bench.home.env.pop("DJOBS_START_TIMEOUT_S")


def start_failed(bench: Bench) -> None:
    states.start_failed(bench.home)


def mend_reason(bench: Bench) -> None:
    (bench.state / "jobs.db").unlink()


def stopped(bench: Bench) -> None:
    bench.ctl("stop")


def full(bench: Bench) -> None:
    bench.home.env["DJOBS_CONNECTIONS_MAX"] = "8"
    bench.home.start()
    for _ in range(8):
        bench.parts.enter_context(bench.home.connect())


def close_one(bench: Bench) -> None:
    """Close the programs that are connected, and wait until the daemon has seen it."""
    bench.parts.close()
    wait_until(lambda: len(bench.home.status()["connections"]) <= 1, "they are gone")


def degraded(bench: Bench) -> None:
    states.degraded(bench.home)


def mend_degraded(bench: Bench) -> None:
    Path(bench.state, "endpoint.json").rmdir()


def nobody(bench: Bench) -> None:
    bench.home.env["DJOBS_NO_SPAWN"] = "1"


def unreachable(bench: Bench) -> None:
    bench.state.chmod(0o755)


def mend_folder(bench: Bench) -> None:
    bench.state.chmod(0o700)


SETUPS = (
    Setup("address", "socket-foreign", foreign_socket),
    Setup("address", "socket-owner", owned_socket),
    Setup("address", "socket-open", open_socket, slow=True),
    Setup("address", "socket-stale", socket_at),
    Setup("address", "socket-far", far_socket, shorter_home),
    Setup("daemon", "daemon-mute", mute, slow=True),
    Setup("daemon", "daemon-start-failed", start_failed, before=mend_reason, slow=True),
    Setup("daemon", "daemon-stopped", stopped),
    Setup("daemon", "daemon-full", full, close_one),
    Setup("daemon", "daemon-degraded", degraded, before=mend_degraded, slow=True),
    Setup("daemon", "daemon-no-spawn", nobody),
    Setup("daemon", "daemon-unreachable", unreachable, mend_folder),
)
