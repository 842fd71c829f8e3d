"""One daemon, whoever starts it and however many try; and silence is not absence (R1, R2, R14)."""

import fcntl
import os
import signal
import threading
import time
from pathlib import Path

import pytest

from djobs_local import locks
from djobs_local.presence import Kind
from tests.harness.daemon import DaemonHome, StartFailed, wait_until
from tests.harness.herd import run_herd

HERD = 64
ROUNDS = 5
ROUNDS_SLOW = 50


def start_one_herd() -> None:
    with DaemonHome() as home:
        outcomes = run_herd(home, HERD)
        instances = {outcome.get("instance") for outcome in outcomes}
        assert instances == {home.instance()}, outcomes
        assert len(home.births()) == 1


@pytest.mark.timeout(180)
def test_64_clients_that_start_at_once_get_one_daemon() -> None:
    for _ in range(ROUNDS):
        start_one_herd()


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_64_clients_that_start_at_once_get_one_daemon_in_50_rounds() -> None:
    for _ in range(ROUNDS_SLOW):
        start_one_herd()


def test_a_second_daemon_says_that_it_lost_the_election_and_exits_0(
    running_daemon: DaemonHome,
) -> None:
    with pytest.raises(StartFailed) as refused:
        running_daemon.start()
    assert refused.value.info["stage"] == "lost_election"
    second = running_daemon.foreground()
    _, errors = second.communicate(timeout=20)
    assert second.returncode == 0
    assert b"running already" in errors
    assert len(running_daemon.births()) == 1
    assert running_daemon.look().kind is Kind.SERVING


def test_a_daemon_wins_its_election_against_a_crowd_of_probes(daemon_home: DaemonHome) -> None:
    probe = (
        "import sys; from djobs_local.locks import is_held\n"
        "print('on', flush=True)\n"
        "while True: is_held(sys.argv[1]); is_held(sys.argv[2])"
    )
    Path(daemon_home.lock).touch(mode=0o600)
    probes = [daemon_home.client(probe, daemon_home.lock, daemon_home.state) for _ in range(16)]
    for each in probes:
        assert each.stdout is not None
        each.stdout.readline()
    assert daemon_home.start()["pid"] == daemon_home.pid()


def test_a_daemon_outlasts_a_probe_that_was_put_to_sleep_in_the_middle(
    daemon_home: DaemonHome,
) -> None:
    with open(daemon_home.lock, "w") as probe:
        fcntl.flock(probe, fcntl.LOCK_SH)
        launcher = threading.Thread(target=daemon_home.start)
        launcher.start()
        wait_until(lambda: (daemon_home.folder / "run").is_dir(), "the start is on its way")
        launcher.join(0.5)  # long after it has met the probe
        assert daemon_home.births() == []
    launcher.join(20)
    assert daemon_home.look().kind is Kind.SERVING


def test_the_lock_is_free_as_soon_as_a_killed_daemon_is_gone(running_daemon: DaemonHome) -> None:
    assert locks.is_held(running_daemon.lock)
    running_daemon.kill9()
    assert not locks.is_held(running_daemon.lock)
    assert not locks.is_held(running_daemon.state)


def test_no_descriptor_of_the_daemon_survives_an_exec(running_daemon: DaemonHome) -> None:
    inheritable = []
    for number, target in running_daemon.fds().items():
        flags = running_daemon.proc(f"fdinfo/{number}").split(b"flags:")[1].split()[0]
        if number > 2 and not int(flags, 8) & os.O_CLOEXEC:
            inheritable.append(target)
    assert inheritable == []


def test_a_frozen_daemon_is_neither_replaced_nor_signalled_by_16_clients(
    running_daemon: DaemonHome,
) -> None:
    instance = running_daemon.instance()
    running_daemon.sigstop()
    outcomes = run_herd(running_daemon, 16, seconds=1.0)
    assert {outcome.get("code") for outcome in outcomes} == {"unresponsive"}, outcomes
    assert all(f"pid {running_daemon.pid()}" in outcome["message"] for outcome in outcomes)
    running_daemon.sigcont()
    running_daemon.wait_ready()
    assert running_daemon.instance() == instance
    assert len(running_daemon.births()) == 1


def test_a_frozen_daemon_without_its_lock_file_is_not_replaced(running_daemon: DaemonHome) -> None:
    running_daemon.sigstop()
    os.unlink(running_daemon.lock)
    outcomes = run_herd(running_daemon, 16, seconds=1.0)
    assert {outcome.get("code") for outcome in outcomes} == {"unresponsive"}, outcomes
    assert len(running_daemon.births()) == 1
    with pytest.raises(StartFailed) as refused:  # the folder's lock speaks even without a client
        running_daemon.start()
    assert refused.value.info["stage"] == "lost_election"


def test_a_daemon_whose_loop_is_busy_is_alive_for_everybody(daemon_home: DaemonHome) -> None:
    daemon_home.start(DJOBS_FP="loop.block=sleep:6@2")
    daemon_home.wait_sdk()
    instance = daemon_home.instance()
    daemon_home.signal(signal.SIGUSR1)
    wait_until(lambda: daemon_home.look(0.2).kind is Kind.MUTE, "the daemon is mute")
    outcomes = run_herd(daemon_home, 4, seconds=1.0)
    assert {outcome.get("code") for outcome in outcomes} == {"unresponsive"}, outcomes
    daemon_home.wait_ready()
    assert daemon_home.instance() == instance


def test_a_daemon_that_dies_right_after_its_start_is_not_started_again_and_again(
    daemon_home: DaemonHome,
) -> None:
    ended = time.monotonic() + 6
    messages: set[str] = set()
    while time.monotonic() < ended or messages <= {"served"}:  # a slow machine's rounds are long
        for outcome in run_herd(daemon_home, 5, seconds=3, DJOBS_FP="core.sentinel=raise:EIO"):
            messages.add(outcome.get("message", "served"))
        daemon_home.wait_gone()
    # Three starts are free; the fourth comes after 1 s, the fifth after 2 s more, then 4 s.
    assert 3 <= len(daemon_home.births()) <= 6
    assert any("sentinel failed" in message for message in messages), messages
