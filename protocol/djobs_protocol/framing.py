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
    ``Oversize``, so one monster neither ends the connection nor fills the memory (R27). Lines of
    white space only are dropped, as the shim does not count them either. Chunks are collected in a
    list, because ``bytes +=`` is quadratic.
    """

    def __init__(self, limit: int = FRAME_BYTES_MAX) -> None:
        self._limit = limit
        self._begin()

    def _begin(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0
        self._blank = True

    @property
    def partial(self) -> bytes:
        """The bytes kept of what follows the last newline."""
        return b"".join(self._parts)

    def feed(self, chunk: bytes) -> Iterator[bytes | Oversize]:
        """Add ``chunk`` and yield every line it completes."""
        *ended, rest = chunk.split(b"\n")
        for piece in ended:
            self._append(piece)
            if not self._blank:
                yield self._line()
            self._begin()
        self._append(rest)

    def _append(self, part: bytes) -> None:
        if not part:
            return
        fitted = self._size <= self._limit
        self._size += len(part)
        self._blank = self._blank and part.isspace()
        if self._size <= self._limit:
            self._parts.append(part)
            return
        head, tail = (self.partial,) * 2 if fitted else self._parts
        self._parts = [(head + part)[:SAMPLE_BYTES], (tail + part)[-SAMPLE_BYTES:]]

    def _line(self) -> bytes | Oversize:
        if self._size > self._limit:
            return Oversize(self._size, *self._parts)
        return self.partial.rstrip(b"\r")
