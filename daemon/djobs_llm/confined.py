"""Read text inside a folder and nowhere else, however a path is written and whatever it leads over.

A link may lead about inside the folder. Where it ends is looked up first; then each step of that
way is opened without following links, so that nothing exchanged meanwhile leads out.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


class Refused(Exception):
    """A path that is not read; the message is a sentence that names it."""


def read_text(root: Path, path: str, bytes_max: int) -> str:
    """Return the text of a file; ``Refused`` if it is outside, no file, too large or not UTF-8.

    ``path`` is relative to ``root`` or an absolute path below it.
    """
    try:
        with _opened(root, path) as descriptor:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                raise Refused(f"{path} is not a regular file.")
            content = _read(descriptor, bytes_max + 1)
    except FileNotFoundError:
        raise Refused(f"{path} does not exist.") from None
    except (OSError, ValueError) as error:
        raise Refused(f"{path} cannot be read: {_reason(error)}.") from None
    if len(content) > bytes_max:
        size = max(found.st_size, len(content))
        raise Refused(f"{path} has {size} bytes, more than the {bytes_max} that are allowed.")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused(f"{path} is not UTF-8 text.") from None


def exists(root: Path, path: str) -> bool:
    """Say whether there is anything at a path, also if it cannot be read."""
    return os.path.lexists(root / path)


@contextmanager
def _opened(root: Path, path: str) -> Iterator[int]:
    top = os.path.realpath(root)
    place = os.path.relpath(os.path.realpath(os.path.join(top, path), strict=True), top)
    steps = PurePosixPath(place).parts
    if not steps or steps[0] == "..":
        raise Refused(f"{path} leads out of the workspace {root}.")
    descriptor = os.open(top, _FOLDER_FLAGS)
    try:
        for number, step in enumerate(steps):
            flags = _FILE_FLAGS if number == len(steps) - 1 else _FOLDER_FLAGS
            inner = os.open(step, flags, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
        yield descriptor
    finally:
        os.close(descriptor)


def _read(descriptor: int, bytes_max: int) -> bytes:
    parts: list[bytes] = []
    left = bytes_max
    while left and (part := os.read(descriptor, left)):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
