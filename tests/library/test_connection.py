"""What the library makes of a peer that does not speak like a daemon."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import msgspec
import pytest
from anyio.abc import SocketStream

from djobs import DjobsError, ErrorCode
from djobs.connection import Connection, ConnectionLost, open_connection
from djobs_protocol.limits import FRAME_BYTES_MAX
from tests.harness.daemon import DaemonHome

pytestmark = pytest.mark.anyio

SECONDS = 10.0


@asynccontextmanager
async def answering(home: DaemonHome, answer: bytes) -> AsyncIterator[Connection]:
    """Connect to a peer that sends ``answer`` for every chunk it gets."""
    left = anyio.Event()

    async def serve(stream: SocketStream) -> None:
        async with stream:
            async for _ in stream:
                await stream.send(answer)
        left.set()

    path = f"{home.state}/peer.sock"
    async with anyio.create_task_group() as tasks, await anyio.create_unix_listener(path) as peer:
        tasks.start_soon(peer.serve, serve)
        connection = await open_connection(path)
        tasks.start_soon(connection.read_answers)
        yield connection
        connection.close()
        await left.wait()
        tasks.cancel_scope.cancel()


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n", ErrorCode.PARSE_ERROR),
        (b'{"id": 1, "result": ' + b" " * FRAME_BYTES_MAX + b"1}\n", ErrorCode.FRAME_TOO_LARGE),
        (
            b'{"id": 1, "error": {"code": -32020, "message": "m", "data": {"code": "new one"}}}\n',
            ErrorCode.JOB_NOT_FOUND,
        ),
    ],
    ids=["another protocol", "an answer over the limit", "a code of a newer daemon"],
)
async def test_an_answer_that_cannot_be_used_is_an_error_at_once(
    daemon_home: DaemonHome, answer: bytes, code: ErrorCode
) -> None:
    async with answering(daemon_home, answer) as connection:
        with pytest.raises(DjobsError) as caught:
            await connection.ask(1, "m", b"{}", SECONDS)
    assert caught.value.code is code


async def test_answers_find_their_question_in_any_order(daemon_home: DaemonHome) -> None:
    both = b'{"id": 2, "result": "second"}\n{"id": 7}\n{"id": 1, "result": "first"}\n'
    found: dict[int, str] = {}

    async def ask(number: int) -> None:
        found[number] = msgspec.json.decode(await connection.ask(number, "m", b"{}", SECONDS))

    async with answering(daemon_home, both) as connection, anyio.create_task_group() as tasks:
        tasks.start_soon(ask, 1)
        tasks.start_soon(ask, 2)
    assert found == {1: "first", 2: "second"}


async def test_a_lost_connection_wakes_whoever_waits_and_refuses_whoever_comes(
    daemon_home: DaemonHome,
) -> None:
    async with answering(daemon_home, b"") as connection:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_is_lost, connection)
            await anyio.wait_all_tasks_blocked()
            connection.close()
        await _is_lost(connection)


async def _is_lost(connection: Connection) -> None:
    with pytest.raises(ConnectionLost):
        await connection.ask(1, "m", b"{}", SECONDS)
