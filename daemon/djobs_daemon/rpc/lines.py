"""Whole lines over a socket."""

import anyio
from anyio.abc import SocketStream

from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.framing import LineSplitter, Oversize
from djobs_protocol.limits import FRAME_BYTES_MAX

CHUNK_BYTES = 64 * 1024
SEND_SECONDS_MAX = 30.0
"""How long a peer that does not read may hold up its own connection (R26)."""


class LineStream:
    """Lines in, bytes out. One reader at a time; any number of senders."""

    def __init__(self, stream: SocketStream) -> None:
        self._stream = stream
        self._splitter = LineSplitter()
        self._ready: list[bytes | Oversize] = []
        self._sending = anyio.Lock(fast_acquire=True)

    async def receive(self) -> bytes | Oversize:
        """Return the next line; raise ``anyio.EndOfStream`` when the peer is done.

        A partial last line is dropped: whoever cut it off did not finish saying it.
        """
        while not self._ready:
            chunk = await self._stream.receive(CHUNK_BYTES)
            self._ready = list(self._splitter.feed(chunk))
            self._ready.reverse()
        return self._ready.pop()

    async def send(self, data: bytes) -> None:
        """Send all of ``data``; a peer that does not take it in time loses the connection."""
        async with self._sending:
            with anyio.move_on_after(SEND_SECONDS_MAX) as patience:
                await self._stream.send(data)
        if patience.cancelled_caught:
            await self._stream.aclose()
            raise anyio.BrokenResourceError

    async def aclose(self) -> None:
        """Close the connection."""
        await self._stream.aclose()


def too_large(line: Oversize) -> DjobsError:
    """Return the error for a line above the bound."""
    return DjobsError(
        ErrorCode.FRAME_TOO_LARGE,
        f"A message of {line.size} bytes is over the limit of {FRAME_BYTES_MAX} bytes "
        "(FRAME_BYTES_MAX).",
        limit=FRAME_BYTES_MAX,
    )
