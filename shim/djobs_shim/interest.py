"""What the loop waits for: descriptors and the events wanted of each."""

import select

READ = select.POLLIN
WRITE = select.POLLOUT
BROKEN = select.POLLERR | select.POLLHUP | select.POLLNVAL


class Interest:
    """A poll object that is only told about changes."""

    __slots__ = ("_poll", "_wanted")

    def __init__(self) -> None:
        self._poll = select.poll()
        self._wanted: dict[int, int] = {}

    def want(self, fd: int, events: int | None) -> None:
        """Wait for ``events`` of ``fd``; for its breaking alone with 0; for nothing with None."""
        if self._wanted.get(fd) == events:
            return
        if events is None:
            del self._wanted[fd]
            self._poll.unregister(fd)
        else:
            self._wanted[fd] = events
            self._poll.register(fd, events)

    def wait(self, seconds: float | None) -> list[tuple[int, int]]:
        """Return (descriptor, events) for what happened; empty after ``seconds``."""
        # Rounded up: waking just before a deadline would spin until it.
        return self._poll.poll(None if seconds is None else max(0, int(seconds * 1000) + 1))
