"""Telling a runner something, whichever daemon started it, and waiting until it has done so."""

import errno
import os
import secrets
from contextlib import suppress
from typing import Final

import anyio

from djobs_local import run_folder

ANSWER_SECONDS: Final = 15.0
"""A runner answers within milliseconds; one that writes to a slow disk, or to none, may be late."""


class RunnerMute(Exception):
    """A runner lives and does not answer: it is stopped itself, or its disk hangs."""


class Refused(Exception):
    """The runner cannot do that now, and says why."""


async def tell(folder: str, command: str) -> bool:
    """Have the runner do something; False when there is no runner.

    ``Refused`` with its words, ``RunnerMute`` when it does not answer.
    """
    name = run_folder.ACKNOWLEDGEMENT_PREFIX + secrets.token_hex(8)
    path = os.path.join(folder, name)
    try:
        os.mkfifo(path, 0o600)
    except FileNotFoundError:
        return False
    try:
        answers = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            if not _send(folder, f"{command} {name}\n".encode("ascii")):
                return False
            answer = await _answer(folder, answers)
        finally:
            os.close(answers)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(path)
    if answer in ("", "ok"):
        return answer == "ok"
    raise Refused(answer)


def _send(folder: str, line: bytes) -> bool:
    path = os.path.join(folder, run_folder.CONTROL)
    try:
        control = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError as error:
        if error.errno in (errno.ENXIO, errno.ENOENT):  # nobody reads it
            return False
        raise
    try:
        os.write(control, line)
    except BlockingIOError:
        raise RunnerMute(f"The runner of {folder} has not read its commands for long.") from None
    except BrokenPipeError:
        return False
    finally:
        os.close(control)
    return True


async def _answer(folder: str, answers: int) -> str:
    """Return the answer; empty when the runner ended before it gave one."""
    ended = open_alive(folder)
    try:
        with anyio.move_on_after(ANSWER_SECONDS):
            async with anyio.create_task_group() as group:
                group.start_soon(_wake_at_end, ended, group.cancel_scope)
                await anyio.wait_readable(answers)
                group.cancel_scope.cancel()
            return _read(answers)
    finally:
        if ended is not None:
            os.close(ended)
    raise RunnerMute(f"The runner of {folder} does not answer.")


async def _wake_at_end(alive: int | None, scope: anyio.CancelScope) -> None:
    if alive is not None:
        await anyio.wait_readable(alive)
        scope.cancel()


def _read(answers: int) -> str:
    try:
        return (
            os.read(answers, run_folder.COMMAND_LINE_BYTES_MAX * 4)
            .decode("utf-8", "replace")
            .strip()
        )
    except BlockingIOError:
        return ""


def open_alive(folder: str) -> int | None:
    """Return a descriptor that becomes readable when the runner that lives now ends.

    Nothing says so of a runner that had ended before; look at its lock after this. None when the
    run has no folder.
    """
    path = os.path.join(folder, run_folder.ALIVE)
    try:
        return os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
