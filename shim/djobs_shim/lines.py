"""Whole lines out of arbitrary chunks of bytes.

Unlike ``djobs_protocol.framing`` a line keeps every byte, newline and carriage return included,
because it is handed on verbatim.
"""

from djobs_protocol.limits import FRAME_BYTES_MAX

TAIL_BYTES = 4096
"""What is kept of the end of an abridged line: where a JSON-RPC id may stand."""

TORN = b"\x00\xff"
"""In place of what was left out: illegal in JSON and in UTF-8, so nobody takes it for the line."""


class LineCutter:
    """Turn chunks into whole lines; blank ones are dropped.

    Chunks of a long line are collected in a list, because ``bytes +=`` is quadratic.
    """

    __slots__ = ("_parts", "partial_bytes")

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self.partial_bytes = 0
        """Length of what came after the last newline."""

    def feed(self, chunk: bytes) -> list[bytes]:
        """Add ``chunk`` and return every line it completes, newlines included."""
        *ended, rest = chunk.split(b"\n")
        lines = [line for line in map(self._finish, ended) if not line.isspace()]
        if rest:
            self._hold(rest)
        return lines

    def _finish(self, end: bytes) -> bytes:
        self._hold(end)
        parts, self._parts = self._parts, []
        self.partial_bytes = 0
        parts.append(b"\n")
        return b"".join(parts)

    def _hold(self, part: bytes) -> None:
        self.partial_bytes += len(part)
        self._parts.append(part)


class AbridgingCutter(LineCutter):
    """A cutter that keeps only both ends of a line above ``limit`` bytes.

    The ends together are still over ``FRAME_BYTES_MAX``, so the daemon refuses the line in its own
    words, under the id it finds in one of the ends, and the client is not left waiting (R27).
    """

    __slots__ = ("_abridged", "_limit", "abridged_lines")

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit
        self._abridged = False
        self.abridged_lines = 0
        """How many lines were abridged so far."""

    def _finish(self, end: bytes) -> bytes:
        line = super()._finish(end)
        self._abridged = False
        return line

    def _hold(self, part: bytes) -> None:
        if self._abridged:
            self._parts[-1] = (self._parts[-1] + part)[-TAIL_BYTES:]
            return
        super()._hold(part)
        if self.partial_bytes > self._limit:
            self._abridge()

    def _abridge(self) -> None:
        whole = b"".join(self._parts)
        self._parts = [whole[:FRAME_BYTES_MAX], TORN, whole[-TAIL_BYTES:]]
        self.partial_bytes = sum(map(len, self._parts))
        self._abridged = True
        self.abridged_lines += 1
