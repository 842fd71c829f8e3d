"""Load processes, started together, ordered together, gathered together."""

import json
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

from djobs_protocol.errors import DjobsError, ErrorCode

ANSWER_SECONDS_MAX: Final = 120.0
LEAVE_SECONDS: Final = 20.0
BARE: Final = (sys.executable, "-I", "-S")
"""The interpreter with as little around it as there can be."""
_LAST_WORDS_BYTES: Final = 600


class Round(NamedTuple):
    """What one order brought, all processes together."""

    seconds: float
    """From the first one's begin to the last one's end."""
    us: list[int]
    """Every single answer, microseconds."""
    more: list[int]
    """What else the order times, microseconds."""


class Load:
    """One load process: a line in, a line out."""

    def __init__(
        self,
        program: str,
        arguments: Sequence[str],
        environ: Mapping[str, str],
        interpreter: Sequence[str],
    ) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self._process = subprocess.Popen(
            [*interpreter, program_path(program), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=dict(environ),
            bufsize=0,
        )
        self._buffer = b""

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    def say(self, order: Mapping[str, Any]) -> None:
        """Send an order."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")

    def hear(self) -> str:
        """Return the next line; ``DjobsError`` when the process ends or takes too long."""
        assert self._process.stdout is not None
        fd, deadline = self._process.stdout.fileno(), time.monotonic() + ANSWER_SECONDS_MAX
        while b"\n" not in self._buffer:
            ready, _, _ = select.select([fd], [], [], max(0.0, deadline - time.monotonic()))
            chunk = os.read(fd, 1 << 20) if ready else b""
            if not chunk:
                raise self._lost()
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.decode()

    def close(self) -> None:
        """Close its input and wait; kill what does not go."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(LEAVE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(LEAVE_SECONDS)
        self._process.stdout.close()
        self._errors.close()

    def _lost(self) -> DjobsError:
        self._errors.seek(0)
        words = self._errors.read()[-_LAST_WORDS_BYTES:].decode("utf-8", "replace").strip()
        return DjobsError(ErrorCode.INTERNAL, f"A load of the benchmark gave up: {words or '-'}")


class Fleet:
    """Several of them. On leaving, all are ended."""

    def __init__(
        self,
        program: str,
        arguments: Sequence[Sequence[str]],
        environ: Mapping[str, str],
        interpreter: Sequence[str] = BARE,
    ) -> None:
        self.loads = [Load(program, each, environ, interpreter) for each in arguments]

    def __enter__(self) -> Self:
        try:
            for load in self.loads:
                load.hear()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def run(self, order: Mapping[str, Any], *, prepared: bool = True) -> Round:
        """Have every process carry out an order at the same time."""
        if prepared:
            self._order({**order, "prepare": True})
        answers = [json.loads(line) for line in self._order(order)]
        began = min(answer["began"] for answer in answers)
        ended = max(answer["ended"] for answer in answers)
        us, more = (
            [value for answer in answers for value in answer.get(name, ())]
            for name in ("us", "more")
        )
        return Round(ended - began, us, more)

    def tell(self, order: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Have every process do what is not timed, and return what each says."""
        return [json.loads(line) for line in self._order(order)]

    def close(self) -> None:
        """End all."""
        for load in self.loads:
            load.close()

    def _order(self, order: Mapping[str, Any]) -> list[str]:
        for load in self.loads:
            load.say(order)
        return [load.hear() for load in self.loads]


def program_path(name: str) -> str:
    """Return the file of a program of this package."""
    return os.path.join(os.path.dirname(__file__), name + ".py")
