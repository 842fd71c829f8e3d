"""Whether the files at the database's path are still those that were opened (R6)."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from djobs_daemon.store.sqlite import files


class Shrinking:
    """How far giving back space has come."""

    is_done = False


class Guard:
    """What is expected of the files. Any thread may ask; only the writer's changes it."""

    def __init__(self, path: str) -> None:
        """Begin with the files as they are; the database must be open already."""
        self.path = path
        self._watched = files.watch(path)
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def are_same(self) -> bool:
        """Say whether the path leads to the same files, and none was cut."""
        watched = self._watched
        return watched is not None and files.is_same(self.path, watched)

    def are_intact(self) -> bool:
        """Say whether they are the same and their first bytes are what they should be."""
        return self.are_same() and files.have_headers(self.path, self._descriptor)

    def note_growth(self) -> None:
        """Expect the sizes that a commit left."""
        if self._watched is not None:
            self._watched = files.grown(self.path, self._watched)

    @contextmanager
    def shrinking(self) -> Iterator[Shrinking]:
        """Expect any size while the block gives back space, and after it unless that was done."""
        progress = Shrinking()
        if self._watched is not None:
            self._watched = self._watched._replace(bytes_min=0, wal_bytes_min=0)
        yield progress
        if progress.is_done:
            self._watched = files.watch(self.path)

    def close(self) -> None:
        """Close the descriptor: only after every connection, whose locks it takes along."""
        os.close(self._descriptor)
