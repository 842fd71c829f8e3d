"""Reading the daemon's log from its end, without a daemon."""

import os

from djobs_local.plain_file import open_plain
from djobs_protocol.endpoint import DAEMON_LOG, state_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK_BYTES = 64 * 1024


def log_path(state: str) -> str:
    """Return where the daemon of a state folder logs."""
    return state_file(state, DAEMON_LOG)


def last_lines(path: str, count: int) -> list[str]:
    """Return the last ``count`` lines, older generations included; none if there is no log."""
    lines: list[str] = []
    for generation in _generations(path):
        if len(lines) >= count:
            break
        lines = tail(generation, count - len(lines)) + lines
    return lines


def _generations(path: str) -> "Iterator[str]":
    """Yield the log and what rotation made of it, ``.1`` first, however many a setting keeps."""
    yield path
    number = 1
    while os.path.exists(older := f"{path}.{number}"):
        yield older
        number += 1


def tail(path: str, count: int) -> list[str]:
    """Return the last lines of one file, reading no more of it than that takes."""
    try:
        fd = open_plain(path, os.O_RDONLY)
    except FileNotFoundError:
        return []
    try:
        return _decode(_tail_bytes(fd, count))[-count:]
    finally:
        os.close(fd)


def _tail_bytes(fd: int, count: int) -> bytes:
    position = os.fstat(fd).st_size
    blocks: list[bytes] = []
    newlines = 0
    while position > 0 and newlines <= count:
        start = max(0, position - BLOCK_BYTES)
        block = os.pread(fd, position - start, start)
        newlines += block.count(b"\n")
        blocks.append(block)
        position = start
    data = b"".join(reversed(blocks))
    return data if position == 0 else data[data.index(b"\n") + 1 :]


def _decode(data: bytes) -> list[str]:
    return [line.decode("utf-8", "replace") for line in data.split(b"\n") if line]


class Follower:
    """What is appended to a log from now on, across rotation and a log that is not there yet."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._fd = -1
        self._partial = b""
        self._open(at_end=True)

    def __enter__(self) -> "Follower":
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def fresh(self) -> "Iterator[str]":
        """Yield the whole lines that came since the last call."""
        yield from self._read()
        if self._was_replaced():
            self._close()
            self._open(at_end=False)
            yield from self._read()

    def _read(self) -> "Iterator[str]":
        while self._fd >= 0 and (block := os.read(self._fd, BLOCK_BYTES)):
            *whole, self._partial = (self._partial + block).split(b"\n")
            yield from _decode(b"\n".join(whole))

    def _was_replaced(self) -> bool:
        try:
            now = os.stat(self._path)
        except FileNotFoundError:
            return False
        return self._fd < 0 or not os.path.samestat(now, os.fstat(self._fd))

    def _open(self, *, at_end: bool) -> None:
        try:
            self._fd = open_plain(self._path, os.O_RDONLY)
        except FileNotFoundError:
            return
        if at_end:
            os.lseek(self._fd, 0, os.SEEK_END)

    def _close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
        self._fd, self._partial = -1, b""
