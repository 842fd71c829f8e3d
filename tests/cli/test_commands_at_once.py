"""Commands that come at the same moment all mean what they say (R28)."""

import json
import random
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from djobs_local import identity, presence
from djobs_local.stop_mark import read_stop_mark
from djobs_protocol import endpoint
from tests.cli.command import Ran, djobsctl
from tests.harness.daemon import PATIENCE_SECONDS, PYTHON, DaemonHome
from tests.harness.length import all_but_slow

AT_ONCE = 8
COMMANDS = ("start", "stop", "restart", "list")
SETTLED = {"start": {0}, "stop": {0}, "restart": {0}, "list": {0, 69, 79}}
"""How each may end, whatever the others do: ``list`` may lose its daemon or find it stopped."""

pytestmark = pytest.mark.timeout(180)


def at_once(home: DaemonHome, commands: list[str]) -> list[tuple[str, Ran]]:
    """Run commands side by side, each to its end."""
    running = [
        subprocess.Popen(
            [PYTHON, "-m", "djobsctl", command, "--json"],
            env=home.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for command in commands
    ]
    outcomes = []
    for command, process in zip(commands, running, strict=True):
        stdout, stderr = process.communicate(timeout=4 * PATIENCE_SECONDS)
        ran = Ran(process.returncode, stdout.decode(), stderr.decode())
        outcomes.append((command, ran))
    return outcomes


def alive(home: DaemonHome) -> list[identity.ProcessIdentity]:
    """Return the daemons of this home that run."""
    return [born for born in home.births() if identity.compare(born) is identity.Comparison.SAME]


def test_eight_stops_at_once_all_succeed_and_it_is_gone(running_daemon: DaemonHome) -> None:
    outcomes = at_once(running_daemon, ["stop"] * AT_ONCE)
    assert [ran.status for _, ran in outcomes] == [0] * AT_ONCE, outcomes
    assert alive(running_daemon) == []
    assert sum(ran.document["was_running"] for _, ran in outcomes) == 1
    assert read_stop_mark(running_daemon.state) is not None


@pytest.mark.slow
def test_eight_stops_that_cannot_take_turns_all_succeed_too(running_daemon: DaemonHome) -> None:
    Path(endpoint.state_file(running_daemon.state, endpoint.COMMAND_LOCK)).mkdir()
    for _ in range(3):
        outcomes = at_once(running_daemon, ["stop"] * AT_ONCE)
        assert [ran.status for _, ran in outcomes] == [0] * AT_ONCE, outcomes
        assert alive(running_daemon) == []
        assert djobsctl(running_daemon, "start").status == 0


@pytest.mark.slow
def test_eight_restarts_at_once_each_make_a_daemon_of_their_own(
    running_daemon: DaemonHome,
) -> None:
    outcomes = at_once(running_daemon, ["restart"] * AT_ONCE)
    assert [ran.status for _, ran in outcomes] == [0] * AT_ONCE, outcomes
    assert len({ran.document["instance"] for _, ran in outcomes}) == AT_ONCE
    assert len(alive(running_daemon)) == 1
    assert read_stop_mark(running_daemon.state) is None


@pytest.mark.parametrize("seed", all_but_slow(1, range(4)))
def test_any_eight_commands_at_once_leave_one_daemon_or_a_stopped_one(
    seed: int, running_daemon: DaemonHome
) -> None:
    chance = random.Random(seed)
    for _ in range(2):
        outcomes = at_once(running_daemon, chance.choices(COMMANDS, k=AT_ONCE))
        for command, ran in outcomes:
            assert ran.status in SETTLED[command], (command, ran)
        stopped = read_stop_mark(running_daemon.state) is not None
        assert len(alive(running_daemon)) == (0 if stopped else 1), Counter(
            command for command, _ in outcomes
        )
    last = chance.choice(("start", "stop", "restart"))
    assert djobsctl(running_daemon, last).status == 0
    assert len(alive(running_daemon)) == (0 if last == "stop" else 1)
    assert presence.is_alive(running_daemon.state) == (last != "stop")


def test_a_stop_behind_a_command_that_hangs_stops_all_the_same(
    running_daemon: DaemonHome,
) -> None:
    hanging = running_daemon.client(
        "import signal, sys; from djobs_local.locks import KernelLock\n"
        "lock = KernelLock.acquire(sys.argv[1]); print(lock is not None, flush=True)\n"
        "signal.pause()",
        endpoint.state_file(running_daemon.state, endpoint.COMMAND_LOCK),
    )
    assert hanging.stdout is not None
    assert hanging.stdout.readline() == b"True\n"
    ran = djobsctl(running_daemon, "stop", "--force", "--json")
    assert (ran.status, json.loads(ran.stdout)["was_running"]) == (0, True)
    assert alive(running_daemon) == []
