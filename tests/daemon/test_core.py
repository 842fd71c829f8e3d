"""A failed core task ends the daemon and says why; a client's failure ends nothing (R25, R38)."""

import os
import signal
import socket
import subprocess

import pytest

from djobs_local import attempts
from djobs_local.presence import Kind
from tests.harness.daemon import PATIENCE_SECONDS, DaemonHome, wait_until

CORE = {
    # failpoint: what makes the task pass it
    "core.listener=raise:EIO": None,
    "core.sentinel=raise:EIO": None,
    "core.soundness=raise:EIO": None,
    "core.signals=raise:EIO": signal.SIGUSR1,
}


@pytest.mark.parametrize("fault", CORE)
def test_a_core_task_that_fails_ends_the_daemon_and_says_why(
    fault: str, daemon_home: DaemonHome
) -> None:
    daemon = daemon_home.foreground(DJOBS_FP=fault)
    poke = CORE[fault]
    if poke is not None:
        daemon_home.wait_ready()
        daemon.send_signal(poke)
    _, errors = daemon.communicate(timeout=PATIENCE_SECONDS)
    assert daemon.returncode == 70
    assert b"Traceback" in errors
    seen = daemon_home.look()
    assert seen.kind is Kind.START_FAILED
    assert f"{fault.split('=')[0].split('.')[1]} failed" in seen.detail
    assert attempts.read_attempts(daemon_home.state)[-1].stage == "running"
    assert not os.path.exists(daemon_home.socket)


def test_100_clients_that_leave_a_frozen_daemon_harm_nobody(running_daemon: DaemonHome) -> None:
    instance = running_daemon.instance()
    before = len(running_daemon.fds())
    running_daemon.sigstop()
    hello = b'{"jsonrpc":"2.0","id":1,"method":"hello","params":{"protocol":[1,1],"build":"x"}}\n'
    for number in range(100):
        with socket.socket(socket.AF_UNIX) as client:
            client.setblocking(False)
            try:
                client.connect(running_daemon.socket)
            except BlockingIOError:
                continue
            client.send(hello[: number * len(hello) // 100])
    running_daemon.sigcont()
    running_daemon.wait_ready()
    assert running_daemon.instance() == instance
    wait_until(lambda: len(running_daemon.fds()) <= before + 2, "their descriptors are closed")


def test_a_killed_client_with_a_request_in_flight_harms_nobody(running_daemon: DaemonHome) -> None:
    program = (
        "from djobs_local import call; from djobs_protocol.endpoint import state_dir\n"
        "c = call.connect(state_dir(), spawn=False)\n"
        "print('on', flush=True)\n"
        "while True: c.call('job.enqueue', {'jobs': [{'type': 't'}], 'correlation_id': 'w'})"
    )
    clients: list[subprocess.Popen[bytes]] = [running_daemon.client(program) for _ in range(4)]
    for client in clients:
        assert client.stdout is not None
        client.stdout.readline()
        client.kill()
        client.wait(PATIENCE_SECONDS)
    wait_until(lambda: len(running_daemon.status()["connections"]) == 1, "only ours is left")
    assert running_daemon.status()["phase"] == "serving"
