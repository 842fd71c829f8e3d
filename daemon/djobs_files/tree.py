"""One folder, below which everything is reached by descriptors of folders, never by a path.

Each step opens one name in a folder that is open already, and no symbolic link. Whoever swaps a
folder for a link at any moment makes the step fail, or changes nothing; it never leads out.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from typing import Final, Self

from djobs_files.names import Parts, folded
from djobs_files.refusals import failed, refused
from djobs_files.values import NEW_FOLDER_MODE

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_CREATE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Tree:
    """The root, open."""

    def __init__(self, root: str) -> None:
        # The root itself may be reached through links: it is whoever calls who names it.
        self._fd = os.open(os.path.realpath(root), _FOLDER)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        os.close(self._fd)

    @contextmanager
    def folder(self, names: Parts) -> Iterator[int | None]:
        """Open a folder below the root; None when it, or one around it, is not there."""
        fd: int | None = os.dup(self._fd)
        try:
            for depth, name in enumerate(names):
                assert fd is not None
                inner = _step(fd, name, "/".join(names[: depth + 1]))
                os.close(fd)
                fd = inner
                if fd is None:
                    break
            yield fd
        finally:
            if fd is not None:
                os.close(fd)

    def make_folder(self, names: Parts) -> None:
        """Create a folder if it is not there; the one around it is."""
        with self.folder(names[:-1]) as around:
            path = "/".join(names)
            if around is None:
                raise refused(path, "the folder around it has gone")
            try:
                os.mkdir(names[-1], NEW_FOLDER_MODE, dir_fd=around)
            except FileExistsError:
                return
            except OSError as error:
                raise failed(path, error) from None
            os.fsync(around)

    def remove_folder(self, names: Parts) -> None:
        """Remove a folder if it is there and empty."""
        with self.folder(names[:-1]) as around:
            if around is None:
                return
            try:
                os.rmdir(names[-1], dir_fd=around)
            except OSError:
                return
            os.fsync(around)


def _step(around: int, name: str, path: str) -> int | None:
    try:
        return os.open(name, _FOLDER, dir_fd=around)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            raise refused(path, "it is no folder, or a symbolic link") from None
        raise failed(path, error) from None


def look(folder: int, name: str, path: str) -> os.stat_result | None:
    """Return what is at a name; None when nothing is; refuse what is no regular file."""
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise failed(path, error) from None
    if stat.S_ISLNK(found.st_mode):
        raise refused(path, "it is a symbolic link")
    if stat.S_ISDIR(found.st_mode):
        raise refused(path, "it is a folder")
    if not stat.S_ISREG(found.st_mode):
        raise refused(path, "it is no regular file")
    return found


def check_letters(folder: int, name: str, path: str) -> None:
    """Refuse a name that is not there, while the same in other letters is."""
    there = os.listdir(folder)
    if name in there:
        return
    for other in there:
        if folded(other) == folded(name):
            raise refused(path, f"{other!r} is there, which is as good as its name")


@contextmanager
def opened(folder: int, name: str, path: str) -> Iterator[BufferedReader]:
    """Open a regular file for reading; never waits."""
    try:
        fd = os.open(name, _READ, dir_fd=folder)
    except OSError as error:
        raise failed(path, error) from None
    with open(fd, "rb") as file:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise refused(path, "it is no regular file")
        yield file


def read(folder: int, name: str, path: str, bytes_max: int) -> bytes:
    """Return a regular file's content, ``bytes_max + 1`` bytes at most; never waits."""
    with opened(folder, name, path) as file:
        return file.read(bytes_max + 1)


def write_new(folder: int, name: str, content: bytes, mode: int) -> None:
    """Write a file that is not there yet, to the disk."""
    fd = os.open(name, _CREATE, 0o600, dir_fd=folder)
    with open(fd, "wb") as file:
        file.write(content)
        file.flush()
        os.fchmod(fd, mode)
        os.fsync(fd)


def replace(folder: int, temporary: str, name: str) -> None:
    """Give a file its name, whatever had it, at once and for good.

    A link at the name is replaced, not followed; of a hard link only this name.
    """
    os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    os.fsync(folder)


def remove(folder: int, name: str) -> None:
    """Remove a name if it is there."""
    try:
        os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        return
    os.fsync(folder)
