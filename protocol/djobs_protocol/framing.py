"""Lines out of arbitrary chunks of bytes. Knows bytes, not sockets."""

from collections.abc import Iterator
from typing import NamedTuple

from djobs_protocol.limits import FRAME_BYTES_MAX

SAMPLE_BYTES = 4096


class Oversize(NamedTuple):
    """Stands for a line above the bound: its length and both ends, enough to find its id."""

    size: int
    head: bytes
    tail: bytes


class LineSplitter:
    """Turn chunks into whole lines, without their newline.

    A line above ``limit`` bytes is not kept: it is skipped to its newline and yielded as
    ``Oversize``, so one monster neither ends the connection nor fills the memory (R27). Blank
    lines are dropped. Chunks are collected in a list, because ``bytes +=`` is quadratic.
    """

    def __init__(self, limit: int = FRAME_BYTES_MAX) -> None:
        self._limit = limit
        self._parts: list[bytes] = []
        self._size = 0

    @property
    def partial(self) -> bytes:
        """The bytes after the last newline; what a peer that died had begun to say."""
        return b"".join(self._parts)

    def feed(self, chunk: bytes) -> Iterator[bytes | Oversize]:
        """Add ``chunk`` and yield every line it completes."""
        *ended, rest = chunk.split(b"\n")
        for piece in ended:
            self._append(piece)
            line = self._take()
            if line:
                yield line
        self._append(rest)

    def _append(self, part: bytes) -> None:
        if not part:
            return
        self._size += len(part)
        self._parts.append(part)
        if self._size > self._limit:
            joined = b"".join(self._parts)
            self._parts = [joined[:SAMPLE_BYTES], joined[-SAMPLE_BYTES:]]

    def _take(self) -> bytes | Oversize:
        size, self._size = self._size, 0
        parts, self._parts = self._parts, []
        if size > self._limit:
            return Oversize(size, parts[0], parts[-1])
        return b"".join(parts).rstrip(b"\r")
