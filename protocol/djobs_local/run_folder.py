"""The folder of one run: what its runner and the daemon tell each other, file by file.

The runner and the daemon live and die independently of each other, so files are all they share.
Imports ``os`` and nothing else, because every runner pays for it.
"""

import os

ORDER = "order.json"
"""What to run; the daemon's, written once, before there is a runner. 0600: it has variables."""
LOCK = "runner.lock"
"""Locked by the runner for life; the only authority on whether it lives."""
ALIVE = "alive"
"""A FIFO that the runner holds open for life: whoever reads it is woken by the runner's end."""
CONTROL = "control"
"""A FIFO of commands to the runner, one a line."""
RUNNER = "runner.json"
"""The runner's identity, written before it says that it is ready."""
STARTED = "started.json"
"""Written after the go and before anything is executed: from here on nobody may start it again."""
COMMAND = "command.json"
"""The command's identity, for people; not synced, and nothing is decided by it."""
PAUSED = "paused.json"
"""There while the run is paused."""
RESERVE = "result.reserve"
"""Blocks kept free for the result, so that a full disk does not keep it from being written."""
RESULT = "result.json"
"""How it ended. Written once, last."""
TROUBLE = "runner.err"
"""The runner's own standard error; empty unless djobs has a fault."""

OUT = "out"
ERR = "err"
"""The two streams of output; ``out`` has both unless the order keeps them apart."""

READY_FD = 3
GO_FD = 4
"""Descriptors of a new runner: it writes one line to the first, reads one byte from the other."""

GO_BYTE = b"g"

ORDER_BYTES_MAX = 4 * 1024 * 1024
"""Kernels refuse arguments and variables of half this size."""
RESULT_BYTES_MAX = 8 * 1024
"""A result is smaller; so much is reserved for it."""
COMMAND_LINE_BYTES_MAX = 256
"""A line to the runner; below PIPE_BUF everywhere, so lines of several writers do not mix."""
ACKNOWLEDGEMENT_PREFIX = "ack-"

_OFFSET_DIGITS = 16
_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW


def segment_name(stream: str, offset: int) -> str:
    """Return the name of the file that has a stream's bytes from ``offset`` on."""
    return f"{stream}.{offset:0{_OFFSET_DIGITS}d}"


def segment_offset(name: str, stream: str) -> int | None:
    """Return the offset of a segment's first byte; None when the file is none of ``stream``."""
    head, dot, digits = name.partition(".")
    if head != stream or not dot or not digits.isdecimal() or len(digits) < _OFFSET_DIGITS:
        return None
    return int(digits)


def write_durably(folder: str, name: str, raw: bytes, reserved: str | None = None) -> None:
    """Replace a file by ``raw``, 0600; when this returns it is there even after a power cut.

    ``reserved`` names a file in the folder whose blocks are used, and which is gone afterwards.
    ``OSError`` naming the file when it cannot be written.
    """
    path = os.path.join(folder, name)
    temporary = os.path.join(folder, reserved or name + ".tmp")
    flags = _NEW & ~os.O_TRUNC if reserved else _NEW
    try:
        fd = os.open(temporary, flags, 0o600)
        try:
            write_all(fd, raw)
            os.ftruncate(fd, len(raw))
            os.fsync(fd)
        finally:
            os.close(fd)
        os.rename(temporary, path)
        sync_folder(folder)
    except OSError as error:
        raise OSError(error.errno, error.strerror, path) from error


def reserve(folder: str, name: str, size: int) -> None:
    """Make a file whose ``size`` bytes are allocated."""
    fd = os.open(os.path.join(folder, name), _NEW, 0o600)
    try:
        write_all(fd, b" " * size)
    finally:
        os.close(fd)


def write_all(fd: int, raw: bytes) -> None:
    """Write every byte; ``os.write`` may take fewer."""
    view = memoryview(raw)
    while view:
        view = view[os.write(fd, view) :]


def sync_folder(folder: str) -> None:
    """Make the names in a folder durable."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
