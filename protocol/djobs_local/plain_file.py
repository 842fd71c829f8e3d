"""Opening a file that somebody may have put something else in the place of.

Opening a FIFO waits for whoever opens its other end, for ever; reading a device may never end.
"""

import errno
import os
import stat


class NotPlain(OSError):
    """At the path is a FIFO, a device or a socket."""


def open_plain(path: str, flags: int, mode: int = 0o600) -> int:
    """Return a descriptor of the regular file at ``path``; never waits.

    ``IsADirectoryError`` for a folder, ``NotPlain`` for anything else, ``OSError`` as the system
    gives it. ``flags`` and ``mode`` are those of ``os.open``; the descriptor is not inherited.
    """
    try:
        fd = os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC, mode)
    except OSError as error:
        if error.errno == errno.ENXIO:  # a FIFO that nobody reads, or a socket
            raise _not_plain(path) from None
        raise
    found = os.fstat(fd).st_mode
    if stat.S_ISREG(found):
        return fd
    os.close(fd)
    if stat.S_ISDIR(found):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    raise _not_plain(path)


def _not_plain(path: str) -> NotPlain:
    return NotPlain(errno.EINVAL, "not a regular file", path)
