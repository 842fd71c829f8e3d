"""Runs a client to its end, within a time, and leaves nothing of it behind."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

CLIENT_SECONDS_MAX = 45
"""Far above what a run takes, below the time limit of a test."""


@dataclass(frozen=True)
class Finished:
    """How a client ended and what it printed."""

    status: int
    stdout: str
    stderr: str

    def check(self) -> "Finished":
        """Raise with everything printed unless the client ended well."""
        assert self.status == 0, f"status {self.status}\n{self.stdout}\n{self.stderr}"
        return self


def run(
    command: Sequence[str | Path],
    *,
    cwd: Path,
    environment: Mapping[str, str],
    seconds: float = CLIENT_SECONDS_MAX,
) -> Finished:
    """Run a client without a terminal or standard input, in a process group of its own."""
    process = subprocess.Popen(
        [str(word) for word in command],
        cwd=cwd,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        stdout, stderr = process.communicate(timeout=seconds)
    finally:
        _end_group(process)
    return Finished(process.returncode, stdout, stderr)


def _end_group(process: "subprocess.Popen[str]") -> None:
    with contextlib.suppress(ProcessLookupError):  # everybody is gone already
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=5)
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
