"""A connection's requests: tasks take turns at reading, and whoever reads a request answers it.

The pattern is called leader and followers. A task of its own for every request would put a turn of
the event loop, a tenth of a small request, between reading and answering it.
"""

from collections.abc import Awaitable, Callable
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
        self._lead = anyio.Lock(fast_acquire=True)
        self._tasks = 0
        self._readers = 0
        """Tasks that read or wait for their turn to; the others answer."""
        self._over = anyio.Event()
        self._held_bytes = 0
        self._eased = anyio.Event()

    async def run(self) -> None:
        """Serve; what is still being answered when the peer has left altogether is given up."""
        async with anyio.create_task_group() as watch:
            async with anyio.create_task_group() as tasks:
                self._add_reader(tasks)
                await self._over.wait()
                if self._held_bytes:
                    watch.start_soon(self._abandon_when_gone, tasks)
            watch.cancel_scope.cancel()

    def _add_reader(self, tasks: TaskGroup) -> None:
        self._tasks += 1
        self._readers += 1
        tasks.start_soon(self._serve, tasks)

    async def _serve(self, tasks: TaskGroup) -> None:
        while (line := await self._next(tasks)) is not None:
            try:
                await self._answer(line)
            finally:
                self._let_go(line)
            if self._readers > 1:
                break
            self._readers += 1
        self._tasks -= 1

    async def _next(self, tasks: TaskGroup) -> Line | None:
        """Lead: read the next request, and see to it that somebody leads after that."""
        async with self._lead:
            line = await self._read()
        self._readers -= 1
        if line is not None and not self._readers and self._tasks < REQUESTS_IN_FLIGHT_MAX:
            self._add_reader(tasks)
        return line

    async def _read(self) -> Line | None:
        if self._over.is_set():
            return None
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
