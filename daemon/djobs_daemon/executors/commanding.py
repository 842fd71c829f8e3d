"""Telling a runner something, whichever daemon started it, and waiting until it has done so."""

import errno
import os
import secrets
from contextlib import suppress
from typing import Final

import anyio
from anyio import to_thread

from djobs_daemon.executors import facts
from djobs_local import run_folder

ANSWER_SECONDS: Final = 15.0
"""A runner answers within milliseconds; one that writes to a slow disk, or to none, may be late."""
ANSWER_BYTES_MAX: Final = 4096


class RunnerMute(Exception):
    """A runner lives and does not answer: it is stopped itself, or its disk hangs."""


class Refused(Exception):
    """The runner cannot do that now, and says why."""


class _NoRunner(Exception):
    """Nobody is there to be told."""


class _Question:
    """A command that was sent, and where its answer comes. Blocking, but for no time."""

    def __init__(self, folder: str, command: str) -> None:
        name = run_folder.ACKNOWLEDGEMENT_PREFIX + secrets.token_hex(8)
        self._path = os.path.join(folder, name)
        self._opened: list[int] = []
        # Before sending: a runner that reads the command and dies of it is heard.
        end = facts.open_end(folder)
        if end is None:
            raise _NoRunner
        self.end = end
        self._opened.append(end)
        try:
            os.mkfifo(self._path, 0o600)
            self.answers = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            self._opened.append(self.answers)
            _send(folder, f"{command} {name}\n".encode("ascii"))
        except BaseException:
            self.close()
            raise

    def read(self) -> str:
        """Return the answer; empty when there is none."""
        try:
            return os.read(self.answers, ANSWER_BYTES_MAX).decode("utf-8", "replace").strip()
        except BlockingIOError:
            return ""

    def close(self) -> None:
        """Leave nothing behind."""
        for fd in self._opened:
            os.close(fd)
        with suppress(FileNotFoundError):
            os.unlink(self._path)


async def tell(folder: str, command: str) -> bool:
    """Have the runner do something; False when there is no runner.

    ``Refused`` with its words, ``RunnerMute`` when it does not answer.
    """
    try:
        question = await to_thread.run_sync(_Question, folder, command)
    except _NoRunner:
        return False
    try:
        with anyio.move_on_after(ANSWER_SECONDS) as patience:
            await _answer_or_end(question)
        answer = question.read()
    finally:
        with anyio.CancelScope(shield=True):
            await to_thread.run_sync(question.close)
    if answer in ("ok", ""):
        if patience.cancelled_caught and not answer:
            raise RunnerMute(f"The runner of {folder} does not answer.")
        return answer == "ok"
    raise Refused(answer)


async def _answer_or_end(question: _Question) -> None:
    async with anyio.create_task_group() as group:

        async def wake(fd: int) -> None:
            await anyio.wait_readable(fd)
            group.cancel_scope.cancel()

        group.start_soon(wake, question.end)
        group.start_soon(wake, question.answers)


def _send(folder: str, line: bytes) -> None:
    path = os.path.join(folder, run_folder.CONTROL)
    try:
        control = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError as error:
        if error.errno in (errno.ENXIO, errno.ENOENT):  # nobody reads it
            raise _NoRunner from None
        raise
    try:
        os.write(control, line)
    except BlockingIOError:
        raise RunnerMute(f"The runner of {folder} has not read its commands for long.") from None
    except BrokenPipeError:
        raise _NoRunner from None
    finally:
        os.close(control)
