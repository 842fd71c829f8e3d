"""Put files into a workspace: each whole or not at all, none outside, the old contents kept."""

import os
import stat
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Literal

from djobs_llm.contract import Code, WrittenFile
from djobs_llm.failure import JobFailed

_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_OLD_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_MODE_NEW = 0o666


def write_files(root: Path, files: Mapping[str, str], undo: Path) -> tuple[WrittenFile, ...]:
    """Write files by their normal relative paths; ``OUTPUT_REFUSED`` names the one that failed.

    What a changed file held is under the same path below ``undo`` before it is touched.
    """
    return tuple(_write(root, path, text.encode(), undo) for path, text in files.items())


def _write(root: Path, path: str, content: bytes, undo: Path) -> WrittenFile:
    steps = PurePosixPath(path).parts
    try:
        folder = _open_folder(os.path.realpath(root), steps[:-1])
        try:
            change = _replace(folder, steps[-1], content, undo / path)
        finally:
            os.close(folder)
    except OSError as error:
        raise JobFailed(
            Code.OUTPUT_REFUSED, f"{path} cannot be written: {error.strerror or error}."
        ) from error
    return WrittenFile(
        path=path, bytes=len(content), sha256=sha256(content).hexdigest(), change=change
    )


def _open_folder(top: str, steps: tuple[str, ...]) -> int:
    """Open a folder below ``top`` without following links, making what is not there."""
    descriptor = os.open(top, _FOLDER_FLAGS)
    for step in steps:
        try:
            try:
                inner = os.open(step, _FOLDER_FLAGS, dir_fd=descriptor)
            except FileNotFoundError:
                os.mkdir(step, dir_fd=descriptor)
                inner = os.open(step, _FOLDER_FLAGS, dir_fd=descriptor)
        finally:
            os.close(descriptor)
        descriptor = inner
    return descriptor


def _replace(
    folder: int, name: str, content: bytes, undo: Path
) -> Literal["new", "changed", "same"]:
    old = _old(folder, name)
    if old is not None and old[0] == content:
        return "same"
    if old is not None:
        undo.parent.mkdir(parents=True, exist_ok=True)
        undo.write_bytes(old[0])
    temporary = f".{name[:100]}.{os.urandom(6).hex()}.djobs"
    try:
        _create(folder, temporary, content, _MODE_NEW if old is None else old[1])
        os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        _discard(folder, temporary)
        raise
    os.fsync(folder)
    return "new" if old is None else "changed"


def _old(folder: int, name: str) -> tuple[bytes, int] | None:
    """Return content and mode of a file; None if there is none; ``OSError`` if it is no file."""
    try:
        descriptor = os.open(name, _OLD_FLAGS, dir_fd=folder)
    except FileNotFoundError:
        return None
    with open(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(0, "it is not a regular file")
        return file.read(), stat.S_IMODE(found.st_mode)


def _create(folder: int, name: str, content: bytes, mode: int) -> None:
    with open(os.open(name, _NEW_FLAGS, _MODE_NEW, dir_fd=folder), "wb") as file:
        file.write(content)
        if mode != _MODE_NEW:
            os.fchmod(file.fileno(), mode)
        file.flush()
        os.fsync(file.fileno())


def _discard(folder: int, name: str) -> None:
    try:
        os.unlink(name, dir_fd=folder)
    except OSError:
        return  # what went wrong first is on its way up
