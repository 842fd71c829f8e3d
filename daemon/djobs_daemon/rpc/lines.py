"""Whole lines over a socket.

A protocol of the event loop itself: a stream on top of one would switch reading off and on again
for every message, which costs two system calls and half of the time a line spends here.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, cast

import anyio

from djobs_daemon.rpc.departure import wait_gone
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.framing import LineSplitter, Oversize
from djobs_protocol.limits import FRAME_BYTES_MAX

CHUNK_BYTES = 256 * 1024
"""Taken from the kernel at once, at most; as much as its own buffer holds."""
LINES_READY_MAX = 64
"""Lines that nobody has asked for yet; above it nothing is read."""
READY_BYTES_MAX = 1024 * 1024
"""Likewise, in bytes; one line may be larger."""
SEND_SECONDS_MAX = 30.0
"""How long a peer that does not read may hold up its own connection (R26)."""

LOSSES: Final = (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream)
"""How it shows that the peer is gone."""

_CHUNK: Final = bytearray(CHUNK_BYTES)
"""Shared by all connections: what is in it is used up before the loop turns to another."""


class LineStream(asyncio.BufferedProtocol):
    """Lines in, bytes out. One reader at a time; any number of senders. Made by ``connect``."""

    def __init__(self) -> None:
        self._splitter = LineSplitter()
        self._ready: deque[bytes | Oversize] = deque()
        self._ready_bytes = 0
        self._asked: asyncio.Future[None] | None = None
        self._on_unread: Callable[[], None] = _ignore
        self._reading = True
        self._ended = False
        self._lost = False
        self._loss = anyio.Event()
        self._drained: anyio.Event | None = None
        self._transport = cast("asyncio.Transport", None)

    # What the loop says

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Have ``pause_writing`` called as soon as the kernel does not take everything."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(0)

    def get_buffer(self, sizehint: int) -> bytearray:
        """Return where to put what comes."""
        del sizehint
        return _CHUNK

    def buffer_updated(self, nbytes: int) -> None:
        """Cut what came into lines."""
        self._ready.extend(self._splitter.feed(bytes(memoryview(_CHUNK)[:nbytes])))
        self._ready_bytes = self._ready_bytes + nbytes if self._ready else 0
        if len(self._ready) > LINES_READY_MAX or self._ready_bytes > READY_BYTES_MAX:
            self._reading = False
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> bool:
        """Note that the peer is done; it may still want its answers."""
        self._ended = True
        self._wake()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """Wake everybody who waits."""
        del exc
        self._lost = True
        self._loss.set()
        self._wake()
        self.resume_writing()

    def pause_writing(self) -> None:
        """Let senders wait."""
        self._drained = anyio.Event()

    def resume_writing(self) -> None:
        """Let senders go on."""
        if self._drained is not None:
            self._drained.set()
            self._drained = None

    # What the connection's owner does

    async def receive(self) -> bytes | Oversize:
        """Return the next line; raise ``anyio.EndOfStream`` when the peer is done.

        A partial last line is dropped: whoever cut it off did not finish saying it.
        """
        while not self._ready:
            if self._ended:
                raise anyio.EndOfStream
            if self._lost:
                raise anyio.BrokenResourceError
            self._ready_bytes = 0
            if not self._reading:
                self._reading = True
                self._transport.resume_reading()
            self._asked = asyncio.get_running_loop().create_future()
            await self._asked
        return self._ready.popleft()

    @contextmanager
    def telling_of_unread(self, tell: Callable[[], None]) -> Iterator[None]:
        """Call ``tell`` when something comes, a line or the end, and nobody waits for it."""
        self._on_unread = tell
        try:
            yield
        finally:
            self._on_unread = _ignore

    @property
    def has_more(self) -> bool:
        """Whether ``receive`` would return at once."""
        return bool(self._ready) or self._ended or self._lost

    @property
    def is_full(self) -> bool:
        """Whether the kernel has not taken everything yet."""
        return self._drained is not None

    def write(self, data: bytes) -> None:
        """Send ``data`` without waiting; to a peer that is gone, nothing. ``flush`` tells."""
        if not self._transport.is_closing():
            self._transport.write(data)

    async def flush(self) -> None:
        """Wait until all is sent; a peer that does not take it in time loses the connection."""
        with anyio.move_on_after(SEND_SECONDS_MAX) as patience:
            while self._drained is not None:
                await self._drained.wait()
        if patience.cancelled_caught:
            self._transport.abort()
            raise anyio.BrokenResourceError
        if self._lost:
            raise anyio.BrokenResourceError

    async def wait_taken(self) -> None:
        """Wait until all is sent, however long the peer takes."""
        while self._drained is not None:
            await self._drained.wait()
        if self._lost:
            raise anyio.BrokenResourceError

    async def send(self, data: bytes) -> None:
        """Send all of ``data``, as ``write`` and ``flush``."""
        self.write(data)
        if self._lost or self._drained is not None:
            await self.flush()

    async def wait_gone(self) -> None:
        """Return when a peer that is done has also stopped listening for answers.

        That may show first in an answer that could not be sent; then the socket is closed, and
        nothing more is told of it.
        """
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._cancel_when_lost, tasks.cancel_scope)
            if not self._lost:
                await wait_gone(self._transport.get_extra_info("socket").fileno())
            tasks.cancel_scope.cancel()

    async def _cancel_when_lost(self, scope: anyio.CancelScope) -> None:
        await self._loss.wait()
        scope.cancel()

    def close(self) -> None:
        """Close the connection; what the kernel has not taken is lost."""
        self._transport.abort()

    def _wake(self) -> None:
        if self._asked is not None and not self._asked.done():
            self._asked.set_result(None)
        else:
            self._on_unread()


def _ignore() -> None:
    pass


def too_large(line: Oversize) -> DjobsError:
    """Return the error for a line above the bound."""
    return DjobsError(
        ErrorCode.FRAME_TOO_LARGE,
        f"A message of {line.size} bytes is over the limit of {FRAME_BYTES_MAX} bytes "
        "(FRAME_BYTES_MAX).",
        limit=FRAME_BYTES_MAX,
    )
