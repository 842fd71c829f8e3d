"""The terminal as a whole screen: taken over, painted line by line, and always given back."""

import os
import select
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final, NoReturn, Self

ENTER: Final = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[H\x1b[2J"
"""The other screen, no cursor, no wrapping at the right edge: what is too long is cut there."""
LEAVE: Final = "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l"
KEY_BYTES: Final = 1024


class Ended(BaseException):
    """A signal asks for the end; ``status`` is what a shell calls that."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.status = 128 + number


class Terminal:
    """Standard input and output of a person. One at a time, on the main thread.

    Given back at the end of the block, whatever ends it, and while the program is suspended.
    """

    def __init__(self) -> None:
        self._out = sys.stdout.fileno()
        self._in = sys.stdin.fileno() if sys.stdin is not None and sys.stdin.isatty() else None
        self._before: list[Any] | None = None
        self._handlers: dict[int, Any] = {}
        self._shown: list[str] = []
        self._woken, self._wake = -1, -1

    @property
    def has_keys(self) -> bool:
        """Say whether somebody can press keys."""
        return self._in is not None

    def __enter__(self) -> Self:
        self._woken, self._wake = os.pipe()
        os.set_blocking(self._wake, False)
        handlers: dict[int, Callable[[int, object], None]] = {
            signal.SIGTERM: _end,
            signal.SIGHUP: _end,
            signal.SIGTSTP: self._suspend,
            signal.SIGWINCH: self._resized,
        }
        for number, handler in handlers.items():
            self._handlers[number] = signal.signal(number, handler)
        self._take()
        return self

    def __exit__(self, *_: object) -> None:
        self._give_back()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        os.close(self._woken)
        os.close(self._wake)

    def size(self) -> tuple[int, int]:
        """Return columns and lines."""
        try:
            found = os.get_terminal_size(self._out)
        except OSError:
            return 80, 24
        return found.columns or 80, found.lines or 24

    def paint(self, lines: Sequence[str]) -> None:
        """Show the lines, as many as there is room for; only those that changed are written."""
        _, height = self.size()
        wanted = [*lines[:height], *[""] * (height - len(lines))]
        text = "".join(
            f"\x1b[{row + 1};1H{line}\x1b[0m\x1b[K"
            for row, line in enumerate(wanted)
            if row >= len(self._shown) or self._shown[row] != line
        )
        self._shown = wanted
        self._write(text)

    def wait(self, descriptors: Sequence[int], seconds: float) -> set[int]:
        """Return which descriptors have something, or that a key was pressed; empty when none has.

        Returns early when the size of the terminal has changed.
        """
        watched = [each for each in (*descriptors, self._in) if each is not None and each >= 0]
        ready, _, _ = select.select([*watched, self._woken], [], [], max(0.0, seconds))
        if self._woken in ready:
            os.read(self._woken, KEY_BYTES)
        return set(ready) - {self._woken}

    def typed(self) -> bytes:
        """Return what was typed by now, as the terminal sends it; call it when ``wait`` says so."""
        if self._in is None:
            return b""
        ready, _, _ = select.select([self._in], [], [], 0)
        typed = os.read(self._in, KEY_BYTES) if ready else b""
        if ready and not typed:
            raise Ended(signal.SIGHUP)  # nobody is there any more
        return typed

    def _take(self) -> None:
        if self._in is not None:
            import termios
            import tty

            self._before = termios.tcgetattr(self._in)
            tty.setcbreak(self._in, termios.TCSADRAIN)  # what was typed ahead counts
        self._shown = []
        self._write(ENTER)

    def _give_back(self) -> None:
        self._write(LEAVE)
        if self._in is not None and self._before is not None:
            import termios

            termios.tcsetattr(self._in, termios.TCSADRAIN, self._before)

    def _suspend(self, number: int, _frame: object) -> None:
        self._give_back()
        # Goes on here with `fg`. SIGTSTP itself would not stop who leads a session.
        os.kill(os.getpid(), signal.SIGSTOP)
        self._take()
        self._resized(number, None)

    def _resized(self, _number: int, _frame: object) -> None:
        self._shown = []
        try:
            os.write(self._wake, b"w")
        except BlockingIOError:
            return  # it will wake anyway

    def _write(self, text: str) -> None:
        data = text.encode(sys.stdout.encoding or "utf-8", "replace")
        while data:
            data = data[os.write(self._out, data) :]


def _end(number: int, _frame: object) -> NoReturn:
    raise Ended(number)
