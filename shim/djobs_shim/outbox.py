"""Bytes waiting for a descriptor that takes them a piece at a time."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections import deque
else:  # the package around it costs 3 ms, a third of a bare interpreter
    from _collections import deque


class Outbox:
    """A queue of bytes objects, handed out in pieces, never copied as a whole."""

    __slots__ = ("_offset", "_queue", "size")

    def __init__(self) -> None:
        self._queue: deque[bytes] = deque()
        self._offset = 0
        self.size = 0
        """Bytes not yet taken."""

    def put(self, data: bytes) -> None:
        """Add ``data`` at the end."""
        if data:
            self._queue.append(data)
            self.size += len(data)

    def clear(self) -> None:
        """Forget everything."""
        self._queue.clear()
        self._offset = self.size = 0

    def piece(self, at_most: int) -> bytes | memoryview:
        """Return the first bytes, up to ``at_most``; they stay until ``took``.

        Small entries are joined, because one system call for many answers is cheaper. Not to be
        called when empty.
        """
        first = self._queue[0]
        if self._offset or len(first) > at_most:
            return memoryview(first)[self._offset : self._offset + at_most]
        if len(self._queue) == 1:
            return first
        return b"".join(self._entries_within(at_most))

    def _entries_within(self, at_most: int) -> list[bytes]:
        taken = []
        for entry in self._queue:
            at_most -= len(entry)
            if at_most < 0:
                break
            taken.append(entry)
        return taken

    def took(self, count: int) -> None:
        """Remove the first ``count`` bytes."""
        self.size -= count
        self._offset += count
        while self._queue and self._offset >= len(self._queue[0]):
            self._offset -= len(self._queue.popleft())
