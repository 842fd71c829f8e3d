"""Requests of one connection: many at once, and few tasks when there is little to do."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

import anyio
import pytest

from djobs_daemon.rpc.lines import LineStream
from djobs_daemon.rpc.turns import Line, Turns
from djobs_protocol.limits import REQUESTS_IN_FLIGHT_MAX

pytestmark = pytest.mark.anyio
PATIENCE_SECONDS = 20


class Answers:
    """Answers when told to, and notes what was asked."""

    def __init__(self) -> None:
        self.begun: list[bytes] = []
        self.ended: list[bytes] = []
        self._may_end = anyio.Event()
        self._news = anyio.Event()

    async def __call__(self, line: Line) -> None:
        assert isinstance(line, bytes)
        self._note(self.begun, line)
        if line.startswith(b"slow"):
            await self._may_end.wait()
        self._note(self.ended, line)

    def _note(self, where: list[bytes], line: bytes) -> None:
        where.append(line)
        self._news.set()
        self._news = anyio.Event()

    async def until(self, what: list[bytes], count: int) -> None:
        while len(what) < count:
            await self._news.wait()

    def let_end(self) -> None:
        self._may_end.set()


@asynccontextmanager
async def served(answers: Answers) -> AsyncIterator[socket.socket]:
    """Return the peer's end of a served connection; it is closed, and all is over, at the end."""
    ours, peer = socket.socketpair()
    for each in (ours, peer):
        each.setblocking(False)
    _, lines = await asyncio.get_running_loop().connect_accepted_socket(LineStream, ours)
    with anyio.fail_after(PATIENCE_SECONDS), peer, closing(lines):
        async with anyio.create_task_group() as serving:
            serving.start_soon(Turns(lines, answers).run)
            yield peer
            answers.let_end()
            peer.close()
    await asyncio.sleep(0)


async def say(peer: socket.socket, *lines: bytes) -> None:
    await asyncio.get_running_loop().sock_sendall(peer, b"".join(line + b"\n" for line in lines))


def tasks() -> int:
    return len(asyncio.all_tasks())


async def test_a_request_that_takes_long_holds_up_none_after_it() -> None:
    answers = Answers()
    async with served(answers) as peer:
        await say(peer, b"slow", b"quick 1")
        await answers.until(answers.ended, 1)
        await say(peer, b"quick 2")
        await answers.until(answers.ended, 2)
        assert answers.ended == [b"quick 1", b"quick 2"]
    assert answers.ended == [b"quick 1", b"quick 2", b"slow"]


async def test_no_more_than_so_many_are_answered_at_once() -> None:
    answers = Answers()
    async with served(answers) as peer:
        asked = [b"slow %d" % number for number in range(REQUESTS_IN_FLIGHT_MAX + 5)]
        await say(peer, *asked)
        await answers.until(answers.begun, REQUESTS_IN_FLIGHT_MAX)
        await anyio.sleep(0.05)
        assert len(answers.begun) == REQUESTS_IN_FLIGHT_MAX
        answers.let_end()
        await answers.until(answers.ended, len(asked))
    assert answers.begun == asked


async def test_a_client_that_asks_one_thing_at_a_time_is_served_by_one_task() -> None:
    answers = Answers()
    async with served(answers) as peer:
        before = tasks()
        for number in range(1, 20):
            await say(peer, b"quick %d" % number)
            await answers.until(answers.ended, number)
        assert tasks() - before == 1


async def test_the_tasks_of_a_burst_leave_when_it_is_over() -> None:
    answers = Answers()
    async with served(answers) as peer:
        before = tasks()
        await say(peer, *[b"slow %d" % number for number in range(30)])
        await answers.until(answers.begun, 30)
        assert tasks() - before >= 30
        answers.let_end()
        await answers.until(answers.ended, 30)
        await anyio.sleep(0.05)
        assert tasks() - before == 1


async def test_what_is_asked_with_the_last_words_is_answered() -> None:
    answers = Answers()
    async with served(answers) as peer:
        await say(peer, b"slow 1", b"slow 2")
        peer.shutdown(socket.SHUT_WR)
        await answers.until(answers.begun, 2)
        answers.let_end()
        await answers.until(answers.ended, 2)
