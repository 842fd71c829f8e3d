"""Whatever listens at the daemon's place: the program that uses the library gets one error."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio.abc import SocketStream

from djobs import Client, DjobsError, ErrorCode
from djobs_local.presence import Kind
from tests.harness.daemon import DaemonHome
from tests.harness.length import all_but_slow

pytestmark = pytest.mark.anyio

Answer = Callable[[dict[str, Any]], bytes]

WELCOME = {
    "protocol": 1,
    "protocol_range": [1, 1],
    "build": "9.9.9",
    "schema": 1,
    "database": "d",
    "instance": "i",
    "pid": 1,
    "started_at": "2026-01-01T00:00:00Z",
    "session": "0" * 32,
    "capabilities": [],
}
DEEP = b"[" * 100_000 + b"]" * 100_000


@pytest.fixture(scope="module", params=all_but_slow(1, ["asyncio", "trio"]))
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def result(value: object) -> bytes:
    return b'{"id":0,"result":' + json.dumps(value).encode() + b"}\n"


@asynccontextmanager
async def listening(home: DaemonHome, answer: Answer) -> AsyncIterator[None]:
    """Listen as the daemon of ``home``; ``answer`` returns bytes, or nothing to hang up."""

    async def serve(stream: SocketStream) -> None:
        async with stream:
            async for chunk in stream:
                for line in chunk.splitlines():
                    said = answer(json.loads(line))
                    if not said:
                        return
                    await stream.send(said)

    Path(home.socket).parent.mkdir(mode=0o700)
    listener = await anyio.create_unix_listener(home.socket, mode=0o600)
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, serve)
        yield
        tasks.cancel_scope.cancel()


async def test_entering_a_daemon_that_answers_looks_and_hangs_up_on_hellos_ends(
    daemon_home: DaemonHome,
) -> None:
    def answer(line: dict[str, Any]) -> bytes:
        return result(WELCOME) if line["params"]["client"]["name"] == "presence" else b""

    async with listening(daemon_home, answer):
        seen = await anyio.to_thread.run_sync(daemon_home.look)
        assert seen.kind is Kind.SERVING
        with anyio.fail_after(20), pytest.raises(DjobsError) as caught:
            async with Client(home=daemon_home.state, timeout_seconds=0.5):
                pass
    assert caught.value.code is ErrorCode.UNRESPONSIVE
    assert "closed the connection" in caught.value.message


@pytest.mark.parametrize(
    "said",
    [
        b'{"id":0,"error":{"message":"\xff"}}\n',
        b'{"id":0,"error":{"data":' + DEEP + b"}}\n",
        b'{"id":0,"result":' + DEEP + b"}\n",
        b'{"id":0,"error":"disk on fire"}\n',
        b'{"id":0}\n',
        result({"protocol": 1}),
        result("welcome"),
    ],
    ids=["no UTF-8", "deep error", "deep result", "a text", "neither", "half a welcome", "a word"],
)
async def test_a_hello_that_is_none_is_a_parse_error_and_cancels_nothing(
    daemon_home: DaemonHome, said: bytes
) -> None:
    async with listening(daemon_home, lambda _: said):
        with anyio.fail_after(20), pytest.raises(DjobsError) as caught:
            async with Client(home=daemon_home.state):
                pass
    assert caught.value.code is ErrorCode.PARSE_ERROR


@pytest.mark.parametrize(
    "said",
    [b'{"id":1,"result":{"jobs":7}}\n', b'{"id":1,"result":' + DEEP + b"}\n", b'{"id":1}\n'],
    ids=["another shape", "too deep", "neither result nor error"],
)
async def test_a_reply_of_another_shape_is_a_parse_error(
    daemon_home: DaemonHome, said: bytes
) -> None:

    answers = {"hello": result(WELCOME), "job.list": said}
    async with (
        listening(daemon_home, lambda line: answers[line["method"]]),
        Client(home=daemon_home.state) as client,
    ):
        with anyio.fail_after(20), pytest.raises(DjobsError) as caught:
            await client.list()
    assert caught.value.code is ErrorCode.PARSE_ERROR
