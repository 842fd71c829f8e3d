"""Lines out of chunks, none longer than a bound. Pure."""

from collections.abc import Iterator
from typing import Final

LINE_BYTES_MAX: Final = 16 * 1024 * 1024
"""An event may hold a whole file."""


class LineBuffer:
    """What came of a stream and is no whole line yet."""

    def __init__(self, bytes_max: int = LINE_BYTES_MAX) -> None:
        self._bytes_max = bytes_max
        self._held = bytearray()
        self._skipping = False

    def take(self, chunk: bytes) -> Iterator[bytes]:
        """Yield the lines that a chunk completes, without their ends; one too long is left out."""
        *whole, rest = chunk.split(b"\n")
        for each in whole:
            self._hold(each)
            line, skipped = bytes(self._held), self._skipping
            self._held.clear()
            self._skipping = False
            if not skipped:
                yield line
        self._hold(rest)

    def rest(self) -> bytes:
        """Return what came after the last end of a line."""
        return bytes(self._held)

    def _hold(self, part: bytes) -> None:
        if len(self._held) + len(part) > self._bytes_max:
            self._skipping = True
            self._held.clear()
        if not self._skipping:
            self._held += part
