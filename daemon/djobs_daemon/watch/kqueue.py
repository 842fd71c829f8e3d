"""kqueue(2) on folders: macOS and the BSDs."""

import os
import select
import sys
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

import anyio

assert sys.platform != "linux"  # tells mypy not to look for kqueue here


class KqueueWatcher:
    """Wakes when a directory entry of a watched folder changes."""

    def __init__(self) -> None:
        self._queue = select.kqueue()
        self._folders: list[int] = []

    def watch(self, folders: Sequence[str], names: AbstractSet[str]) -> None:
        """Watch these folders by a descriptor each; closing one ends its watch.

        ``OSError`` when there is no descriptor left.
        """
        self._close_folders()
        for folder in folders:
            try:
                fd = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
            except (FileNotFoundError, NotADirectoryError):
                continue
            self._folders.append(fd)
            notes = (
                select.KQ_NOTE_WRITE
                | select.KQ_NOTE_DELETE
                | select.KQ_NOTE_RENAME
                | select.KQ_NOTE_ATTRIB
            )
            flags = select.KQ_EV_ADD | select.KQ_EV_CLEAR
            event = select.kevent(fd, select.KQ_FILTER_VNODE, flags, notes)
            self._queue.control([event], 0)

    def watch_once(self, files: Sequence[str]) -> None:
        """Do nothing: kqueue wants an open descriptor, and none of these may be closed again."""

    async def changed(self) -> None:
        """Wait for events and drop them: the caller looks for itself."""
        await anyio.wait_readable(self._queue.fileno())
        self._queue.control(None, 64, 0)

    def close(self) -> None:
        """Close the queue and the folders."""
        self._close_folders()
        self._queue.close()

    def _close_folders(self) -> None:
        for fd in self._folders:
            os.close(fd)
        self._folders.clear()
