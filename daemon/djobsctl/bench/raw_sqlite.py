"""SQLite by itself, given the very statements that the daemon's store runs for the same work."""

import json
import subprocess
import sys
from types import TracebackType
from typing import Any, Final, Self

from djobs_protocol.errors import DjobsError, ErrorCode

MODULE: Final = "djobs_daemon.baseline"
LEAVE_SECONDS: Final = 20.0
RAW_ONES: Final = "raw SQLite, an enqueue in a durable transaction each"
RAW_BATCHES: Final = "raw SQLite, 500 in a durable transaction"


class RawSqlite:
    """The baseline's process: one durable transaction per request, nothing else in the way."""

    def __init__(self, folder: str, ones: int, batches: int, batch: int, rounds: int) -> None:
        numbers = [str(number) for number in (ones, batches, batch, rounds)]
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", MODULE, folder, *numbers],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def __enter__(self) -> Self:
        self._hear()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate(timeout=LEAVE_SECONDS)

    def seconds(self, order: str) -> float:
        """Run the next round of ``ones`` or ``batches``."""
        assert self._process.stdin is not None
        self._process.stdin.write(order + "\n")
        return float(self._hear()["seconds"])

    def _hear(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise DjobsError(ErrorCode.INTERNAL, "The baseline of the benchmark gave up.")
        document: dict[str, Any] = json.loads(line)
        return document
