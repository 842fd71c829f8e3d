"""A program at a terminal of its own: what it shows, and what a person does."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Self

from tests.harness.screen import Screen
from tests.harness.waiting import PATIENCE_SECONDS

CHUNK_BYTES: Final = 65536


class AtTerminal:
    """Runs a program as the leader of a session whose terminal is a pseudo-terminal."""

    def __init__(
        self,
        command: Sequence[str],
        environ: Mapping[str, str],
        columns: int = 80,
        lines: int = 24,
    ) -> None:
        self.screen = Screen(columns, lines)
        self._master, slave = pty.openpty()
        self._slave = slave
        self._set_size(columns, lines)
        self.modes = termios.tcgetattr(slave)
        """As a shell left them."""
        self.child = subprocess.Popen(
            [*command],
            env={"TERM": "xterm-256color", **environ},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.child.poll() is None:
            self.child.kill()
        self.child.wait(PATIENCE_SECONDS)
        os.close(self._master)
        os.close(self._slave)

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self._master, keys.encode())

    def resize(self, columns: int, lines: int) -> None:
        """Change the size, as dragging a corner does."""
        self.screen.resize(columns, lines)
        self._set_size(columns, lines)

    def see(self, shown: Callable[[str], Any], what: str = "it is shown") -> str:
        """Return the screen once it is as expected; fail with it when it does not become so."""
        self._until(lambda: bool(shown(self.screen.text())), what)
        return self.screen.text()

    def sees(self, *words: str) -> str:
        """Return the screen once it shows all these words."""
        return self.see(lambda text: all(word in text for word in words), f"{words} are shown")

    def until(self, holds: Callable[[Screen], bool], what: str) -> None:
        """Return once something is true of the screen."""
        self._until(lambda: holds(self.screen), what)

    def ended(self) -> int:
        """Return the exit status, negative for a signal, once the program has ended."""
        self._until(lambda: self.child.poll() is not None, "it ends")
        while self._read(0.0):
            pass
        assert self.child.returncode is not None
        return self.child.returncode

    def is_stopped(self) -> bool:
        """Say whether the program is suspended."""
        with open(f"/proc/{self.child.pid}/stat", encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0] == "T"

    @property
    def is_as_before(self) -> bool:
        """Say whether the terminal was given back as it was."""
        return self.screen.is_restored and termios.tcgetattr(self._slave) == self.modes

    def _until(self, holds: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not holds():
            if time.monotonic() > deadline:
                raise AssertionError(f"not so: {what}. The screen:\n{self.screen.text()}")
            self._read(0.05)

    def _read(self, seconds: float) -> bool:
        ready, _, _ = select.select([self._master], [], [], seconds)
        if not ready:
            return False
        try:
            data = os.read(self._master, CHUNK_BYTES)
        except OSError:
            return False  # its other end is closed
        self.screen.feed(data.decode("utf-8", "replace"))
        return bool(data)

    def _set_size(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        if hasattr(self, "child") and self.child.poll() is None:
            self.child.send_signal(signal.SIGWINCH)
