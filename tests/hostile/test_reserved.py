"""However many are connected, ``djobsctl status`` and ``stop`` get through (R26, R27)."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from djobs_daemon.rpc import reserved
from djobs_daemon.rpc.listener import DESCRIPTORS_RESERVED
from djobs_protocol.limits import CONNECTIONS_MAX
from tests.cli.command import djobsctl
from tests.harness.daemon import DaemonHome, wait_until
from tests.hostile.peer import SESSION, Closed, Peer, greeted

FEW = 8
CROWD = 300
DESCRIPTORS = 64


@pytest.fixture
def full(daemon_home: DaemonHome) -> Iterator[DaemonHome]:
    """Return a home whose daemon has as many connections as it may have."""
    daemon_home.start(DJOBS_CONNECTIONS_MAX=str(FEW))
    with ExitStack() as stack:
        for _ in range(FEW):
            stack.enter_context(greeted(daemon_home))
        yield daemon_home


def assert_can_be_watched_and_stopped(home: DaemonHome) -> None:
    status = djobsctl(home, "status", "--json")
    assert status.status == 0, status
    assert status.document["state"] == "serving"
    assert status.document["daemon"]["pid"] == home.pid()
    stopped = djobsctl(home, "stop")
    assert stopped.status == 0, stopped
    home.wait_gone()


def test_status_and_stop_work_when_every_place_is_taken(full: DaemonHome) -> None:
    assert_can_be_watched_and_stopped(full)


def test_a_reserved_place_is_for_looking_in_and_for_nothing_else(full: DaemonHome) -> None:
    with Peer(full) as peer:
        assert peer.greet()["instance"]
        for method in ("daemon.status", "daemon.health", "daemon.settings"):
            assert "result" in peer.ask(method)
        assert peer.refusal("job.enqueue", jobs=[{"type": "x"}]) == "busy"
        with pytest.raises((Closed, OSError)):
            peer.ask("daemon.status")
    assert full.status().get("counts", {}) == {}
    listed = djobsctl(full, "list")
    assert listed.status == 75
    assert "CONNECTIONS_MAX" in listed.stderr


def test_a_shim_gets_no_reserved_place(full: DaemonHome) -> None:
    with Peer(full) as peer:
        peer.say({"link": 1, "session": SESSION, "next": 1})
        assert peer.code() == "busy"
        peer.wait_closed()


def test_who_stays_in_a_reserved_place_is_shown_out(full: DaemonHome) -> None:
    with ExitStack() as stack:
        silent = [stack.enter_context(Peer(full)) for _ in range(2)]
        idle = [stack.enter_context(greeted(full)) for _ in range(reserved.PLACES - 2)]
        with Peer(full) as late:
            assert late.code() == "busy"
        for peer in (*silent, *idle):
            peer.wait_closed()


def test_status_waits_for_a_reserved_place(full: DaemonHome) -> None:
    with ExitStack() as stack:
        for _ in range(reserved.PLACES):
            stack.enter_context(greeted(full))
        assert djobsctl(full, "status", "--json").document["state"] == "serving"
        for _ in range(reserved.PLACES):
            stack.enter_context(Peer(full))
        assert djobsctl(full, "stop").status == 0


def test_a_place_that_becomes_free_is_an_ordinary_one_again(daemon_home: DaemonHome) -> None:
    daemon_home.start(DJOBS_CONNECTIONS_MAX=str(FEW))
    with ExitStack() as stack:
        leaving, *_ = [stack.enter_context(greeted(daemon_home)) for _ in range(FEW)]
        leaving.socket.close()
        wait_until(lambda: _may_list(daemon_home), "there is room again")


def _may_list(home: DaemonHome) -> bool:
    with greeted(home) as peer:
        return "result" in peer.ask("job.list")


def test_status_and_stop_work_among_300_connections(running_daemon: DaemonHome) -> None:
    with ExitStack() as stack:
        for _ in range(CONNECTIONS_MAX):
            stack.enter_context(greeted(running_daemon))
        for _ in range(CROWD - CONNECTIONS_MAX):
            stack.enter_context(Peer(running_daemon))
        assert_can_be_watched_and_stopped(running_daemon)


def test_status_and_stop_work_among_200_clients_of_a_daemon_with_64_descriptors(
    daemon_home: DaemonHome,
) -> None:
    program = (
        "import os, resource, sys\n"
        f"resource.setrlimit(resource.RLIMIT_NOFILE, ({DESCRIPTORS}, {DESCRIPTORS}))\n"
        "os.execv(sys.argv[1], sys.argv[1:])"
    )
    daemon_home.client(program, *daemon_home.command())
    daemon_home.wait_ready()
    daemon_home.wait_sdk()
    with ExitStack() as stack:
        for _ in range(DESCRIPTORS - DESCRIPTORS_RESERVED):
            stack.enter_context(greeted(daemon_home))
        for _ in range(200 - DESCRIPTORS + DESCRIPTORS_RESERVED):
            stack.enter_context(Peer(daemon_home))
        assert_can_be_watched_and_stopped(daemon_home)
