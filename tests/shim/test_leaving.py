"""The relay leaves with its client, at once and without a trace."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.harness.waiting import wait_until
from tests.shim import patched
from tests.shim.process import (
    SECONDS_MAX,
    Shim,
    command,
    environment,
    running,
    sleeps_soundly,
    wake_ups,
)
from tests.shim.standin import StandIn


def test_the_end_of_stdin_lets_the_daemon_finish_its_answers(home: Path, daemon: StandIn) -> None:
    with running(home) as shim:
        link = daemon.serve()
        shim.say(b'{"id":1}\n')
        shim.end()
        assert link.line() == b'{"id":1}'
        assert link.at_end()  # half closed: nothing more will come, answers may still go
        link.send(b'=1 {"result":1}\n')
        link.close()
        assert shim.rest() == b'{"result":1}\n'
        assert shim.status() == 0


def test_lines_piped_in_before_the_daemon_listens_are_delivered(
    home: Path, daemon: StandIn
) -> None:
    with running(home) as shim:
        shim.say(b'{"id":1}\n{"unfinished":')
        shim.end()
        link = daemon.serve()
        assert link.line() == b'{"id":1}'
        link.send(b"=1 {}\n")
        assert link.at_end()
        link.close()
        assert shim.rest() == b"{}\n"
        assert shim.status() == 0


def test_after_the_end_of_stdin_a_daemon_that_does_not_close_is_left(
    home: Path, daemon: StandIn
) -> None:
    with running(home) as shim:
        link = daemon.serve()
        shim.end()
        assert link.at_end()
        assert shim.status() == 0
        link.close()


def test_after_the_end_it_does_not_connect_again_for_answers_still_to_be_read(
    home: Path, daemon: StandIn
) -> None:
    answer = b'{"a":"' + b"y" * 3_000_000 + b'"}'
    with running(home) as shim:
        link = daemon.serve()
        shim.end()
        assert link.at_end()
        link.send(answer + b"\n")
        link.close()
        assert shim.line() == answer
        assert shim.rest() == b""
        assert shim.status() == 0
        assert not daemon.has_visitor()


@pytest.mark.parametrize("daemon_is_gone", [True, False])
def test_waiting_for_the_client_to_read_the_last_answers_costs_no_processor_time(
    home: Path, daemon: StandIn, daemon_is_gone: bool
) -> None:
    answer = b'{"a":"' + b"y" * 3_000_000 + b'"}\n'
    patient = patched.shim("loop.DRAIN_SECONDS = 3600", "loop.DELIVER_SECONDS = 0.01")
    with running(home, run=patient) as shim:
        link = daemon.serve()
        shim.end()
        assert link.at_end()
        link.send(answer)
        if daemon_is_gone:
            link.close()
        wait_until(lambda: sleeps_soundly(shim), "it waits for nobody but its client")
        assert shim.line() + b"\n" == answer
        link.close()
        assert shim.status() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_at_once_and_quietly(
    home: Path, daemon: StandIn, number: signal.Signals
) -> None:
    with running(home) as shim:
        link = daemon.serve()
        shim.signal(number)
        assert shim.status() == -number
        assert shim.errors() == ""
        assert link.at_end()


def test_a_signal_its_client_ignored_ends_it_all_the_same(home: Path, daemon: StandIn) -> None:
    ignoring = (
        "import os, signal, sys\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])\n"
        "os.execv(sys.argv[1], sys.argv[1:])\n"
    )
    with running(home, run=[sys.executable, "-c", ignoring, *command()]) as shim:
        daemon.serve()
        shim.signal(signal.SIGINT)
        assert shim.status() == -signal.SIGINT


def test_a_closed_stdout_ends_it_though_nothing_is_written(home: Path, daemon: StandIn) -> None:
    with running(home) as shim:
        link = daemon.serve()
        shim.stdout.close()
        assert shim.status() == 0
        assert shim.errors() == ""
        assert link.at_end()


def test_the_death_of_its_parent_ends_it_though_the_pipes_stay_open(
    home: Path, daemon: StandIn
) -> None:
    parent_code = "import subprocess, sys\nchild = subprocess.Popen(sys.argv[1:])\nchild.wait()\n"
    child = patched.shim("loop.PARENT_POLL_SECONDS = 3600")
    with running(home, run=[sys.executable, "-c", parent_code, *child]) as parent:
        link = daemon.accept()
        hello = link.greet()
        assert hello["ppid"] == parent.pid
        parent.signal(signal.SIGKILL)  # the pipes live on in this test and in the shim
        assert link.at_end()
        wait_until(lambda: not is_running(hello["pid"]), "the shim is gone")


def is_running(pid: int) -> bool:
    """Whether a process is there and no zombie of an init that does not reap."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_without_pidfd_the_death_of_the_parent_is_noticed_all_the_same(
    home: Path, daemon: StandIn
) -> None:
    parent_code = "import subprocess, sys; subprocess.Popen(sys.argv[1:]).wait()"
    child = patched.shim("del os.pidfd_open", "loop.PARENT_POLL_SECONDS = 0.05")
    with running(home, run=[sys.executable, "-c", parent_code, *child]) as parent:
        link = daemon.serve()
        parent.signal(signal.SIGKILL)
        assert link.at_end()


def test_a_stdout_that_the_client_made_non_blocking_loses_nothing(
    home: Path, daemon: StandIn
) -> None:
    answer = b'{"a":"' + b"y" * 500_000 + b'"}\n'
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    process = subprocess.Popen(
        command(), stdin=subprocess.PIPE, stdout=writing, env=environment(home)
    )
    os.close(writing)
    with process, open(reading, "rb") as stdout:
        link = daemon.serve()
        link.send(answer)
        assert stdout.readline() == answer
        link.close()


@pytest.mark.parametrize("blocking", [True, False])
def test_stdio_may_be_sockets_blocking_or_not(home: Path, daemon: StandIn, blocking: bool) -> None:
    answer = b'{"a":"' + b"y" * 1_000_000 + b'"}\n'
    ours, theirs = socket.socketpair()
    theirs.setblocking(blocking)
    ours.settimeout(SECONDS_MAX)
    descriptor = theirs.fileno()
    process = subprocess.Popen(
        command(), stdin=descriptor, stdout=descriptor, env=environment(home)
    )
    theirs.close()
    with process, ours:
        link = daemon.serve()
        ours.sendall(b'{"id":1}\n')
        assert link.line() == b'{"id":1}'
        link.send(b"=1 " + answer)
        received = b""
        while len(received) < len(answer):
            received += ours.recv(1 << 20)
        assert received == answer
        ours.close()
        assert process.wait(SECONDS_MAX) == 0


def test_it_leaves_the_flags_of_shared_descriptors_alone(home: Path, daemon: StandIn) -> None:
    with running(home) as shim:
        link = daemon.serve()
        link.send(b"{}\n")
        shim.line()
        assert os.get_blocking(shim.stdin.fileno())
        flags = Path(f"/proc/{shim.pid}/fdinfo/1").read_text().split("flags:")[1].split()[0]
        assert not int(flags, 8) & os.O_NONBLOCK


def test_waiting_costs_no_processor_time(home: Path, daemon: StandIn) -> None:
    with running(home) as shim:
        link = daemon.serve()
        link.send(b"{}\n")
        shim.line()
        before = wake_ups(shim)
        time.sleep(0.5)  # the subject of the test: nothing happens for a while
        assert wake_ups(shim) - before <= 1


def test_a_dead_daemon_and_a_client_that_does_not_read_cost_no_processor_time(
    home: Path, daemon: StandIn
) -> None:
    with running(home) as shim:
        link = daemon.serve()
        for _ in range(5):
            link.send(b'{"a":"' + b"y" * (1 << 20) + b'"}\n')
        link.close()
        wait_until(lambda: is_idle(shim), "the relay sleeps although its socket hung up")


def cpu_ticks(shim: Shim) -> int:
    """Return user and system time so far."""
    fields = Path(f"/proc/{shim.pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def is_idle(shim: Shim) -> bool:
    """Whether a fifth of a second passes without a tick of processor time."""
    before = cpu_ticks(shim)
    time.sleep(0.2)  # the subject of the measurement
    return cpu_ticks(shim) == before
