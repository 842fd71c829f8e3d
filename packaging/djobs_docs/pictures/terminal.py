"""A program at a terminal of its own, and what that terminal shows."""

import contextlib
import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import pyte

CHUNK_BYTES: Final = 65536
QUIET_SECONDS: Final = 0.6
"""A screen on which nothing has changed for so long is taken as it is."""
SECONDS_MAX: Final = 60.0


class Terminal:
    """Shows what is typed and what programs answer, one after the other."""

    def __init__(self, columns: int, lines: int) -> None:
        self.screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self.screen)
        self._size = struct.pack("HHHH", lines, columns, 0, 0)

    def write(self, text: str) -> None:
        """Show text, as a shell shows what is typed."""
        self._stream.feed(text.replace("\n", "\r\n").encode())

    def run(self, command: Sequence[str], environ: Mapping[str, str], cwd: str) -> None:
        """Run a program to its end."""
        with _at(command, environ, cwd, self._size) as (child, master):
            self._show(master, lambda: child.poll() is not None)

    def look(
        self, command: Sequence[str], environ: Mapping[str, str], cwd: str, keys: Sequence[bytes]
    ) -> None:
        """Run a program until it has answered to these keys and is quiet; then end it."""
        with _at(command, environ, cwd, self._size) as (_, master):
            self._show(master, lambda: False)
            for key in keys:
                os.write(master, key)
                self._show(master, lambda: False)

    def _show(self, master: int, over: Callable[[], bool]) -> None:
        deadline = time.monotonic() + SECONDS_MAX
        while time.monotonic() < deadline:
            ended = over()
            if not select.select([master], [], [], QUIET_SECONDS)[0]:
                if ended or not over():
                    return
                continue
            try:
                said = os.read(master, CHUNK_BYTES)
            except OSError:  # EIO: nobody has the other end any more
                return
            if not said:
                return
            self._stream.feed(said)


@contextlib.contextmanager
def _at(
    command: Sequence[str], environ: Mapping[str, str], cwd: str, size: bytes
) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, size)
    child = subprocess.Popen(
        command,
        env=environ,
        cwd=cwd,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(slave)
    try:
        yield child, master
    finally:
        child.terminate()
        child.wait(SECONDS_MAX)
        os.close(master)
