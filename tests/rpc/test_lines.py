"""Lines over a real socket: whole, in order, bounded both ways."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import pytest

from djobs_daemon.mcp_server.hello import LinkHello
from djobs_daemon.mcp_server.link import Link
from djobs_daemon.rpc import lines as lines_module
from djobs_daemon.rpc.lines import LINES_READY_MAX, LineStream
from djobs_protocol.limits import OUTBOUND_BYTES_MAX

SECONDS = 20
MUCH = b"x" * 4_000_000 + b"\n"
"""More than any socket's buffer."""


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[LineStream, socket.socket]]:
    ours, peer = socket.socketpair()
    peer.setblocking(False)
    with anyio.fail_after(SECONDS), peer:
        loop = asyncio.get_running_loop()
        _, stream = await loop.connect_accepted_socket(LineStream, ours)
        try:
            yield stream, peer
        finally:
            stream.close()
            await asyncio.sleep(0)


def sends(peer: socket.socket, data: bytes) -> bool:
    """Send unless the other side has stopped taking."""
    try:
        return peer.send(data) > 0
    except BlockingIOError:
        return False


async def read_exactly(peer: socket.socket, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        await anyio.wait_readable(peer)
        parts += peer.recv(1 << 20)
    return bytes(parts)


async def test_a_line_arrives_whole_however_it_was_cut() -> None:
    async with connected() as (stream, peer):
        for piece in (b"on", b"e\ntw", b"o\n\nthree\nno end"):
            peer.send(piece)
            await asyncio.sleep(0)
        peer.shutdown(socket.SHUT_WR)

        assert [await stream.receive() for _ in range(3)] == [b"one", b"two", b"three"]
        with pytest.raises(anyio.EndOfStream):
            await stream.receive()


async def test_a_peer_that_is_done_still_gets_its_answer() -> None:
    async with connected() as (stream, peer):
        peer.send(b"question\n")
        peer.shutdown(socket.SHUT_WR)
        assert await stream.receive() == b"question"
        with pytest.raises(anyio.EndOfStream):
            await stream.receive()

        await stream.send(b"answer\n")

        assert await read_exactly(peer, 7) == b"answer\n"


async def test_reading_pauses_while_nobody_takes_the_lines_and_none_is_lost() -> None:
    async with connected() as (stream, peer):
        sent = 0
        while sends(peer, b"%d\n" % sent):
            sent += 1
            if sent % LINES_READY_MAX == 0:
                await asyncio.sleep(0.001)
        peer.shutdown(socket.SHUT_WR)

        received = [await stream.receive() for _ in range(sent)]

        assert received == [b"%d" % number for number in range(sent)]


async def test_sending_waits_for_a_slow_peer_and_keeps_the_order() -> None:
    async with connected() as (stream, peer), anyio.create_task_group() as senders:
        senders.start_soon(stream.send, MUCH)
        await asyncio.sleep(0)
        assert stream.is_full
        senders.start_soon(stream.send, b"last\n")

        assert await read_exactly(peer, len(MUCH) + 5) == MUCH + b"last\n"


async def test_a_peer_that_never_reads_loses_the_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lines_module, "SEND_SECONDS_MAX", 0.05)
    async with connected() as (stream, _):
        with pytest.raises(anyio.BrokenResourceError):
            await stream.send(MUCH)
        with pytest.raises(anyio.BrokenResourceError):
            await stream.receive()


async def test_a_peer_that_dies_breaks_senders_and_readers() -> None:
    async with connected() as (stream, peer), anyio.create_task_group() as tasks:

        async def expect_broken(act: object) -> None:
            with pytest.raises(anyio.BrokenResourceError):
                await act  # type: ignore[misc]

        tasks.start_soon(expect_broken, stream.send(MUCH))
        await asyncio.sleep(0)
        peer.close()


async def test_what_a_link_answers_while_its_client_is_slow_comes_later_in_order() -> None:
    async with connected() as (stream, peer), anyio.create_task_group() as tasks:
        link = Link(stream, LinkHello(link=1, session="0" * 32, next=1))
        tasks.start_soon(link.send_queued)
        expected = b""
        for number in range(6):
            link.answer(number, MUCH[:-1])
            expected += b"=%d " % number + MUCH
            await asyncio.sleep(0)

        assert await read_exactly(peer, len(expected)) == expected
        link.close_when_sent()


async def test_a_link_reads_on_only_once_its_client_has_taken_enough() -> None:
    async with connected() as (stream, peer), anyio.create_task_group() as tasks:
        link = Link(stream, LinkHello(link=1, session="0" * 32, next=1))
        tasks.start_soon(link.send_queued)
        peer.send(b"question\n")
        link.push(MUCH[:-1])
        link.push(b"y" * (OUTBOUND_BYTES_MAX + 1))
        with anyio.move_on_after(0.05) as patience:
            await link.receive()
        assert patience.cancelled_caught

        await read_exactly(peer, len(MUCH) + OUTBOUND_BYTES_MAX + 2)

        assert (await link.receive()).content == b"question"
        link.close_when_sent()
