"""The first words with whoever listens, also when it has hung up already (R2, R27)."""

import json
import socket
import time
from collections.abc import Iterator

import pytest

from djobs_local import wire
from djobs_protocol.errors import DjobsError, ErrorCode


@pytest.fixture
def ends() -> Iterator[tuple[wire.LineSocket, socket.socket]]:
    """Return a client's end and the other one."""
    near, far = socket.socketpair(socket.AF_UNIX)
    with near, far:
        yield wire.LineSocket(near, 0), far


def refusal(code: ErrorCode) -> bytes:
    message = {"jsonrpc": "2.0", "id": None, "error": DjobsError(code).as_wire()}
    return json.dumps(message).encode() + b"\n"


@pytest.mark.parametrize("code", [ErrorCode.BUSY, ErrorCode.PERMISSION, ErrorCode.DRAINING])
def test_who_is_turned_away_before_the_hello_still_hears_why(
    code: ErrorCode, ends: tuple[wire.LineSocket, socket.socket]
) -> None:
    link, daemon = ends
    daemon.sendall(refusal(code))
    daemon.close()
    with pytest.raises(DjobsError) as heard:
        wire.say_hello(link, wire.hello_params("test"), time.monotonic() + 5)
    assert heard.value.code is code


def test_who_is_turned_away_without_a_word_is_told_that_the_peer_closed(
    ends: tuple[wire.LineSocket, socket.socket],
) -> None:
    link, daemon = ends
    daemon.close()
    with pytest.raises(ConnectionResetError):
        wire.say_hello(link, wire.hello_params("test"), time.monotonic() + 5)
