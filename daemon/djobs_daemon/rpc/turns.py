"""A connection's requests: tasks take turns at reading, and whoever reads a request answers it.

The pattern is called leader and followers. A task of its own for every request would put a turn of
the event loop, a tenth of a small request, between reading and answering it. A client that asks one
thing at a time is served by one task; another joins when a line comes and nobody reads.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

import anyio
from anyio.abc import TaskGroup

from djobs_daemon.rpc.lines import LineStream
from djobs_protocol.framing import Oversize
from djobs_protocol.limits import FRAME_BYTES_MAX, REQUESTS_IN_FLIGHT_MAX

HELD_BYTES_MAX: Final = FRAME_BYTES_MAX
"""Of one connection's requests that are being answered; above it the next is not read (R26)."""

Line = bytes | Oversize


class Turns:
    """Reads until the peer is done and answers everything, ``REQUESTS_IN_FLIGHT_MAX`` at a time."""

    def __init__(self, lines: LineStream, answer: Callable[[Line], Awaitable[None]]) -> None:
        self._lines = lines
        self._answer = answer
        self._tasks = 0
        self._somebody_reads = False
        self._over = anyio.Event()
        self._held_bytes = 0
        self._eased = anyio.Event()

    async def run(self) -> None:
        """Serve; what is still being answered when the peer has left altogether is given up."""
        async with anyio.create_task_group() as watch:
            async with anyio.create_task_group() as tasks:
                self._add_reader(tasks)
                with self._lines.telling_of_unread(partial(self._add_reader, tasks)):
                    await self._over.wait()
                if self._held_bytes:
                    watch.start_soon(self._abandon_when_gone, tasks)
            watch.cancel_scope.cancel()

    def _add_reader(self, tasks: TaskGroup) -> None:
        if not self._somebody_reads and self._tasks < REQUESTS_IN_FLIGHT_MAX:
            self._tasks += 1
            tasks.start_soon(self._serve, tasks)

    async def _serve(self, tasks: TaskGroup) -> None:
        while not self._somebody_reads and not self._over.is_set():
            line = await self._lead()
            if line is None:
                break
            if self._lines.has_more:
                self._add_reader(tasks)
            try:
                await self._answer(line)
            finally:
                self._let_go(line)
        self._tasks -= 1

    async def _lead(self) -> Line | None:
        self._somebody_reads = True
        try:
            return await self._read()
        finally:
            self._somebody_reads = False

    async def _read(self) -> Line | None:
        while self._held_bytes > HELD_BYTES_MAX:
            self._eased = anyio.Event()
            await self._eased.wait()
        try:
            line = await self._lines.receive()
        except anyio.EndOfStream:
            self._over.set()
            return None
        self._held_bytes += _bytes_held(line)
        return line

    def _let_go(self, line: Line) -> None:
        self._held_bytes -= _bytes_held(line)
        self._eased.set()

    async def _abandon_when_gone(self, tasks: TaskGroup) -> None:
        """End what nobody waits for any more. A write goes on: the store has it already."""
        await self._lines.wait_gone()
        tasks.cancel_scope.cancel()


def _bytes_held(line: Line) -> int:
    return len(line.head) + len(line.tail) if isinstance(line, Oversize) else len(line)
