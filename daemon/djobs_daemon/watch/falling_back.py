"""A kernel's watcher for as long as the kernel has room for it, then looking once a second."""

import logging
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

from djobs_daemon.watch.poll import PollWatcher

if TYPE_CHECKING:
    from djobs_daemon.watch.interface import Watcher

log = logging.getLogger(__name__)


class FallingBackWatcher:
    """Passes everything on to a watcher, and takes another one when that cannot watch."""

    def __init__(self, watcher: "Watcher") -> None:
        self._watcher = watcher

    def watch(self, folders: Sequence[str], names: AbstractSet[str]) -> None:
        """Watch these names in these folders."""
        try:
            self._watcher.watch(folders, names)
        except OSError as error:
            log.warning(
                "The folders cannot be watched; they are looked at once a second instead.",
                extra={"error": str(error)},
            )
            self._watcher.close()
            self._watcher = PollWatcher()

    def watch_once(self, files: Sequence[str]) -> None:
        """Also wake for the next write to one of these files, once."""
        self._watcher.watch_once(files)

    async def changed(self) -> None:
        """Return once anything may have changed since the last call."""
        await self._watcher.changed()

    def close(self) -> None:
        """Release what the kernel keeps."""
        self._watcher.close()
