"""One daemon, whoever starts it and however many try; and silence is not absence (R1, R2, R14)."""

import fcntl
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from djobs_local import locks
from djobs_local.attempts import read_attempts
from djobs_local.presence import Kind
from tests.cli.command import djobsctl
from tests.harness import needs
from tests.harness.daemon import DaemonHome, StartFailed
from tests.harness.gate import Gate
from tests.harness.herd import run_herd
from tests.harness.length import times
from tests.harness.waiting import wait_until

HERD = 64
ROUNDS = 5
ROUNDS_SLOW = times(50)
HERDS_MAX = 12
PROBES = 32
PROBING = """
import os, sys
from djobs_local.locks import is_held
crowd = os.getpid()
for _ in range(int(sys.argv[1])):
    if os.fork() == 0:
        os.write(1, b"on\\n")
        while os.getppid() == crowd:
            is_held(sys.argv[2]), is_held(sys.argv[3])
        os._exit(0)
os.wait()
"""
"""Processes that ask without a pause whether two locks are held, until their parent ends."""
BLOCKED_SECONDS = 12
STATUS_SECONDS = 3.0
"""``djobsctl status`` asks for two seconds and looks for one."""
SLACK_SECONDS = 4.0
"""Above a deadline, on a machine that does other things too."""


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
def test_64_clients_that_start_at_once_get_one_daemon_in_many_rounds() -> None:
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
    Path(daemon_home.lock).touch(mode=0o600)
    crowd = daemon_home.client(PROBING, str(PROBES), daemon_home.lock, daemon_home.state)
    assert crowd.stdout is not None
    assert [crowd.stdout.readline() for _ in range(PROBES)] == [b"on\n"] * PROBES
    assert daemon_home.start()["pid"] == daemon_home.pid()
    assert crowd.poll() is None


def test_a_daemon_outlasts_a_probe_that_was_put_to_sleep_in_the_middle(
    daemon_home: DaemonHome, tmp_path: Path
) -> None:
    log = tmp_path / "trace"
    tracer = [needs.program("strace"), "-f", "-e", "trace=flock", "-o", str(log)]
    with open(daemon_home.lock, "w") as probe:
        fcntl.flock(probe, fcntl.LOCK_SH)
        with subprocess.Popen([*tracer, *daemon_home.command()], env=daemon_home.env):
            wait_until(lambda: refusals(log) >= 5, "the daemon has met the probe, again and again")
            assert daemon_home.births() == []
            fcntl.flock(probe, fcntl.LOCK_UN)
            daemon_home.wait_ready()
            daemon_home.stop()


def refusals(log: Path) -> int:
    """Return how often the lock was refused, by a trace."""
    return log.read_text().count("EAGAIN") if log.exists() else 0


def test_the_lock_is_free_as_soon_as_a_killed_daemon_is_gone(running_daemon: DaemonHome) -> None:
    assert locks.is_held(running_daemon.lock)
    running_daemon.kill9()
    assert not locks.is_held(running_daemon.lock)
    assert not locks.is_held(running_daemon.state)


def test_no_descriptor_of_the_daemon_survives_an_exec(running_daemon: DaemonHome) -> None:
    inheritable = []
    for number, target in running_daemon.fds().items():
        try:
            flags = running_daemon.proc(f"fdinfo/{number}").split(b"flags:")[1].split()[0]
        except FileNotFoundError:  # closed since
            continue
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


@pytest.mark.timeout(90)
def test_a_daemon_whose_loop_is_busy_is_alive_for_everybody_within_their_deadlines(
    daemon_home: DaemonHome,
) -> None:
    with Gate(daemon_home.folder / "gate") as gate:
        gate.open()
        daemon_home.start(DJOBS_FP=f"loop.block=gate:{gate}")
        daemon_home.wait_watched()
        instance = daemon_home.instance()
        gate.shut()
        daemon_home.signal(signal.SIGUSR1)
        gate.wait_reached()
        assert daemon_home.look(0.2).kind is Kind.MUTE
        outcomes = run_herd(daemon_home, 4, seconds=1.0)
        assert {outcome.get("code") for outcome in outcomes} == {"unresponsive"}, outcomes
        assert max(outcome["seconds"] for outcome in outcomes) < 1.0 + SLACK_SECONDS
        for outcome in outcomes:
            assert f"(pid {daemon_home.pid()}, running for " in outcome["message"]
            assert "Last sign of life: its " in outcome["message"]
        began = time.monotonic()
        ran = djobsctl(daemon_home, "status", "--json")
        assert time.monotonic() - began < STATUS_SECONDS + SLACK_SECONDS
        assert (ran.status, ran.document["state"]) == (75, "mute"), ran
        assert ran.document["pid"] == daemon_home.pid()
        assert ran.document["since"]
        silence = ran.document["silence"]
        assert silence["waited_seconds"] >= 1.0
        assert silence["last_sign"]["what"] in ("its log", "its record", "its database")
    daemon_home.wait_ready()
    assert daemon_home.instance() == instance
    assert len(daemon_home.births()) == 1


def test_of_a_daemon_that_dies_right_after_its_starts_all_are_told_why_and_it_is_left_in_peace(
    daemon_home: DaemonHome,
) -> None:
    def starts() -> tuple[set[Path], int]:
        return set(daemon_home.folder.glob("logs/start-*")), len(daemon_home.births())

    def refused_without_a_start() -> list[dict[str, Any]]:
        before = starts()
        outcomes = run_herd(daemon_home, 20, seconds=1, DJOBS_FP="core.sentinel=raise:EIO")
        daemon_home.wait_gone()
        return outcomes if starts() == before else []

    refused = next(filter(None, (refused_without_a_start() for _ in range(HERDS_MAX))))
    # Three starts are free; the fourth comes after 1 s, the fifth after 2 s more, then 4 s, 8 s.
    assert 3 <= len(read_attempts(daemon_home.state)) <= 8
    assert 1 <= len(daemon_home.births()) <= 8
    assert len(refused) == 20
    assert [each for each in refused if "sentinel failed" not in each["message"]] == []
