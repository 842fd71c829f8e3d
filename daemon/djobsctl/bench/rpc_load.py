"""One RPC client as a load: one answer at a time, as fast as they come.

Run as a file, ``python -I -S rpc_load.py SOCKET SESSION [WORKSPACE]``. Prints ``ready``, then
carries out each line as ``mcp_load`` does:

* ``{"requests": n, "batch": jobs}``: enqueues; the lines are prepared before the clock starts;
* ``{"fill": n, "like": {...}}``: n more jobs with these fields, untimed; the last one's id is told;
* ``{"claims": n}``: claims, of the type of ``job``, and completes each; both are timed apart;
* ``{"lives": n}``: enqueues, claims and completes; every answer is timed;
* ``{"wakes": n}``: enqueues into a claim that waits on another connection, until its answer.
"""

import _socket
import itertools
import json
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

CHUNK_BYTES = 1 << 18


WORKSPACE = "/home/bench/project"
TYPE = "docstring"
FILL_BATCH = 500
WAIT_SECONDS = 60


def hello(session: str, workspace: str) -> bytes:
    """Return the first line."""
    params = {
        "protocol": [1, 1],
        "build": "bench",
        "client": {"name": "bench"},
        "session": session,
        "workspace": workspace,
    }
    call = {"jsonrpc": "2.0", "id": 0, "method": "hello", "params": params}
    return json.dumps(call).encode() + b"\n"


def job(number: int) -> "dict[str, Any]":
    """Return a job with a payload of about 200 bytes."""
    payload = {"path": f"src/module_{number}.py", "note": "y" * 170}
    return {"type": TYPE, "payload": payload}


def line(number: int, method: str, params: "dict[str, Any]") -> bytes:
    """Return one request."""
    call = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
    return json.dumps(call, separators=(",", ":")).encode() + b"\n"


def ask(sock: _socket.socket, request: bytes) -> bytes:
    """Send one line and return the answer."""
    sock.sendall(request)
    return hear(sock)


def hear(sock: _socket.socket) -> bytes:
    """Return the next answer."""
    answer = sock.recv(CHUNK_BYTES)
    while not answer.endswith(b"\n"):
        more = sock.recv(CHUNK_BYTES)
        if not more:
            raise SystemExit("the daemon closed the connection")
        answer += more
    return answer


class Client:
    """A session: its requests are numbered, so that none is taken for another."""

    def __init__(self, path: str, session: str, workspace: str) -> None:
        self.number = 0
        self.prepared: list[bytes] = []
        self.sock = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        self.sock.connect(path)
        ask(self.sock, hello(session, workspace))

    def line(self, method: str, params: "dict[str, Any]") -> bytes:
        """Return the next request."""
        self.number += 1
        return line(self.number, method, params)

    def call(self, method: str, params: "dict[str, Any]") -> "dict[str, Any]":
        """Ask, and return what is answered."""
        return result(ask(self.sock, self.line(method, params)))

    def prepare(self, count: int, batch: int) -> None:
        """Have enqueues ready."""
        self.prepared = [
            self.line(
                "job.enqueue", {"jobs": [job(number * batch + each) for each in range(batch)]}
            )
            for number in range(count)
        ]

    def enqueue(self) -> "dict[str, Any]":
        """Send what is prepared and note how long each answer takes."""
        clock, taken, answers = time.perf_counter_ns, [], []
        began = time.monotonic()
        for each in self.prepared:
            start = clock()
            answers.append(ask(self.sock, each))
            taken.append((clock() - start) // 1000)
        ended = time.monotonic()
        for answer in answers:
            result(answer)
        return {"began": began, "ended": ended, "us": taken}

    def fill(self, count: int, like: "dict[str, Any]") -> "dict[str, Any]":
        """Add to the backlog."""
        last = {}
        for first in range(0, count, FILL_BATCH):
            size = min(FILL_BATCH, count - first)
            jobs = [{**job(first + each), **like} for each in range(size)]
            last = self.call("job.enqueue", {"jobs": jobs})["jobs"][-1]
        return {"last": last.get("id")}

    def claims(self, count: int) -> "dict[str, Any]":
        """Claim and complete; ``us`` are the claims, ``more`` the completions."""
        clock, claims, completions = time.perf_counter_ns, [], []
        began = time.monotonic()
        for _ in range(count):
            start = clock()
            claimed = self.call("job.claim", {"types": [TYPE]})["job"]["id"]
            middle = clock()
            self.call("job.complete", {"job_id": claimed, "evidence": "done"})
            claims.append((middle - start) // 1000)
            completions.append((clock() - middle) // 1000)
        return {"began": began, "ended": time.monotonic(), "us": claims, "more": completions}

    def lives(self, count: int) -> "dict[str, Any]":
        """Lead jobs through their lives: each enqueues one and takes whichever comes first."""
        clock, taken = time.perf_counter_ns, []
        began = time.monotonic()
        for number in range(count):
            marks = [clock()]
            self.call("job.enqueue", {"jobs": [job(number)]})
            marks.append(clock())
            claimed = self.call("job.claim", {"types": [TYPE]})["job"]["id"]
            marks.append(clock())
            self.call("job.complete", {"job_id": claimed, "evidence": "done"})
            marks.append(clock())
            taken += [(after - before) // 1000 for before, after in itertools.pairwise(marks)]
        return {"began": began, "ended": time.monotonic(), "us": taken}

    def wakes(self, count: int, boss: "Client") -> "dict[str, Any]":
        """Wait for a job that ``boss`` enqueues; ``us`` is from its request to our answer."""
        clock, wakes, enqueues = time.perf_counter_ns, [], []
        began = time.monotonic()
        for number in range(count):
            params = {"types": [TYPE], "wait_seconds": WAIT_SECONDS}
            self.sock.sendall(self.line("job.claim", params))
            boss.call("daemon.health", {})  # by now the claim waits
            start = clock()
            boss.call("job.enqueue", {"jobs": [job(number)]})
            enqueued = clock()
            claimed = result(hear(self.sock))["job"]["id"]
            wakes.append((clock() - start) // 1000)
            enqueues.append((enqueued - start) // 1000)
            self.call("job.complete", {"job_id": claimed})
        return {"began": began, "ended": time.monotonic(), "us": wakes, "more": enqueues}


def result(answer: bytes) -> "dict[str, Any]":
    """Return what an answer says; a refusal ends the load."""
    said = json.loads(answer)
    if "error" in said:
        raise SystemExit(f"a request failed: {answer[:400]!r}")
    reply: dict[str, Any] = said["result"]
    return reply


def main() -> None:
    """Serve orders until standard input ends."""
    path, session, *rest = sys.argv[1:]
    workspace = rest[0] if rest else WORKSPACE
    client, boss = Client(path, session, workspace), None
    say("ready")
    for order in map(json.loads, sys.stdin):
        if order.get("prepare"):
            client.prepare(order["requests"], order["batch"])
            say("{}")
        elif "fill" in order:
            say(json.dumps(client.fill(order["fill"], order["like"])))
        elif "claims" in order:
            say(json.dumps(client.claims(order["claims"])))
        elif "lives" in order:
            say(json.dumps(client.lives(order["lives"])))
        elif "wakes" in order:
            boss = boss or Client(path, session + "-boss", workspace)
            say(json.dumps(client.wakes(order["wakes"], boss)))
        else:
            say(json.dumps(client.enqueue()))


def say(text: str) -> None:
    """Answer an order."""
    print(text, flush=True)  # noqa: T201 - its standard output is its interface


if __name__ == "__main__":
    main()
