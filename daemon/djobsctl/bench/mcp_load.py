"""One agent as a load: a stdio MCP server of its own, and calls as fast as it answers them.

Run as a file, ``python -I -S mcp_load.py ERA SERVER…``. Prints ``ready``, then answers each line
``{"tool": …, "calls": n}`` on standard input with ``{"began", "ended", "us": […]}`` (microseconds;
the moments are of the machine's monotonic clock). ``echo`` as the tool means a bare round trip
through a process that sends back what it gets: what the pipes and this machine cost by themselves.
"""

import json
import os
import re
import subprocess
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LEGACY_VERSION = "2025-11-25"
MODERN_VERSION = "2026-07-28"
CLIENT = {"name": "bench", "version": "1"}
RESUMED_TASKS = 20
CHUNK_BYTES = 1 << 18
ECHO = "import os\nwhile chunk := os.read(0, 65536):\n os.write(1, chunk)"
TOOLS = ("health", "enqueue_task", "complete_task", "resume_session")
_ID = re.compile(rb'\\"id\\": ?\\"([^"\\]+)')


class Pipe:
    """A child process that answers lines with lines."""

    def __init__(self, command: "list[str]") -> None:
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        assert child.stdin is not None
        assert child.stdout is not None
        self._child, self._stdin = child, child.stdin
        self._in, self._out = child.stdin.fileno(), child.stdout.fileno()

    def write(self, line: bytes) -> None:
        """Send one line."""
        os.write(self._in, line)

    def ask(self, line: bytes) -> bytes:
        """Send one line and return the next one."""
        os.write(self._in, line)
        answer = os.read(self._out, CHUNK_BYTES)
        while not answer.endswith(b"\n"):
            more = os.read(self._out, CHUNK_BYTES)
            if not more:
                raise SystemExit(f"the server ended; its last words: {answer!r}")
            answer += more
        return answer

    def close(self) -> None:
        """Close its standard input and wait for its end."""
        self._stdin.close()
        self._child.wait(20)


class Agent:
    """An MCP session in one era."""

    def __init__(self, era: str, command: "list[str]") -> None:
        self.server = Pipe(command)
        self._modern = era == "modern"
        self._number = 0
        self._group = f"bench-{os.getpid()}"
        if self._modern:
            self.request("server/discover", {})
        else:
            hello: dict[str, object] = {
                "protocolVersion": LEGACY_VERSION,
                "capabilities": {},
                "clientInfo": CLIENT,
            }
            self.request("initialize", hello)
            note = {"jsonrpc": "2.0", "method": "notifications/initialized"}
            self.server.write(json.dumps(note).encode() + b"\n")

    def line(self, method: str, params: "dict[str, object]") -> bytes:
        """Return one request."""
        self._number += 1
        if self._modern:
            prefix = "io.modelcontextprotocol/"
            meta: dict[str, object] = {
                prefix + "protocolVersion": MODERN_VERSION,
                prefix + "clientCapabilities": {},
                prefix + "clientInfo": CLIENT,
            }
            params = {**params, "_meta": meta}
        request = {"jsonrpc": "2.0", "id": self._number, "method": method, "params": params}
        return json.dumps(request).encode() + b"\n"

    def request(self, method: str, params: "dict[str, object]") -> bytes:
        """Send one request and return its answer."""
        return checked(self.server.ask(self.line(method, params)))

    def call_line(self, tool: str, arguments: "dict[str, object]") -> bytes:
        """Return a tool call."""
        return self.line("tools/call", {"name": tool, "arguments": arguments})

    def call(self, tool: str, arguments: "dict[str, object]") -> bytes:
        """Call a tool."""
        return checked(self.server.ask(self.call_line(tool, arguments)))

    def enqueue(self, group: str) -> str:
        """Record a task and return its id."""
        found = _ID.search(self.call("enqueue_task", task_of(group, 0)))
        assert found is not None
        return found[1].decode()

    def lines(self, tool: str, calls: int) -> "list[bytes]":
        """Return the calls of one order, prepared; what they need is there already."""
        if tool == "mixed":
            each = [iter(self.lines(name, calls // len(TOOLS))) for name in TOOLS]
            return [line for four in zip(*each, strict=True) for line in four]
        return [self.call_line(tool, arguments) for arguments in self._arguments(tool, calls)]

    def _arguments(self, tool: str, calls: int) -> "Iterator[dict[str, object]]":
        if tool == "enqueue_task":
            yield from (task_of(self._group, number) for number in range(calls))
        elif tool == "complete_task":
            for _ in range(calls):
                yield {"task_id": self.enqueue(self._group), "evidence": "docstrings; tests pass"}
        elif tool == "resume_session":
            group = f"{self._group}-{self._number}"
            for number in range(RESUMED_TASKS):
                self.call("enqueue_task", task_of(group, number))
            for _ in range(calls):
                yield {"correlation_id": group}
        else:
            yield from ({} for _ in range(calls))


def task_of(group: str, number: int) -> "dict[str, object]":
    """Return the arguments of an enqueue, as every version understands them."""
    payload = json.dumps({"path": f"src/module_{number}.py", "what": "add docstrings"})
    return {"task_type": "docstring", "payload": payload, "correlation_id": group}


def checked(answer: bytes) -> bytes:
    """Return the answer; a failed call ends the load with what it said."""
    if b'"error"' in answer[:200] or b'"isError":true' in answer.replace(b" ", b""):
        raise SystemExit(f"a call failed: {answer[:400]!r}")
    return answer


def timed(ask: "Callable[[bytes], bytes]", lines: "list[bytes]") -> "dict[str, object]":
    """Send the lines one after the other and note how long each answer takes."""
    clock, taken, answers = time.perf_counter_ns, [], []
    began = time.monotonic()
    for line in lines:
        start = clock()
        answer = ask(line)
        taken.append((clock() - start) // 1000)
        answers.append(answer)
    ended = time.monotonic()
    return {"began": began, "ended": ended, "us": taken, "answers": answers}


def main() -> None:
    """Serve orders until standard input ends."""
    era, command = sys.argv[1], sys.argv[2:]
    echo = Pipe([sys.executable, "-I", "-S", "-c", ECHO])
    agent = Agent(era, command)
    agent.call("health", {})
    prepared: dict[str, list[bytes]] = {}
    print("ready", flush=True)  # noqa: T201 - its standard output is its interface
    for order in map(json.loads, sys.stdin):
        tool, calls = order["tool"], order["calls"]
        if order.get("prepare"):
            prepared[tool] = agent.lines(tool, calls)
            print("{}", flush=True)  # noqa: T201
            continue
        if tool == "echo":
            done = timed(echo.ask, [b"x" * 120 + b"\n"] * calls)
        else:
            done = timed(agent.server.ask, prepared.pop(tool))
            for answer in done["answers"]:  # type: ignore[attr-defined]
                checked(answer)
        del done["answers"]
        print(json.dumps(done), flush=True)  # noqa: T201
    agent.server.close()
    echo.close()


if __name__ == "__main__":
    main()
