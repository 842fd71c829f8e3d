"""An MCP client without an SDK: JSON lines over a real shim, so that nothing hides behind retries.

One thread reads all the time; any thread may ask. Every answer is noted under its request, and
what belongs to no request, or comes a second time, is a stray. Every wait is bounded.
"""

import itertools
import json
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

from tests.harness.daemon import PATIENCE_SECONDS, DaemonHome

MAIN = Path(__file__).parents[2] / "shim" / "djobs_shim" / "__main__.py"
LEGACY, MODERN = "2025-11-25", "2026-07-28"
ANSWER_SECONDS = 60.0
"""Across any number of restarts; a shim itself gives up after a minute without a daemon."""

_META = "io.modelcontextprotocol/"


class Ask(NamedTuple):
    """One tool call to be."""

    tool: str
    arguments: dict[str, Any]


class EditorGone(Exception):
    """The shim has ended; the message has what it said last."""


class Editor:
    """One client and its shim. ``version`` decides the era; ``under`` is what runs the shim."""

    def __init__(
        self,
        home: DaemonHome,
        workspace: str | None = "/repo/space",
        version: str = LEGACY,
        capabilities: dict[str, Any] | None = None,
        cwd: str | None = None,
        own_session: bool = False,
        name: str = "editor",
        under: Sequence[str] = (),
        **environ: str,
    ) -> None:
        self.version = version
        self._info = {"name": name, "version": "1"}
        self.capabilities = capabilities or {}
        self.questions: list[dict[str, Any]] = []
        """What the server asked, of a client that declares any capability. Never answered."""
        self.notifications: list[dict[str, Any]] = []
        self.strays: list[dict[str, Any]] = []
        self.overtaken: list[dict[str, Any]] = []
        """Answers to requests that were cancelled; right only if the two crossed on their way."""
        self.reading = threading.Event()
        """Clear it to be a client that does not read."""
        self.reading.set()
        self._ids = itertools.count(1)
        self._asked: set[int] = set()
        self._cancelled: set[int] = set()
        self._answers: dict[int, dict[str, Any]] = {}
        self._changed = threading.Condition()
        self._writing = threading.Lock()
        self._gone = False
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by ``close``
        self.process = subprocess.Popen(
            [*under, sys.executable, "-I", "-S", str(MAIN), *_told(workspace)],
            cwd=cwd,
            env={**home.env, "DJOBS_START_BACKOFF_MAX_S": "0", **environ},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            bufsize=0,
            start_new_session=own_session,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def modern(self) -> bool:
        return self.version == MODERN

    # Asking

    def open(self) -> dict[str, Any]:
        """Say what a client says first; return the server's words about itself."""
        if self.modern:
            return self.result(self.ask("server/discover", {}))
        opening = {
            "protocolVersion": self.version,
            "capabilities": self.capabilities,
            "clientInfo": self._info,
        }
        found = self.result(self.ask("initialize", opening))
        self.say({"jsonrpc": "2.0", "method": "notifications/initialized"})
        return found

    def message(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """Return a new request; its answer will be expected."""
        number = next(self._ids)
        if self.modern:
            params = {**params, "_meta": self._envelope()}
        with self._changed:
            self._asked.add(number)
        return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}

    def ask(self, method: str, params: dict[str, Any]) -> int:
        """Send one request and return its id."""
        request = self.message(method, params)
        self.say(request)
        return int(request["id"])

    def ask_all(self, asks: Iterable[Ask]) -> list[int]:
        """Send tool calls in one piece, none waiting for another; return their ids."""
        requests = [self.tool_call(each) for each in asks]
        self.say(*requests)
        return [request["id"] for request in requests]

    def tool_call(self, ask: Ask) -> dict[str, Any]:
        """Return a new request that calls a tool."""
        return self.message("tools/call", {"name": ask.tool, "arguments": ask.arguments})

    def say(self, *messages: dict[str, Any]) -> None:
        """Write messages in one piece."""
        self.write(b"".join(json.dumps(each).encode() + b"\n" for each in messages))

    def write(self, data: bytes) -> None:
        """Write raw bytes."""
        assert self.process.stdin is not None
        view = memoryview(data)
        with self._writing:
            try:
                while view:
                    view = view[self.process.stdin.write(view) :]
            except (BrokenPipeError, ValueError):
                raise EditorGone(self.errors()) from None

    def cancel(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the cancellation of a request; its answer is no longer expected."""
        with self._changed:
            self._asked.discard(request["id"])
            self._cancelled.add(request["id"])
        return {
            "jsonrpc": "2.0",
            "method": "notifications/cancelled",
            "params": {"requestId": request["id"], "reason": "no longer wanted"},
        }

    # Answers

    def answer(self, number: int, seconds: float = ANSWER_SECONDS) -> dict[str, Any]:
        """Wait for the whole answer to a request."""
        self._wait(lambda: number in self._answers, seconds, f"no answer to request {number}")
        return self._answers[number]

    def heard(self, number: int) -> dict[str, Any] | None:
        """Return the answer to a request if it has come."""
        return self._answers.get(number)

    def in_flight(self) -> int:
        """Return how many requests wait for an answer now."""
        with self._changed:
            return len(self._asked - self._answers.keys())

    def result(self, number: int, seconds: float = ANSWER_SECONDS) -> dict[str, Any]:
        """Wait for the result of a request; an error fails the test."""
        answer = self.answer(number, seconds)
        assert "result" in answer, answer
        return dict(answer["result"])

    def outcome(self, number: int, seconds: float = ANSWER_SECONDS) -> tuple[bool, dict[str, Any]]:
        """Wait for a tool's answer; return whether it is an error, and its content."""
        result = self.result(number, seconds)
        return bool(result.get("isError")), json.loads(result["content"][0]["text"])

    def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Call a tool and return its content; an error fails the test."""
        (number,) = self.ask_all([Ask(tool, arguments)])
        is_error, content = self.outcome(number)
        assert not is_error, content
        return content

    def refusal(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Call a tool that must answer with an error; return its content."""
        (number,) = self.ask_all([Ask(tool, arguments)])
        is_error, content = self.outcome(number)
        assert is_error, content
        return content

    def notified(self, method: str, seconds: float = PATIENCE_SECONDS) -> dict[str, Any]:
        """Wait for a notification."""
        self._wait(lambda: self._notices(method), seconds, f"no {method}")
        return self._notices(method)[0]

    def asked_for(self, method: str, seconds: float = PATIENCE_SECONDS) -> dict[str, Any]:
        """Wait for a question of the server's."""
        self._wait(lambda: self.questions, seconds, f"no {method}")
        return self.questions[0]

    # The end

    def errors(self) -> str:
        """Return what the shim said on stderr."""
        self._errors.seek(0)
        return self._errors.read().decode("utf-8", "replace")

    def kill9(self) -> None:
        """Kill the shim as a crash does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(PATIENCE_SECONDS)
        self._reader.join(PATIENCE_SECONDS)  # what it had said already counts

    def close_input(self) -> None:
        """Close the shim's stdin: its client has nothing more to say."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    def end(self) -> int:
        """Close the shim's stdin and return its exit status."""
        self.close_input()
        return self.process.wait(PATIENCE_SECONDS)

    def close(self) -> None:
        """End the shim, whatever its state."""
        self.reading.set()
        self.process.kill()
        self.process.wait(PATIENCE_SECONDS)
        self._reader.join(PATIENCE_SECONDS)
        for stream in (self.process.stdin, self.process.stdout, self._errors):
            assert stream is not None
            stream.close()

    # Within

    def _envelope(self) -> dict[str, Any]:
        return {
            _META + "protocolVersion": self.version,
            _META + "clientCapabilities": self.capabilities,
            _META + "clientInfo": self._info,
        }

    def _notices(self, method: str) -> list[dict[str, Any]]:
        return [each for each in self.notifications if each["method"] == method]

    def _wait(self, condition: Callable[[], object], seconds: float, what: str) -> None:
        with self._changed:
            held = self._changed.wait_for(lambda: condition() or self._gone, seconds)
            if not condition():
                raise (EditorGone if held else AssertionError)(
                    f"{what} within {seconds:g} s; the shim said {self.errors()!r}"
                )

    def _read(self) -> None:
        assert self.process.stdout is not None
        parts: list[bytes] = []
        while chunk := self.process.stdout.read(65536):
            *ended, rest = chunk.split(b"\n")
            for end in ended:
                self._take(b"".join([*parts, end]))
                parts = []
            parts.append(rest)
            self.reading.wait()
        with self._changed:
            self._gone = True
            self._changed.notify_all()

    def _take(self, line: bytes) -> None:
        try:
            message = json.loads(line)
        except ValueError:
            message = {"not JSON": line[:200]}
        with self._changed:
            self._sort(message)
            self._changed.notify_all()

    def _sort(self, message: dict[str, Any]) -> None:
        number = message.get("id")
        if "method" in message and number is None:
            self.notifications.append(message)
        elif "method" in message and self.capabilities:
            self.questions.append(message)
        elif number in self._cancelled:
            self._cancelled.discard(number)
            self.overtaken.append(message)
        elif "method" in message or number not in self._asked or number in self._answers:
            self.strays.append(message)
        else:
            self._answers[number] = message


def _told(workspace: str | None) -> list[str]:
    return [] if workspace is None else ["--workspace", workspace]
