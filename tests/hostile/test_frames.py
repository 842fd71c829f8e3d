"""Lines of every size, in pieces of every size."""

import json
from typing import Any

import pytest

from djobs_protocol.limits import FRAME_BYTES_MAX, PAYLOAD_BYTES_MAX
from tests.harness.daemon import DaemonHome
from tests.harness.editor import LEGACY, MODERN, Editor
from tests.hostile.peer import Peer, greeted

TEN_MEGABYTES = 10_000_000
POWERS = [1 << power for power in range(FRAME_BYTES_MAX.bit_length())]
SIZES = sorted({power + more for power in POWERS for more in (-1, 0, 1)} - {0})
"""Of a line without its newline, to one byte above the limit, which is a power of two."""


def call(number: int, method: str, params: dict[str, Any]) -> bytes:
    request = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
    return json.dumps(request).encode() + b"\n"


HEALTH = call(7, "daemon.health", {})[:-1]


def padded(size: int, good: bytes = HEALTH) -> bytes:
    """Return a line of exactly ``size`` bytes without its newline: ``good``, if it fits."""
    return good[:-1] + b" " * (size - len(good)) + b"}" if size >= len(good) else b"x" * size


def test_a_conversation_of_single_bytes(daemon: DaemonHome) -> None:
    hello = {"protocol": [1, 1], "build": "0"}
    with Peer(daemon) as peer:
        for byte in call(0, "hello", hello) + call(1, "daemon.health", {}):
            peer.write(bytes([byte]))
        assert peer.message()["id"] == 0
        assert peer.message()["result"]["status"] == "ok"


def test_blank_lines_and_carriage_returns_are_passed_over(daemon: DaemonHome) -> None:
    with greeted(daemon) as peer:
        peer.write(b"\n\r\n\n" + call(1, "daemon.health", {})[:-1] + b"\r\n")
        assert peer.message()["result"]["status"] == "ok"


def expected(size: int, good: bytes) -> str:
    """Return how a line of that size is answered: well when a good request fits into it."""
    if size > FRAME_BYTES_MAX:
        return "frame_too_large"
    return "welcome" if size >= len(good) else "parse_error"


def outcome(peer: Peer) -> str:
    answer = peer.message()
    return str(answer["error"]["data"]["code"]) if "error" in answer else "welcome"


def test_an_opening_of_every_size_is_a_hello_or_is_refused_with_the_reason(
    daemon: DaemonHome,
) -> None:
    hello = call(0, "hello", {"protocol": [1, 1], "build": "0"})[:-1]
    for size in SIZES:
        with Peer(daemon) as peer:
            peer.write(padded(size, hello) + b"\n")
            assert outcome(peer) == expected(size, hello), size
            if size < len(hello) or size > FRAME_BYTES_MAX:
                peer.wait_closed()
            else:
                assert peer.ask("daemon.health")["result"]["status"] == "ok"


def test_a_request_of_every_size_is_answered_and_so_is_the_next_one(daemon: DaemonHome) -> None:
    with greeted(daemon) as peer:
        for size in SIZES:
            peer.write(padded(size) + b"\n")
            assert outcome(peer) == expected(size, HEALTH), size
            assert peer.ask("daemon.health")["result"]["status"] == "ok"


def test_a_line_one_byte_over_the_limit_is_refused_and_the_next_is_taken(
    daemon: DaemonHome,
) -> None:
    with greeted(daemon) as peer:
        peer.write(padded(FRAME_BYTES_MAX + 1) + b"\n")
        refusal = peer.message()["error"]
        assert refusal["data"]["code"] == "frame_too_large"
        assert str(FRAME_BYTES_MAX) in refusal["message"]
        assert peer.ask("daemon.health")["result"]["status"] == "ok"


def test_a_monster_instead_of_a_hello_is_refused_with_the_limit(daemon: DaemonHome) -> None:
    with Peer(daemon) as peer:
        peer.write(padded(FRAME_BYTES_MAX + 1) + b"\n")
        assert peer.code() == "frame_too_large"
        peer.wait_closed()


def test_a_line_without_end_costs_the_daemon_no_memory(daemon: DaemonHome) -> None:
    before = daemon.rss()
    with greeted(daemon) as peer:
        for _ in range(64):
            peer.write(b"x" * (1 << 20))
        peer.write(b"\n" + call(1, "daemon.health", {}))
        assert peer.code() == "frame_too_large"
        assert peer.message()["result"]["status"] == "ok"
    assert daemon.rss() - before < 3 * FRAME_BYTES_MAX


def test_ten_megabytes_of_payload_over_rpc_are_refused_with_the_limit(daemon: DaemonHome) -> None:
    with greeted(daemon) as peer:
        peer.write(
            call(1, "job.enqueue", {"jobs": [{"type": "x", "payload": "x" * TEN_MEGABYTES}]})
        )
        assert str(FRAME_BYTES_MAX) in peer.message()["error"]["message"]
        assert peer.ask("daemon.health")["result"]["status"] == "ok"


def test_a_payload_over_its_own_limit_is_refused_with_that(daemon: DaemonHome) -> None:
    with greeted(daemon) as peer:
        jobs = [{"type": "x", "payload": "x" * PAYLOAD_BYTES_MAX}]
        assert peer.refusal("job.enqueue", jobs=jobs) == "too_large"
        assert peer.ask("daemon.health")["result"]["total"] == 0


@pytest.mark.parametrize("version", [LEGACY, MODERN])
def test_ten_megabytes_of_payload_over_mcp_are_refused_and_the_session_goes_on(
    daemon: DaemonHome, version: str
) -> None:
    with Editor(daemon, version=version) as editor:
        editor.open()
        refusal = editor.refusal("enqueue_task", task_type="x", payload={"x": "y" * TEN_MEGABYTES})
        assert refusal["error"] == "frame_too_large"
        assert str(FRAME_BYTES_MAX) in refusal["message"]
        assert editor.call("health")["total"] == 0
        assert editor.strays == []
