"""One-line messages on stderr, which clients keep in a log."""

import os
import select

NOTE_BYTES_MAX = 4096


def note(text: str) -> None:
    """Write ``text`` if stderr takes it at once; a log nobody reads must not stop the relay."""
    line = f"djobs-mcp: {text}".replace("\n", " ").encode("utf-8", "replace")
    try:
        if _takes_at_once(2):
            os.write(2, line[: NOTE_BYTES_MAX - 1] + b"\n")
    except OSError:
        pass  # closed, or full; there is nobody else to tell


def _takes_at_once(fd: int) -> bool:
    if not hasattr(select, "poll"):
        return True
    poll = select.poll()
    poll.register(fd, select.POLLOUT)
    return any(events & select.POLLOUT for _, events in poll.poll(0))
