"""Which file the database is, whatever happens to its path (R6)."""

from djobs_daemon.binding import file_id


class DatabaseFile:
    """The file at ``path`` when this was made; links are followed, as SQLite does."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._file = file_id(path, follow_links=True)

    def still_named(self) -> bool:
        """Say whether the path still names that file."""
        return self._file is not None and file_id(self.path, follow_links=True) == self._file
