"""The daemon's end of a shim: numbered lines in, acknowledged lines out.

Theory of operation. The shim keeps every client line until this side forgets it. What is sent for a
line and the order to forget it travel as one line (``=N {…}``), so that a death of this process
leaves either both or neither. After a reconnect the shim sends the kept lines again under their
old numbers; ``answered`` says that the client has the answer and only the session is rebuilt.

What the kernel does not take at once waits in a queue with a task of its own, so that acknowledging
never waits for a client that does not read; above ``OUTBOUND_BYTES_MAX`` unsent bytes no further
line is read (R26). Knows bytes, not MCP.
"""

from collections import deque
from typing import NamedTuple

import anyio

from djobs_daemon.mcp_server.hello import LinkHello
from djobs_daemon.rpc.lines import LineStream
from djobs_protocol.framing import Oversize
from djobs_protocol.limits import OUTBOUND_BYTES_MAX


class ClientLine(NamedTuple):
    """One line of the MCP client."""

    number: int
    answered: bool
    """Replayed, and the client has its answer already."""
    content: bytes | Oversize


class Link:
    """Numbered lines from one shim, and what goes back."""

    def __init__(self, lines: LineStream, hello: LinkHello) -> None:
        self._lines = lines
        self._replayed = deque(hello.seqs)
        self._next = hello.next
        self._outbox: deque[bytes] = deque()
        self._unsent_bytes = 0
        self._queued = anyio.Event()
        self._room = anyio.Event()
        self._room.set()
        self._closing = False

    async def receive(self) -> ClientLine:
        """Return the next line; raise ``anyio.EndOfStream`` when the client is done."""
        await self._room.wait()
        content = await self._lines.receive()
        if self._replayed:
            number, answered = self._replayed.popleft()
            return ClientLine(number, bool(answered), content)
        number, self._next = self._next, self._next + 1
        return ClientLine(number, False, content)

    def welcome(self, content: bytes) -> None:
        """Say who answers; the shim repeats it at its next resume."""
        self._queue(b"~" + content + b"\n")

    def push(self, message: bytes) -> None:
        """Forward a message that answers no line."""
        self._queue(message + b"\n")

    def answer(self, number: int, message: bytes) -> None:
        """Forward a message and let the shim forget the line it answers."""
        self._queue(b"=%d %b\n" % (number, message))

    def answer_keeping(self, number: int, message: bytes) -> None:
        """Forward a message, but have the line replayed (as answered) after a reconnect."""
        self._queue(b"+%d %b\n" % (number, message))

    def keep(self, number: int) -> None:
        """Have a line that needs no answer replayed (as answered) after a reconnect."""
        self._queue(b"+%d\n" % number)

    def take_alone(self, number: int) -> None:
        """Say that a line is being taken and no other: if this is the end, it is that line's.

        0 takes the word back.
        """
        self._queue(b"?%d\n" % number)

    def forget(self, number: int) -> None:
        """Let the shim forget a line that needs no answer."""
        self._queue(b"=%d\n" % number)

    async def wait_room(self) -> None:
        """Wait until the client has taken what it was sent, but for OUTBOUND_BYTES_MAX."""
        await self._room.wait()

    async def send_queued(self) -> None:
        """Send what had to wait, for ever; after ``close_when_sent`` return at the end of it."""
        while True:
            while self._outbox or self._lines.is_full:
                await self._lines.flush()
                batch = b"".join(self._outbox)
                self._outbox.clear()
                await self._lines.send(batch)
                self._unsent_bytes -= len(batch)
                if self._unsent_bytes <= OUTBOUND_BYTES_MAX:
                    self._room.set()
            if self._closing:
                return
            self._queued = anyio.Event()
            await self._queued.wait()

    def close_when_sent(self) -> None:
        """Let ``send_queued`` return once everything is out."""
        self._closing = True
        self._queued.set()

    def _queue(self, line: bytes) -> None:
        if not self._outbox and not self._lines.is_full:
            self._lines.write(line)
        else:
            self._outbox.append(line)
            self._unsent_bytes += len(line)
            if self._unsent_bytes > OUTBOUND_BYTES_MAX and self._room.is_set():
                self._room = anyio.Event()
        if self._lines.is_full:
            self._queued.set()
