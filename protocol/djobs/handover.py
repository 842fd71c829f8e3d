"""Notices from the task that reads a connection to the one that follows, one at a time."""

import anyio


class HandOver:
    """The reader waits until the last notice was taken; so the socket fills, and the daemon waits.

    Opened by whoever is going to take them; what comes before that, or after ``end``, is
    dropped.
    """

    def __init__(self) -> None:
        self._open = False
        self._notice: bytes | None = None
        self._changed = anyio.Event()

    def open(self) -> None:
        """Begin to hand over."""
        self._open = True

    def end(self) -> None:
        """Hand over no more; what was put is still taken."""
        self._open = False
        self._tell()

    async def put(self, notice: bytes) -> None:
        """Hand over a notice, once the last one was taken."""
        while self._open and self._notice is not None:
            await self._changed.wait()
        if self._open:
            self._notice = notice
            self._tell()

    async def take(self) -> bytes | None:
        """Return the next notice; None when there will be none."""
        while self._notice is None:
            if not self._open:
                return None
            await self._changed.wait()
        notice, self._notice = self._notice, None
        self._tell()
        return notice

    def _tell(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()
