"""What every kind of watcher offers, and which one this platform has."""

import select
import sys
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Protocol

from djobs_daemon.watch.falling_back import FallingBackWatcher
from djobs_daemon.watch.poll import PollWatcher

if sys.platform == "linux":
    from djobs_daemon.watch.inotify import InotifyWatcher
else:
    from djobs_daemon.watch.kqueue import KqueueWatcher


class Watcher(Protocol):
    """Wakes its caller after something changed in the watched folders, and at times for nothing."""

    def watch(self, folders: Sequence[str], names: AbstractSet[str]) -> None:
        """Watch these names in these folders; a folder that is not there is skipped.

        ``OSError`` when the others cannot be watched.
        Later calls may add folders; a watcher may also wake for other names.
        """

    def watch_once(self, files: Sequence[str]) -> None:
        """Also wake for the next write to one of these files, once, where that can be done.

        No file is opened: closing it would take SQLite's locks along.
        """

    async def changed(self) -> None:
        """Return once anything may have changed since the last call."""

    def close(self) -> None:
        """Release what the kernel keeps for this watcher."""


def new_watcher() -> Watcher:
    """Return the best watcher this platform has: inotify, kqueue, or looking once a second."""
    if sys.platform == "linux":
        try:
            return FallingBackWatcher(InotifyWatcher())
        except OSError:  # no inotify instance left for this user, or a kernel without it
            return PollWatcher()
    else:  # as mypy needs it, to look at one platform at a time
        has_kqueue = hasattr(select, "kqueue")
        return FallingBackWatcher(KqueueWatcher()) if has_kqueue else PollWatcher()
