"""The agent's process as the narrator sees it: it is spoken to, listened to, and killed."""

import json
import os
import select
import subprocess
import sys
import time
from typing import Any, Final

from djobs_protocol.errors import DjobsError, ErrorCode

BEAT_SECONDS_MAX: Final = 60.0
"""The longest silence: loading the SDK on a busy machine."""
LEAVE_SECONDS: Final = 10.0
_LAST_WORDS_CHARS: Final = 400


class AgentProcess:
    """One session of the demo's agent. Use as a context manager: it never stays behind."""

    def __init__(self, root: str, mode: str, environ: dict[str, str], log_path: str) -> None:
        self._log_path = log_path
        with open(log_path, "ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "djobsctl.demo.agent", root, mode],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=environ,
                bufsize=0,
            )
        self.pid = self._process.pid
        self._buffer = b""

    def __enter__(self) -> "AgentProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def say(self, line: str) -> None:
        """Send one line; an agent that has gone is noticed at the next ``hear``."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line.encode() + b"\n")
        except BrokenPipeError:
            return

    def hear(self, *beats: str) -> dict[str, Any]:
        """Return the next report, which must be one of ``beats``."""
        report = self._next_report()
        if report["beat"] not in beats:
            raise self._lost(f"reported {report['beat']!r} instead of {' or '.join(beats)}")
        return report

    def leave(self) -> None:
        """Close its input, which ends it, and wait."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self.wait()

    def kill(self) -> None:
        """SIGKILL; harmless when it has ended."""
        self._process.kill()

    def wait(self) -> None:
        """Wait for its end, briefly; then kill it."""
        try:
            self._process.wait(LEAVE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(LEAVE_SECONDS)

    def _next_report(self) -> dict[str, Any]:
        deadline = time.monotonic() + BEAT_SECONDS_MAX
        while b"\n" not in self._buffer:
            self._buffer += self._read_by(deadline)
        line, _, self._buffer = self._buffer.partition(b"\n")
        report: dict[str, Any] = json.loads(line)
        return report

    def _read_by(self, deadline: float) -> bytes:
        assert self._process.stdout is not None
        ready, _, _ = select.select(
            [self._process.stdout], [], [], max(0.0, deadline - time.monotonic())
        )
        if not ready:
            raise self._lost(f"was silent for {BEAT_SECONDS_MAX:g} s")
        chunk = os.read(self._process.stdout.fileno(), 65536)
        if not chunk:
            raise self._lost("ended early")
        return chunk

    def _lost(self, what: str) -> DjobsError:
        with open(self._log_path, "rb") as log:
            words = log.read()[-_LAST_WORDS_CHARS:].decode("utf-8", "replace").strip()
        return DjobsError(
            ErrorCode.INTERNAL,
            f"The agent of the demo {what}. Its last words: {words or 'none'}",
            hint="Run `djobsctl demo --keep`: its home, named at the start, keeps agent-1.log, "
            "agent-2.log and logs/daemon.log.",
        )
