"""``stop`` keeps its word when the daemon or the disk is full, or the record lies (R4, R28)."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import pytest

from djobs_local import identity, presence, records
from djobs_local.presence import Kind
from djobs_local.stop_mark import read_stop_mark
from djobs_protocol import endpoint
from djobs_protocol.endpoint import state_file
from tests.cli.command import djobsctl
from tests.cli.states import refusing
from tests.harness import needs
from tests.harness.daemon import DaemonHome
from tests.harness.length import all_but_slow
from tests.hostile.peer import greeted

FEW = "8"
"""Connections of a daemon that a test fills up."""
DISK_BYTES = 512 * 1024


@pytest.fixture
def full_daemon(daemon_home: DaemonHome) -> Iterator[DaemonHome]:
    """Return the home of a daemon whose connections are all taken."""
    daemon_home.start(DJOBS_CONNECTIONS_MAX=FEW)
    with ExitStack() as stack:
        for _ in range(int(FEW)):
            stack.enter_context(greeted(daemon_home))
        yield daemon_home


@pytest.mark.parametrize("options", all_but_slow(1, [[], ["--force"]]))
def test_a_daemon_without_a_free_connection_is_stopped(
    options: list[str], full_daemon: DaemonHome
) -> None:
    ran = djobsctl(full_daemon, "stop", *options, "--json")
    assert ran.status == 0, ran
    assert ran.document["was_running"]
    assert not presence.is_alive(full_daemon.state)
    assert full_daemon.logged("Stopped.")[0]["status"] == 0


def test_a_daemon_without_a_free_connection_is_looked_at_through_a_reserved_one(
    full_daemon: DaemonHome,
) -> None:
    ran = djobsctl(full_daemon, "status", "--json")
    assert (ran.status, ran.document["state"]) == (0, "serving")
    assert len(ran.document["daemon"]["connections"]) >= int(FEW)


def test_a_full_daemon_is_never_taken_for_a_mute_one(full_daemon: DaemonHome) -> None:
    seen = [full_daemon.look() for _ in range(50)]
    assert {each.kind for each in seen} == {Kind.SERVING}


def test_a_daemon_of_another_protocol_gets_a_signal_only_with_proof(
    daemon_home: DaemonHome,
) -> None:
    with refusing(daemon_home):  # this very process, and no record that names it
        ran = djobsctl(daemon_home, "stop", "--json")
    assert (ran.status, ran.document["error"]["code"]) == (76, "protocol_mismatch")


def test_a_mark_that_cannot_be_written_is_named_and_stops_no_stop(
    running_daemon: DaemonHome,
) -> None:
    mark = state_file(running_daemon.state, endpoint.STOP_MARK)
    os.mkdir(mark)
    ran = djobsctl(running_daemon, "stop")
    assert ran.status == 0, ran
    assert mark in ran.stderr
    assert "The next client may start it again" in ran.stdout
    assert "until `djobsctl start`" not in ran.stdout
    assert not presence.is_alive(running_daemon.state)


@pytest.fixture
def daemon_on_a_small_disk(daemon_home: DaemonHome) -> Iterator[DaemonHome]:
    """Return a home on a disk of its own that has just become full; a daemon serves it."""
    with needs.small_disk(Path(daemon_home.state), DISK_BYTES):
        daemon_home.start()
        daemon_home.wait_sdk()
        fill(Path(daemon_home.state, "ballast"))
        yield daemon_home
        daemon_home.signal(9)
        daemon_home.wait_gone()


def fill(ballast: Path) -> None:
    """Write until there is no space left."""
    with (
        ballast.open("wb", buffering=0) as file,
        pytest.raises(OSError, match="No space left"),
    ):
        write_for_ever(file)


def write_for_ever(file: IO[bytes]) -> None:
    while True:
        file.write(b"\0" * 4096)


@pytest.mark.parametrize("options", all_but_slow(1, [[], ["--force"]]))
def test_a_daemon_on_a_full_disk_is_stopped(
    options: list[str], daemon_on_a_small_disk: DaemonHome
) -> None:
    home = daemon_on_a_small_disk
    ran = djobsctl(home, "stop", *options, "--json")
    assert ran.status == 0, ran
    assert "No space left" in ran.document["unmarked"]
    assert state_file(home.state, endpoint.STOP_MARK) in ran.document["unmarked"]
    assert not presence.is_alive(home.state)


@pytest.fixture
def stranger(daemon_home: DaemonHome) -> Iterator["subprocess.Popen[bytes]"]:
    """Return a process that has nothing to do with djobs; it must be alive at the end."""
    with subprocess.Popen(["sleep", "600"]) as sleeper:
        yield sleeper
        lives = sleeper.poll() is None
        sleeper.kill()
    assert lives, "a stranger was signalled"


def forge(home: DaemonHome, pid: int, **lies: object) -> None:
    """Write a record that names ``pid`` as the daemon, at another start of that number."""
    found = identity.of_process(pid)
    assert found is not None
    assert found.start is not None
    record = {**found.to_record(), "start": found.start - 1, "started_at": 0, **lies}
    records.write_record(state_file(home.state, endpoint.ENDPOINT_RECORD), record)


def taken(pid: int) -> str:
    return f"The recorded daemon is gone (pid {pid} is now another process)."


@pytest.mark.parametrize("command", ["status", "stop", "stop --force", "restart"])
def test_a_record_that_names_a_stranger_is_called_stale_and_the_stranger_lives(
    command: str, daemon_home: DaemonHome, stranger: "subprocess.Popen[bytes]"
) -> None:
    forge(daemon_home, stranger.pid)
    ran = djobsctl(daemon_home, *command.split())
    assert taken(stranger.pid) in ran.stdout, ran
    assert ran.status == (69 if command == "status" else 0)


@pytest.mark.parametrize(
    "command", all_but_slow(1, ["stop --force", "restart", "stop", "restart --force"])
)
def test_a_stranger_in_the_record_of_a_mute_daemon_lives(
    command: str, running_daemon: DaemonHome, stranger: "subprocess.Popen[bytes]"
) -> None:
    running_daemon.sigstop()
    forge(running_daemon, stranger.pid)
    ran = djobsctl(running_daemon, *command.split())
    assert ran.status == 75, ran
    if "--force" in command:
        assert "none was signalled" in ran.stderr
        assert taken(stranger.pid) in ran.stderr
    assert running_daemon.alive()
    assert read_stop_mark(running_daemon.state) is None
    assert taken(stranger.pid) in djobsctl(running_daemon, "status").stdout


LIES: list[dict[str, object]] = [{"pidns": 1}, {"boot": "0" * 36}, {"start": None}]


@pytest.mark.parametrize("lie", all_but_slow(1, LIES))
def test_nobody_of_another_boot_or_container_or_without_a_start_time_is_signalled(
    lie: dict[str, object], running_daemon: DaemonHome, stranger: "subprocess.Popen[bytes]"
) -> None:
    running_daemon.sigstop()
    forge(running_daemon, stranger.pid, **lie)
    ran = djobsctl(running_daemon, "stop", "--force")
    assert ran.status == 75, ran
    assert "The recorded daemon is " in ran.stderr
    assert running_daemon.alive()


def test_a_daemon_that_was_killed_is_called_gone(running_daemon: DaemonHome) -> None:
    pid = running_daemon.pid()
    running_daemon.kill9()
    assert f"The recorded daemon is gone (pid {pid})." in djobsctl(running_daemon, "status").stdout
