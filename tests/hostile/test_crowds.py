"""Too many connections, silent ones, and ones that never read: the others notice nothing."""

import json
import time
from contextlib import ExitStack, suppress
from typing import Any

import pytest

from djobs_protocol.limits import CONNECTIONS_MAX, FRAME_BYTES_MAX, HANDSHAKE_SECONDS
from tests.harness.daemon import PATIENCE_SECONDS, DaemonHome, wait_until
from tests.harness.editor import Editor
from tests.hostile.peer import Peer, enqueue, greeted

CROWD = 300
BIG_BYTES = 200_000
MEMORY_BYTES_MAX = 40 * 1024 * 1024
"""What one deaf peer may cost, whatever it asks for."""


def turned_away(peer: Peer) -> str | None:
    """Say hello; return the code of a refusal, None when welcome."""
    with suppress(BrokenPipeError):  # what the daemon said before it closed is still to be read
        peer.say({"jsonrpc": "2.0", "id": 0, "method": "hello", "params": HELLO})
    answer = peer.message()
    return str(answer["error"]["data"]["code"]) if "error" in answer else None


def kept_out(peer: Peer) -> str:
    """Say hello and ask for jobs; return the code of the refusal."""
    return turned_away(peer) or peer.refusal("job.list")


HELLO = {"protocol": [1, 1], "build": "0"}


def cpu_seconds(home: DaemonHome) -> float:
    """Return the processor time the daemon has used so far."""
    fields = home.proc("stat").rpartition(b")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def assert_rests(home: DaemonHome, peer: Peer) -> None:
    """Fail unless the daemon is idle for two seconds of a crowd just being there."""
    before = cpu_seconds(home)
    with pytest.raises(TimeoutError):
        peer.line(2)
    assert cpu_seconds(home) - before < 0.4


@pytest.mark.slow
def test_of_300_connections_those_over_the_limit_are_told_busy(daemon: DaemonHome) -> None:
    with ExitStack() as stack:
        crowd = [stack.enter_context(Peer(daemon)) for _ in range(CROWD)]
        for peer in crowd[:CONNECTIONS_MAX]:
            assert turned_away(peer) is None
        for peer in crowd[CONNECTIONS_MAX:]:
            assert kept_out(peer) in ("busy", "deadline_exceeded")
        assert daemon.look().running
        assert_rests(daemon, crowd[0])
        for peer in crowd[:20]:
            peer.socket.close()
        wait_until(lambda: daemon.look().welcome, "there is room again")
        assert daemon.status()["phase"] == "serving"


def test_a_shim_that_finds_the_daemon_full_waits_for_a_place(daemon: DaemonHome) -> None:
    with ExitStack() as stack:
        crowd = [stack.enter_context(Peer(daemon)) for _ in range(CONNECTIONS_MAX)]
        for peer in crowd:
            assert turned_away(peer) is None
        with Editor(daemon) as editor:
            asked = editor.ask("initialize", opening())
            assert not editor.heard(asked)
            for peer in crowd[:20]:
                peer.socket.close()
            assert "serverInfo" in editor.result(asked)
            assert editor.strays == []


def opening() -> dict[str, Any]:
    return {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "late", "version": "1"},
    }


def test_who_never_says_hello_is_shown_out(daemon: DaemonHome) -> None:
    began = time.monotonic()
    with Peer(daemon) as silent, Peer(daemon) as slow:
        slow.write(b'{"jsonrpc":')
        assert silent.code() == "deadline_exceeded"
        assert slow.code() == "deadline_exceeded"
        silent.wait_closed()
        slow.wait_closed()
    assert time.monotonic() - began >= HANDSHAKE_SECONDS


def lists(count: int) -> bytes:
    """Return many requests, each for a page of everything."""
    requests = (
        {"jsonrpc": "2.0", "id": n, "method": "job.list", "params": {"limit": 500}}
        for n in range(count)
    )
    return b"".join(json.dumps(each).encode() + b"\n" for each in requests)


def test_a_page_of_large_jobs_stays_within_a_frame_and_goes_on(daemon: DaemonHome) -> None:
    with greeted(daemon) as peer:
        stored = {enqueue(peer, {"n": n, "x": "y" * BIG_BYTES}) for n in range(30)}
    with daemon.connect() as connection:
        page = connection.call("job.list", {"limit": 500})
        found = {job["id"] for job in page["jobs"]}
        while "next_cursor" in page:
            page = connection.call("job.list", {"limit": 500, "cursor": page["next_cursor"]})
            found |= {job["id"] for job in page["jobs"]}
    assert stored <= found


def test_a_program_that_asks_for_much_and_reads_nothing_costs_little(daemon: DaemonHome) -> None:
    with greeted(daemon) as peer:
        for n in range(10):
            enqueue(peer, {"n": n, "x": "y" * BIG_BYTES})
    daemon.status()
    before = daemon.rss()
    with ExitStack() as stack:
        deaf = [stack.enter_context(greeted(daemon)) for _ in range(3)]
        for peer in deaf:
            peer.socket.settimeout(1)
            with suppress(TimeoutError):  # no longer read from: just what is wanted
                peer.write(lists(2000))
        with greeted(daemon) as other:
            for _ in range(20):
                assert "result" in other.ask("daemon.health")
                enqueue(other, {})
        assert daemon.rss() - before < len(deaf) * MEMORY_BYTES_MAX


def test_a_program_that_says_much_and_reads_nothing_costs_little(daemon: DaemonHome) -> None:
    with greeted(daemon) as peer:
        for n in range(10):
            enqueue(peer, {"n": n, "x": "y" * BIG_BYTES})
    params = {"limit": 500, "ignored": "z" * (FRAME_BYTES_MAX - 1000)}
    ask = {"jsonrpc": "2.0", "id": 1, "method": "job.list", "params": params}
    line = json.dumps(ask).encode() + b"\n"
    before = daemon.rss()
    with greeted(daemon) as deaf:
        deaf.socket.settimeout(1)
        with suppress(TimeoutError):
            for _ in range(100):
                deaf.write(line)
        assert daemon.rss() - before < MEMORY_BYTES_MAX


def test_a_shim_whose_client_reads_nothing_costs_little(daemon: DaemonHome) -> None:
    with greeted(daemon) as program:
        job_id = enqueue(program, {"x": "y" * BIG_BYTES})
    before = daemon.rss()
    with Peer(daemon) as deaf:
        deaf.attach()
        deaf.say({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": opening()})
        calls = (
            {
                "jsonrpc": "2.0",
                "id": n,
                "method": "tools/call",
                "params": {"name": "check_task", "arguments": {"task_id": job_id}},
            }
            for n in range(1, 1000)
        )
        deaf.socket.settimeout(1)
        with suppress(TimeoutError):  # as above
            deaf.write(b"".join(json.dumps(each).encode() + b"\n" for each in calls))
        with Editor(daemon) as editor:
            editor.open()
            for _ in range(20):
                editor.call("health")
        assert daemon.rss() - before < MEMORY_BYTES_MAX


@pytest.mark.slow
def test_a_peer_that_never_reads_loses_its_connection_in_the_end(daemon: DaemonHome) -> None:
    with greeted(daemon) as peer:
        for n in range(10):
            enqueue(peer, {"n": n, "x": "y" * BIG_BYTES})
    with greeted(daemon) as deaf:
        deaf.write(lists(20))
        wait_until(lambda: len(daemon.status()["connections"]) == 1, "it is shown out", 60)
        deaf.wait_closed()


@pytest.mark.slow
def test_200_clients_of_a_daemon_with_64_descriptors_do_not_make_it_spin(
    daemon_home: DaemonHome,
) -> None:
    program = (
        "import os, resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))\n"
        "os.execv(sys.argv[1], sys.argv[1:])"
    )
    daemon_home.client(program, *daemon_home.command())
    daemon_home.wait_ready()
    daemon_home.wait_sdk()
    with ExitStack() as stack:
        crowd = [stack.enter_context(Peer(daemon_home)) for _ in range(200)]
        outcomes = [turned_away(peer) for peer in crowd]
        assert {None, "busy"} <= set(outcomes) <= {None, "busy", "deadline_exceeded"}
        assert_rests(daemon_home, crowd[outcomes.index(None)])
        crowd[outcomes.index(None)].socket.close()
        wait_until(lambda: daemon_home.look().welcome, "there is room again")
    wait_until(lambda: len(daemon_home.fds()) < 40, "their descriptors are closed")


def test_clients_that_left_a_frozen_daemon_do_not_harm_it(daemon: DaemonHome) -> None:
    daemon.sigstop()
    for _ in range(100):
        with Peer(daemon) as peer:
            peer.say({"jsonrpc": "2.0", "id": 0, "method": "hello", "params": HELLO})
    daemon.sigcont()
    wait_until(lambda: len(daemon.status()["connections"]) == 1, "they are gone", PATIENCE_SECONDS)


def test_after_a_crowd_nothing_is_left_open(daemon: DaemonHome) -> None:
    daemon.status()
    before = len(daemon.fds())
    for _ in range(50):
        with Peer(daemon) as peer:
            turned_away(peer)
    wait_until(lambda: len(daemon.fds()) <= before, "their descriptors are closed")
