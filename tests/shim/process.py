"""A real djobs-mcp process, driven as a client drives it. Every wait is bounded."""

import contextlib
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from djobs_shim.backoff import LONGEST_SECONDS

MAIN = Path(__file__).parents[2] / "shim" / "djobs_shim" / "__main__.py"
SECONDS_MAX = 15.0


def command(*arguments: str) -> list[str]:
    """Return what an editor's configuration runs."""
    return [sys.executable, "-I", "-S", str(MAIN), *arguments]


def installed_copy(folder: Path) -> Path:
    """Lay the packages out as a wheel does and return the path to run."""
    shared = MAIN.parents[2] / "protocol"
    for package in (MAIN.parent, shared / "djobs_protocol", shared / "djobs_local"):
        without = shutil.ignore_patterns("__pycache__")
        shutil.copytree(package, folder / package.name, ignore=without)
    return folder / "djobs_shim" / "__main__.py"


def environment(home: Path, **more: str) -> dict[str, str]:
    """Return a small environment whose daemon lives in ``home``."""
    return {"DJOBS_HOME": str(home), "DJOBS_TEST": "1", "PATH": os.environ["PATH"], **more}


class Shim:
    """One process; stdin and stdout are pipes, written and read raw."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.process = process
        self.stdin = process.stdin
        self.stdout = process.stdout
        self._buffer = b""

    @property
    def pid(self) -> int:
        return self.process.pid

    def say(self, data: bytes) -> None:
        """Write all of ``data``."""
        self.stdin.write(data)
        self.stdin.flush()

    def end(self) -> None:
        """Close the shim's stdin."""
        self.stdin.close()

    def line(self) -> bytes:
        """Return the next line the client gets; ``EOFError`` at the end of stdout."""
        parts = [self._buffer]
        while b"\n" not in parts[-1]:
            parts.append(self._chunk())
        line, _, self._buffer = b"".join(parts).partition(b"\n")
        return line

    def rest(self) -> bytes:
        """Return everything up to the end of stdout."""
        parts = [self._buffer]
        with contextlib.suppress(EOFError):
            while True:
                parts.append(self._chunk())
        return b"".join(parts)

    def _chunk(self) -> bytes:
        ready, _, _ = select.select([self.stdout], [], [], SECONDS_MAX)
        assert ready, "nothing came"
        chunk = os.read(self.stdout.fileno(), 1 << 20)
        if not chunk:
            raise EOFError
        return chunk

    def signal(self, number: signal.Signals) -> None:
        """Send one signal."""
        self.process.send_signal(number)

    def status(self) -> int:
        """Wait for the end; return the exit status."""
        return self.process.wait(SECONDS_MAX)

    def errors(self) -> str:
        """Return what is on stderr, to its end."""
        assert self.process.stderr is not None
        return self.process.stderr.read().decode()

    def memory_high_bytes(self) -> int:
        """Return the most memory the process ever had resident."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        (line,) = [line for line in status.splitlines() if line.startswith("VmHWM")]
        return int(line.split()[1]) * 1024


def wake_ups(shim: Shim) -> int:
    """Return how often the process went to sleep by itself."""
    status = Path(f"/proc/{shim.pid}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("voluntary")]
    return int(line.split()[1])


def sleeps_soundly(shim: Shim) -> bool:
    """Whether the shim does not wake up for longer than the pauses between its attempts."""
    before = wake_ups(shim)
    time.sleep(LONGEST_SECONDS * 3)  # the subject of the measurement
    return wake_ups(shim) == before


@contextlib.contextmanager
def running(
    home: Path, *arguments: str, run: list[str] | None = None, **more: str
) -> Iterator[Shim]:
    """Start a shim and make sure that it is gone afterwards."""
    process = subprocess.Popen(
        run or command(*arguments),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        env=environment(home, **more),
    )
    try:
        yield Shim(process)
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            assert stream is not None
            stream.close()
