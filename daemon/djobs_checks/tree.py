"""A hash over all files of a workspace, as they are at one moment, more or less.

Of each file its path, whether it may be executed, and its content; of a link where it leads. Not
``.git``, which changes by being looked at, nor anything that is no file.
"""

import os
import stat
from collections.abc import Iterator
from hashlib import sha256
from typing import Final

from djobs_checks.files import Found, digest_of, is_executable
from djobs_files.tree import Tree

FILES_MAX: Final = 20_000
BYTES_MAX: Final = 512 * 1024 * 1024
_LEFT_OUT: Final = ".git"
_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class _TooMuch(Exception):
    """The workspace is larger than is worth hashing at every completion."""


def tree_hash(tree: Tree) -> Found:
    """Return the hash, or why there is none."""
    whole = sha256()
    try:
        for line in _lines(tree):
            whole.update(line + b"\0")
    except _TooMuch as reason:
        return Found(False, str(reason))
    return Found(True, "", tree=whole.hexdigest())


def _lines(tree: Tree) -> Iterator[bytes]:
    files = size = 0
    with tree.folder(()) as root:
        for folder, folders, names, fd in os.fwalk(".", dir_fd=root, follow_symlinks=False):
            folders[:] = sorted(each for each in folders if each != _LEFT_OUT)
            linked = [each for each in folders if stat.S_ISLNK(_mode(fd, each))]
            for name in sorted([*names, *linked]):
                if name == _LEFT_OUT:
                    continue
                found = os.stat(name, dir_fd=fd, follow_symlinks=False)
                files, size = files + 1, size + found.st_size
                if files > FILES_MAX or size > BYTES_MAX:
                    raise _TooMuch(
                        f"The workspace has over {FILES_MAX} files or {BYTES_MAX} bytes."
                    )
                yield os.fsencode(f"{folder}/{name}") + b"\0" + _what(fd, name, found.st_mode)


def _mode(fd: int, name: str) -> int:
    return os.stat(name, dir_fd=fd, follow_symlinks=False).st_mode


def _what(fd: int, name: str, mode: int) -> bytes:
    if stat.S_ISLNK(mode):
        return b"link " + os.fsencode(os.readlink(name, dir_fd=fd))
    if not stat.S_ISREG(mode):
        return b"other"
    with open(os.open(name, _READ, dir_fd=fd), "rb") as file:
        kind = b"program " if is_executable(mode) else b"file "
        return kind + digest_of(file).encode()
