"""The socket as a name in the file system: only the holder of the daemon's lock uses this (R3)."""

import errno
import os
import socket
from contextlib import suppress
from stat import S_ISSOCK
from typing import Final, NamedTuple

from djobs_protocol.errors import DjobsError, ErrorCode

BACKLOG: Final = 128
"""Connections the kernel keeps waiting until the daemon accepts them."""


class SocketVanished(OSError):
    """Somebody removed the socket between binding it and looking at it."""


class FileId(NamedTuple):
    """Names one file whatever it is called."""

    device: int
    inode: int


class Binding(NamedTuple):
    """A listening socket and the file that clients reach it by."""

    sock: socket.socket
    path: str
    file: FileId


def file_id(path: str, *, follow_links: bool = False) -> FileId | None:
    """Return which file a path names now; ``None`` if none can be seen."""
    try:
        status = os.stat(path, follow_symlinks=follow_links)
    except OSError:
        return None
    return FileId(status.st_dev, status.st_ino)


def bind(path: str) -> Binding:
    """Listen on ``path``, in place of a socket that a dead daemon left there.

    Anything else at that path is refused with ``DjobsError(START_FAILED)`` and not touched. The
    caller must hold the daemon's lock: that, and not a connection attempt, proves that a socket
    found here is dead.
    """
    _remove_dead_socket(path)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    umask = os.umask(0o177)
    try:
        sock.bind(path)
        bound = file_id(path)
        if bound is None:
            raise SocketVanished(errno.ENOENT, "removed while it was being bound", path)
        sock.listen(BACKLOG)
    except BaseException:
        sock.close()
        raise
    finally:
        os.umask(umask)
    sock.setblocking(False)
    return Binding(sock, path, bound)


def inherited(path: str, number: int) -> Binding | None:
    """Return the socket that the daemon before this one, in this process, listened on.

    None if it listens elsewhere, or no socket is left at ``path``: then it is bound anew.
    """
    try:
        sock = socket.socket(fileno=number)
    except OSError:
        return None
    found = file_id(path)
    if sock.getsockname() != path or found is None or not S_ISSOCK(os.lstat(path).st_mode):
        sock.close()
        return None
    sock.setblocking(False)
    return Binding(sock, path, found)


def _remove_dead_socket(path: str) -> None:
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return
    if not S_ISSOCK(mode):
        raise DjobsError(
            ErrorCode.START_FAILED,
            f"{path} is not a socket, so it was left alone.",
            hint=f"Move it away: mv {path} {path}.old",
            path=path,
        )
    os.unlink(path)


def release(binding: Binding) -> None:
    """Close the socket, and remove its file if the path still names it.

    A file that cannot be removed stays: whoever binds next takes it for what it is, dead.
    """
    if file_id(binding.path) == binding.file:
        with suppress(OSError):
            os.unlink(binding.path)
    binding.sock.close()
