"""Running a wrapped command to its end and learning whether its sandbox was entered."""

import os
import signal
import subprocess
from dataclasses import dataclass
from typing import Final

from djobs_daemon.executors.sandbox.entering import ENTERED
from djobs_daemon.executors.sandbox.provider import Wrapped

_TOLD_BYTES_MAX: Final = 4000


@dataclass(frozen=True)
class Trial:
    """How a wrapped command ended."""

    entered: bool
    """False: the sandbox failed, and nothing of the command was executed."""
    status: int | None
    """As of ``subprocess``; None when the time was over, and when it could not be started."""
    out: str
    told: str
    """What was printed to stderr, its end."""


def run(wrapped: Wrapped, cwd: str, seconds: float) -> Trial:
    """Run to the end, or kill after ``seconds``.

    Blocks. The thread that calls stays until the command has ended, as ``--die-with-parent`` needs.
    """
    reader, writer = os.pipe()
    try:
        process = _start(wrapped, writer, cwd)
    except OSError as error:
        os.close(reader)
        return Trial(False, None, "", f"{wrapped.argv[0]}: {error.strerror}")
    finally:
        os.close(writer)
    try:
        out, told = process.communicate(timeout=seconds)
        status: int | None = process.returncode
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, told = process.communicate()
        status = None
    with os.fdopen(reader, "rb", buffering=0) as pipe:
        os.set_blocking(reader, False)
        entered = wrapped.status_fd is None or pipe.read(len(ENTERED)) == ENTERED
    return Trial(entered, status, _text(out), _text(told))


def _start(wrapped: Wrapped, status: int, cwd: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        _at_number(wrapped, status),
        cwd=cwd,
        env=wrapped.environ,
        stdin=status if wrapped.status_fd == 0 else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=[status] if wrapped.status_fd else [],
        start_new_session=True,
    )


def _at_number(wrapped: Wrapped, status: int) -> tuple[str, ...]:
    """Have the pipe at the number where it is expected, without a fork of a threaded process."""
    if not wrapped.status_fd or wrapped.status_fd == status:
        return wrapped.argv
    moved = f'exec "$@" {wrapped.status_fd}>/dev/fd/{status}'
    return ("/bin/sh", "-c", moved, "sh", *wrapped.argv)


def _text(raw: bytes) -> str:
    return raw[-_TOLD_BYTES_MAX:].decode("utf-8", "replace").strip()
