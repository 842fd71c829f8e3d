"""Peers that leave at any byte of what they say or hear harm only themselves."""

import json
import socket

import pytest

from tests.harness.daemon import DaemonHome, wait_until
from tests.hostile.peer import HELLO, SESSION, Peer

GREETING = {"jsonrpc": "2.0", "id": 0, "method": "hello", "params": HELLO}
ENQUEUE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "job.enqueue",
    "params": {"jobs": [{"type": "x"}]},
}
ATTACH = {"link": 1, "session": SESSION, "next": 1, "args": ["--workspace", "/w"]}
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 0,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "brief", "version": "1"},
    },
}
CALL = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/call",
    "params": {"name": "health", "arguments": {}},
}


def lines(*messages: object) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in messages)


SAID = [
    pytest.param(lines(GREETING, ENQUEUE), id="program"),
    pytest.param(lines(ATTACH, INITIALIZE, CALL), id="shim"),
]


@pytest.mark.parametrize("said", SAID)
def test_leaving_at_every_byte_of_what_is_said(daemon: DaemonHome, said: bytes) -> None:
    before = len(daemon.fds())
    for length in range(len(said) + 1):
        with Peer(daemon) as peer:
            peer.write(said[:length])
    wait_until(lambda: len(daemon.fds()) <= before, "every descriptor is closed again")
    wait_until(lambda: len(daemon.status()["connections"]) == 1, "every connection is gone")


@pytest.mark.parametrize("said", SAID)
def test_leaving_at_every_byte_of_what_is_heard(daemon: DaemonHome, said: bytes) -> None:
    before = len(daemon.fds())
    heard = length_of_answers(daemon, said)
    for length in range(0, heard, max(1, heard // 150)):
        with Peer(daemon) as peer:
            peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
            peer.write(said)
            while length > 0:
                length -= len(peer.socket.recv(length))
    wait_until(lambda: len(daemon.fds()) <= before, "every descriptor is closed again")


def length_of_answers(home: DaemonHome, said: bytes) -> int:
    with Peer(home) as peer:
        peer.write(said)
        peer.socket.shutdown(socket.SHUT_WR)
        heard = 0
        while chunk := peer.socket.recv(65536):
            heard += len(chunk)
        return heard


def test_half_a_last_request_is_not_obeyed(daemon: DaemonHome) -> None:
    total = daemon.status()["counts"]
    with Peer(daemon) as peer:
        peer.write(lines(GREETING) + lines(ENQUEUE)[:-1])
        peer.socket.shutdown(socket.SHUT_WR)
        peer.wait_closed()
    assert daemon.status()["counts"] == total


def test_who_hangs_up_only_the_sending_half_still_gets_its_answers(daemon: DaemonHome) -> None:
    with Peer(daemon) as peer:
        peer.write(lines(GREETING, ENQUEUE))
        peer.socket.shutdown(socket.SHUT_WR)
        assert peer.message()["id"] == 0
        assert peer.message()["result"]["jobs"]
        peer.wait_closed()
