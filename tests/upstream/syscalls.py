"""Count the system calls that force data to the disk."""

import re
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.harness.daemon import PATIENCE_SECONDS, wait_until

SYNCS = "fsync,fdatasync"


class Counted:
    """How many there were, once the block has ended."""

    number = 0


@contextmanager
def count_syncs(pid: int) -> Iterator[Counted]:
    counted = Counted()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "trace")
        command = ["strace", "-f", "-e", f"trace={SYNCS}", "-o", str(log), "-p", str(pid)]
        tracer = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_until(lambda: _is_traced(pid), "strace has attached")
            yield counted
        finally:
            tracer.send_signal(signal.SIGINT)
            tracer.wait(PATIENCE_SECONDS)
        counted.number = len(re.findall(r"(fsync|fdatasync)\(", log.read_text()))


def _is_traced(pid: int) -> bool:
    tasks = Path(f"/proc/{pid}/task").glob("*/status")
    return all("TracerPid:\t0\n" not in task.read_text() for task in tasks)
