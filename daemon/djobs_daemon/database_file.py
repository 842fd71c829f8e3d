"""Which file the database is, whatever happens to its path (R6)."""

import os
from collections.abc import Callable

from djobs_daemon.binding import file_id


class DatabaseFile:
    """The file at ``path`` when this was made; links are followed, as SQLite does.

    ``is_intact`` is the store's own word on what the path led to when it was opened.
    """

    def __init__(self, path: str, is_intact: Callable[[], bool]) -> None:
        self.path = path
        real = os.path.realpath(path)
        self.files = (real, real + "-wal")
        """What SQLite has open, at most one write of its own apart."""
        self._file = file_id(path, follow_links=True)
        self._is_intact = is_intact

    def still_served(self) -> bool:
        """Say whether the path still names that file, and it is what was opened."""
        named = self._file is not None and file_id(self.path, follow_links=True) == self._file
        return named and self._is_intact()
