"""How long a process takes from its spawn to its first line, or to its end."""

import os
import select
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Final

from djobs_protocol.errors import DjobsError, ErrorCode

LAUNCH_SECONDS_MAX: Final = 60.0


def exit_ms(command: Sequence[str], environ: Mapping[str, str]) -> float:
    """Return milliseconds from spawn to exit.

    A wait that has a timeout looks at the child after 16, 32, 64 ms and so on: it would measure
    these. So it has none, and a timer ends a child that does not end.
    """
    began = time.perf_counter()
    child = subprocess.Popen(
        command, env=dict(environ), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    timer = threading.Timer(LAUNCH_SECONDS_MAX, child.kill)
    timer.start()
    status = child.wait()
    taken = (time.perf_counter() - began) * 1e3
    timer.cancel()
    if status != 0:
        raise subprocess.CalledProcessError(status, command)
    return taken


def answer_ms(
    command: Sequence[str], environ: Mapping[str, str], lines: bytes, answers: int = 1
) -> float:
    """Return milliseconds from spawn to the n-th line of output.

    The input is there before the process is, as with a client that does not wait.
    """
    reader, writer = os.pipe()
    os.write(writer, lines)
    began = time.perf_counter()
    child = subprocess.Popen(command, env=dict(environ), stdin=reader, stdout=subprocess.PIPE)
    try:
        _read_lines(child, answers, began + LAUNCH_SECONDS_MAX)
        return (time.perf_counter() - began) * 1e3
    finally:
        os.close(reader)
        os.close(writer)
        _reap(child)


def _read_lines(child: "subprocess.Popen[bytes]", answers: int, deadline: float) -> None:
    assert child.stdout is not None
    fd, seen = child.stdout.fileno(), 0
    while seen < answers:
        ready, _, _ = select.select([fd], [], [], max(0.0, deadline - time.perf_counter()))
        chunk = os.read(fd, 1 << 18) if ready else b""
        if not chunk:
            raise DjobsError(ErrorCode.INTERNAL, "A started server did not answer.")
        seen += chunk.count(b"\n")


def _reap(child: "subprocess.Popen[bytes]") -> None:
    try:
        child.wait(LAUNCH_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    assert child.stdout is not None
    child.stdout.close()
