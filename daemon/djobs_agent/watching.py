"""Sees one CLI to its end: reads what it tells, and ends it at a bound. One thread, no polling.

Theory of operation. The loop sleeps until the CLI says something, a signal comes (by the wake-up
descriptor of ``signal``), or the next deadline. A CLI is *at work* until there is a reason to end
it; then it is *leaving*: SIGTERM, and after a grace SIGKILL. One that has told its result is given
the same grace to leave by itself. Once it has gone its pipes are drained for a moment, for a
grandchild may hold them for ever.
"""

import json
import os
import selectors
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from djobs_agent.bounds import Overrun, overrun
from djobs_agent.cli import Cli
from djobs_agent.contract import Code, Limits
from djobs_agent.heard import Reader
from djobs_agent.line_buffer import LineBuffer
from djobs_agent.lines import one_line

GRACE_SECONDS: Final = 5.0
DRAIN_SECONDS: Final = 1.0
CHUNK_BYTES: Final = 64 * 1024
_STOPPING: Final = (signal.SIGTERM, signal.SIGINT)
_HEARD: Final = (*_STOPPING, signal.SIGCHLD, signal.SIGCONT)

Say = Callable[[str], None]


class Watch:
    """One CLI and what is known of it."""

    def __init__(
        self, cli: Cli, reader: Reader, limits: Limits, say: Say, keep: Callable[[bytes], None]
    ) -> None:
        self.cause: Overrun | None = None
        """Why it was ended, if it was."""
        self._cli = cli
        self._reader = reader
        self._limits = limits
        self._say = say
        self._keep = keep
        self._lines = {fd: LineBuffer() for fd in cli.streams}
        self._heard_at = time.monotonic()
        self._kill_at: float | None = None
        self._told_at: float | None = None

    def to_the_end(self) -> int:
        """Return the exit status of the CLI, as ``subprocess`` has it."""
        with selectors.DefaultSelector() as selector, _signals() as wake:
            selector.register(wake, selectors.EVENT_READ)
            for fd in self._lines:
                os.set_blocking(fd, False)
                selector.register(fd, selectors.EVENT_READ)
            while (status := self._cli.exit_status()) is None:
                self._turn(selector, wake, self._seconds_left())
                self._enforce()
            self._drain(selector, wake)
        self._cli.signal(signal.SIGKILL)  # what it left behind in its group
        return status

    def _turn(
        self, selector: selectors.BaseSelector, wake: socket.socket, seconds: float | None
    ) -> bool:
        """Wait once; say whether anything came."""
        came = selector.select(seconds)
        for key, _ in came:
            if key.fileobj is wake:
                self._signalled(wake.recv(CHUNK_BYTES))
            elif not self._read(key.fd):
                selector.unregister(key.fd)
        return bool(came)

    def _signalled(self, numbers: bytes) -> None:
        if signal.SIGCONT in numbers:  # a pause is no silence
            self._heard_at = time.monotonic()
        if any(each in numbers for each in _STOPPING):
            self._end(Overrun(Code.STOPPED, "It was stopped."))

    def _read(self, fd: int) -> bool:
        """Take what a stream has; False at its end."""
        try:
            chunk = os.read(fd, CHUNK_BYTES)
        except BlockingIOError:
            return True
        is_stdout = fd == self._cli.streams[0]
        if is_stdout:
            self._keep(chunk)
        for line in self._lines[fd].take(chunk or b"\n"):
            self._line(line, is_stdout=is_stdout)
        return bool(chunk)

    def _line(self, line: bytes, *, is_stdout: bool) -> None:
        text = line.decode("utf-8", "replace")
        if not text.strip():
            return
        self._heard_at = time.monotonic()
        event = _object(text) if is_stdout else None
        for each in (one_line(text),) if event is None else self._reader.read(event):
            self._say(each)
        if self._reader.heard.ended is not None and self._told_at is None:
            self._told_at = self._heard_at

    def _seconds_left(self) -> float:
        now = time.monotonic()
        if self._kill_at is not None:
            return max(self._kill_at - now, 0)
        if self._told_at is not None:
            return max(self._told_at + GRACE_SECONDS - now, 0)
        return max(self._heard_at + self._limits.idle_seconds - now, 0)

    def _enforce(self) -> None:
        now = time.monotonic()
        if self._kill_at is not None:
            if now >= self._kill_at:
                self._cli.signal(signal.SIGKILL)
                self._kill_at = now + GRACE_SECONDS
        elif self._told_at is not None:
            if now >= self._told_at + GRACE_SECONDS:
                self._begin_to_end()
        elif reason := overrun(self._reader.heard, self._limits, now - self._heard_at):
            self._end(reason)

    def _end(self, reason: Overrun) -> None:
        if self.cause is None and self._told_at is None:
            self.cause = reason
            self._say(reason.message)
        self._begin_to_end()

    def _begin_to_end(self) -> None:
        if self._kill_at is None:
            self._cli.signal(signal.SIGCONT)
            self._cli.signal(signal.SIGTERM)
            self._kill_at = time.monotonic() + GRACE_SECONDS

    def _drain(self, selector: selectors.BaseSelector, wake: socket.socket) -> None:
        until = time.monotonic() + DRAIN_SECONDS
        while len(selector.get_map()) > 1 and (left := until - time.monotonic()) > 0:
            if not self._turn(selector, wake, left):
                return


def _object(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


@contextmanager
def _signals() -> Iterator[socket.socket]:
    """Give a socket on which the numbers of signals arrive."""
    reading, writing = socket.socketpair()
    reading.setblocking(False)
    writing.setblocking(False)
    before = {each: signal.signal(each, lambda *_: None) for each in _HEARD}
    signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
    try:
        yield reading
    finally:
        signal.set_wakeup_fd(-1)
        for each, handler in before.items():
            signal.signal(each, handler)
        reading.close()
        writing.close()
