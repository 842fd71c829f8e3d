"""The CLI as a process: its group, its streams, and what its sandbox says."""

import os
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from typing import BinaryIO

from djobs_agent.contract import Request


def reserve(number: int | None) -> None:
    """Keep a descriptor free for the sandbox's word, before anything else is opened."""
    if number is None:
        return
    nothing = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    if nothing != number:
        os.dup2(nothing, number, inheritable=False)
        os.close(nothing)


class Cli:
    """One CLI at work. Its process group is its own, so that it can be ended with its children."""

    def __init__(self, request: Request, environ: Mapping[str, str], prompt: BinaryIO) -> None:
        """Start it; ``OSError`` when that is not possible.

        From the main thread: a sandbox dies with the thread that started it.
        """
        self._entered = _Entered(request.status_fd, request.entered)
        try:
            self._process = subprocess.Popen(
                request.argv,
                cwd=request.tree,
                env=dict(environ),
                stdin=prompt,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                process_group=0,
                pass_fds=self._entered.passed,
            )
        finally:
            self._entered.started()

    @property
    def streams(self) -> tuple[int, int]:
        """The descriptors of stdout and stderr."""
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        return self._process.stdout.fileno(), self._process.stderr.fileno()

    def exit_status(self) -> int | None:
        """Return how it exited; None while it runs."""
        return self._process.poll()

    def signal(self, number: signal.Signals) -> None:
        """Signal it and the children that stayed with it."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    def was_entered(self) -> bool:
        """Say whether its sandbox was entered, once it has ended; True where there is none."""
        return self._entered.was()


class _Entered:
    """A pipe whose other end has the number that the sandbox's first step writes to."""

    def __init__(self, number: int | None, word: str) -> None:
        self._word = word.encode()
        self.passed: tuple[int, ...] = ()
        if number is None:
            return
        reading, writing = os.pipe()
        os.dup2(writing, number, inheritable=False)
        os.close(writing)
        os.set_blocking(reading, False)
        self._reading = reading
        self.passed = (number,)

    def started(self) -> None:
        """Let go of what only the child is to hold; the number stays taken."""
        for each in self.passed:
            reserve(each)

    def was(self) -> bool:
        """Say whether the word came."""
        if not self.passed:
            return True
        with suppress(BlockingIOError):
            return os.read(self._reading, len(self._word)) == self._word
        return False
