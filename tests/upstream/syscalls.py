"""See by strace what a process asks of the kernel."""

import re
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.harness.waiting import PATIENCE_SECONDS, wait_until

_LINE = re.compile(r"(\d+) +(?:(\w+)\((.*)|<\.\.\. (\w+) resumed>(.*))$")
_UNFINISHED = " <unfinished ...>"


class Syscall(NamedTuple):
    """One system call; ``began`` and ``ended`` count the lines of the trace."""

    name: str
    text: str
    """Arguments and result, as strace writes them."""
    began: int
    ended: int


def parse(lines: list[str]) -> list[Syscall]:
    """Return the calls of a trace in the order in which they ended."""
    calls: list[Syscall] = []
    unfinished: dict[tuple[str, str], tuple[str, int]] = {}
    for number, line in enumerate(lines):
        found = _LINE.match(line)
        if found is None:
            continue
        thread, name, text, resumed, rest = found.groups()
        if resumed:
            begun = unfinished.pop((thread, resumed), None)
            if begun is not None:
                calls.append(Syscall(resumed, begun[0] + rest, begun[1], number))
        elif text.endswith(_UNFINISHED):
            unfinished[thread, name] = (text.removesuffix(_UNFINISHED), number)
        else:
            calls.append(Syscall(name, text, number, number))
    return calls


@contextmanager
def attached(pid: int, *options: str) -> Iterator[Callable[[], list[str]]]:
    """Trace a running process and its threads within the block.

    The value returns the lines of the trace, once the block has ended.
    """
    lines: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "trace")
        command = ["strace", "-f", *options, "-o", str(log), "-p", str(pid)]
        tracer = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_until(lambda: _is_traced(pid), "strace has attached")
            yield lambda: lines
        finally:
            tracer.send_signal(signal.SIGINT)
            tracer.wait(PATIENCE_SECONDS)
        lines += log.read_text("utf-8", "replace").splitlines()


def _is_traced(pid: int) -> bool:
    tasks = Path(f"/proc/{pid}/task").glob("*/status")
    return all("TracerPid:\t0\n" not in task.read_text() for task in tasks)
