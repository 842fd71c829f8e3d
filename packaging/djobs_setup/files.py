"""Reading and replacing files that belong to somebody's other programs."""

import contextlib
import os
import stat
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from djobs_local.run_folder import sync_folder
from djobs_setup.editing.result import CannotEdit

BYTES_MAX: Final = 32 * 1024 * 1024
"""Claude Code's own file reaches a few of these; a bigger one is no configuration."""
PRIVATE_MODE: Final = 0o600
"""Of a file that is made for a user: configuration holds keys."""
LOCK_TRIES: Final = 20
LOCK_TRY_SECONDS: Final = 0.1


@dataclass(frozen=True)
class FileNow:
    """A file as it is."""

    path: str
    """As the host has it."""
    target: str
    """Where the path leads; what is written."""
    content: bytes | None
    """None: it is not there."""
    mode: int = PRIVATE_MODE


def read(path: str, new_mode: int = PRIVATE_MODE) -> FileNow:
    """Return the file. ``CannotEdit`` when it is no plain file of this user's own.

    ``new_mode`` is what it gets when it has to be made.

    A symbolic link is followed, as dotfile managers make them; what it leads to is replaced, and
    the link stays.
    """
    target = os.path.realpath(path)
    try:
        found = os.stat(target)
        if why := _unfit(found, target):
            raise CannotEdit(why)
        with open(target, "rb") as file:
            return FileNow(path, target, file.read(), stat.S_IMODE(found.st_mode))
    except FileNotFoundError:
        if os.path.islink(path):
            raise CannotEdit("is a link that leads nowhere") from None
        return FileNow(path, target, None, new_mode)
    except OSError as error:
        raise CannotEdit(f"cannot be read: {error.strerror}") from None


def _unfit(found: os.stat_result, target: str) -> str:
    if not stat.S_ISREG(found.st_mode):
        return "is not a file"
    if found.st_uid != os.geteuid():
        return "belongs to another user"
    if found.st_nlink > 1:
        return "has another name (a hard link), which would keep the old content"
    if found.st_size > BYTES_MAX:
        return f"is larger than {BYTES_MAX} bytes"
    if not found.st_mode & 0o200 or not os.access(target, os.W_OK):
        return "is read-only; another program may manage it"
    return ""


def replace(before: FileNow, content: bytes) -> None:
    """Give the file a new content, whole or not at all, and make the folders that are missing.

    ``CannotEdit`` when it is not what was read: somebody else has written it meanwhile.
    """
    folder = os.path.dirname(before.target)
    made = missing_folders(folder)
    for each in made:
        os.mkdir(each, 0o700 if before.mode == PRIVATE_MODE else 0o777)
    try:
        _replace(before, folder, content)
    except BaseException:
        _remove_empty(made)
        raise
    sync_folder(folder)


def _replace(before: FileNow, folder: str, content: bytes) -> None:
    fd, temporary = tempfile.mkstemp(prefix=".djobs-", dir=folder)
    try:
        with open(fd, "wb") as file:
            file.write(content)
            os.fchmod(fd, before.mode)
            file.flush()
            os.fsync(fd)
        if read(before.path, before.mode) != before:
            raise CannotEdit("was changed by somebody else at this moment; nothing was written")
        os.rename(temporary, before.target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def delete(before: FileNow, folders: list[str]) -> None:
    """Remove a file that was made, and of the folders made for it those that are empty."""
    if read(before.path) != before:
        raise CannotEdit("was changed by somebody else at this moment; nothing was removed")
    os.unlink(before.target)
    _remove_empty(folders)


def missing_folders(folder: str) -> list[str]:
    """Return which of a folder and those above it are missing, outer ones first."""
    missing: list[str] = []
    while not os.path.isdir(folder):
        missing.insert(0, folder)
        folder = os.path.dirname(folder)
    return missing


def _remove_empty(folders: list[str]) -> None:
    for folder in reversed(folders):
        try:
            os.rmdir(folder)
        except OSError:  # somebody uses it
            return


def shared_mode() -> int:
    """Return the mode that a file for a whole project gets: what the umask leaves."""
    mask = os.umask(0o077)
    os.umask(mask)
    return 0o666 & ~mask


@contextlib.contextmanager
def host_lock(path: str) -> Iterator[None]:
    """Keep a host from writing its file meanwhile, by the folder it takes for a lock itself."""
    lock = path + ".lock"
    for number in range(LOCK_TRIES):
        try:
            os.mkdir(lock)
            break
        except FileExistsError:
            if number + 1 == LOCK_TRIES:
                raise CannotEdit(f"is being written by its program, says {lock}") from None
            time.sleep(LOCK_TRY_SECONDS)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            os.rmdir(lock)
