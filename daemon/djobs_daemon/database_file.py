"""Which file the database is, whatever happens to its path (R6)."""

import os

from djobs_daemon.binding import FileId


class DatabaseFile:
    """The file at ``path`` when this was made; links are followed, as SQLite does."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._file = _file_at(path)

    def still_named(self) -> bool:
        """Say whether the path still names that file."""
        return self._file is not None and _file_at(self.path) == self._file


def _file_at(path: str) -> FileId | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return FileId(status.st_dev, status.st_ino)
