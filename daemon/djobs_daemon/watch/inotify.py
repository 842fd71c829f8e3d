"""inotify(7) by ctypes: the standard library has no binding. Linux only."""

import ctypes
import os
import struct
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from typing import Final

import anyio

IN_MODIFY: Final = 0x2
IN_ATTRIB: Final = 0x4
IN_CLOSE_WRITE: Final = 0x8
IN_MOVED_FROM: Final = 0x40
IN_MOVED_TO: Final = 0x80
IN_CREATE: Final = 0x100
IN_DELETE: Final = 0x200
IN_DELETE_SELF: Final = 0x400
IN_MOVE_SELF: Final = 0x800
IN_ONLYDIR: Final = 0x01000000
IN_ONESHOT: Final = 0x80000000

# Not IN_MODIFY: the database is written all the time; ``watch_once`` hears of the first time.
EVENTS: Final = (
    IN_ATTRIB
    | IN_CLOSE_WRITE
    | IN_MOVED_FROM
    | IN_MOVED_TO
    | IN_CREATE
    | IN_DELETE
    | IN_DELETE_SELF
    | IN_MOVE_SELF
    | IN_ONLYDIR
)
READ_BYTES: Final = 64 * 1024
ITSELF: Final = b""
"""The name in an event about a watched folder itself, and about events that were lost."""

_HEADER: Final = struct.Struct("iIII")
"""wd, mask, cookie, length of the name that follows (inotify(7))."""


def names_in(events: bytes) -> Iterator[bytes]:
    """Return the name in each event of one read."""
    position = 0
    while position < len(events):
        *_, length = _HEADER.unpack_from(events, position)
        position += _HEADER.size
        yield events[position : position + length].rstrip(b"\0")
        position += length


class InotifyWatcher:
    """Wakes when a directory entry of a watched folder changes."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._fd = self._check(self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))
        self._names = {ITSELF}

    def watch(self, folders: Sequence[str], names: AbstractSet[str]) -> None:
        """Watch these names in these folders, and the folders themselves.

        ``OSError`` when the kernel has no room for another watch (``fs.inotify.max_user_watches``).
        A folder whose path now names another one is watched anew; a watch of one that is gone
        ends by itself; adding one twice is the same watch.
        """
        self._names = {os.fsencode(name) for name in names} | {ITSELF}
        for folder in folders:
            with suppress(FileNotFoundError, NotADirectoryError):  # not there, so nothing to watch
                self._check(self._libc.inotify_add_watch(self._fd, os.fsencode(folder), EVENTS))

    def watch_once(self, files: Sequence[str]) -> None:
        """Wake for the next write to one of these files; the kernel drops the watch then."""
        for path in files:
            self._libc.inotify_add_watch(self._fd, os.fsencode(path), IN_MODIFY | IN_ONESHOT)

    async def changed(self) -> None:
        """Wait for an event about one of the names; the caller looks for itself."""
        while not self._names.intersection(await self._next_names()):
            pass

    async def _next_names(self) -> list[bytes]:
        await anyio.wait_readable(self._fd)
        try:
            return list(names_in(os.read(self._fd, READ_BYTES)))
        except BlockingIOError:
            return []

    def close(self) -> None:
        """Close the inotify instance."""
        os.close(self._fd)

    @staticmethod
    def _check(result: int) -> int:
        if result < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        return result
