"""One RPC client as a load: enqueues, one answer at a time, as fast as they come.

Run as a file, ``python -I -S rpc_load.py SOCKET SESSION``. Prints ``ready``, then answers each line
``{"requests": n, "batch": jobs}`` as ``mcp_load`` does. Lines are prepared before the clock starts.
"""

import _socket
import json
import sys
import time

CHUNK_BYTES = 1 << 18


def hello(session: str) -> bytes:
    """Return the first line."""
    params = {
        "protocol": [1, 1],
        "build": "bench",
        "client": {"name": "bench"},
        "session": session,
        "workspace": "/home/bench/project",
    }
    call = {"jsonrpc": "2.0", "id": 0, "method": "hello", "params": params}
    return json.dumps(call).encode() + b"\n"


def job(number: int) -> "dict[str, object]":
    """Return a job with a payload of about 200 bytes."""
    payload = {"path": f"src/module_{number}.py", "note": "y" * 170}
    return {"type": "docstring", "payload": payload}


def requests(first: int, count: int, batch: int) -> "list[bytes]":
    """Return prepared enqueues."""
    lines = []
    for number in range(first, first + count):
        jobs = [job(number * batch + place) for place in range(batch)]
        call = {"jsonrpc": "2.0", "id": number, "method": "job.enqueue", "params": {"jobs": jobs}}
        lines.append(json.dumps(call, separators=(",", ":")).encode() + b"\n")
    return lines


def ask(sock: _socket.socket, line: bytes) -> bytes:
    """Send one line and return the answer."""
    sock.sendall(line)
    answer = sock.recv(CHUNK_BYTES)
    while not answer.endswith(b"\n"):
        more = sock.recv(CHUNK_BYTES)
        if not more:
            raise SystemExit("the daemon closed the connection")
        answer += more
    return answer


def timed(sock: _socket.socket, lines: "list[bytes]") -> "dict[str, object]":
    """Send the lines and note how long each answer takes."""
    clock, taken, answers = time.perf_counter_ns, [], []
    began = time.monotonic()
    for line in lines:
        start = clock()
        answers.append(ask(sock, line))
        taken.append((clock() - start) // 1000)
    ended = time.monotonic()
    for answer in answers:
        if b'"error"' in answer:
            raise SystemExit(f"an enqueue failed: {answer[:400]!r}")
    return {"began": began, "ended": ended, "us": taken}


def main() -> None:
    """Serve orders until standard input ends."""
    path, session = sys.argv[1:]
    sock = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    sock.connect(path)
    ask(sock, hello(session))
    number, prepared = 1, []
    print("ready", flush=True)  # noqa: T201 - its standard output is its interface
    for order in map(json.loads, sys.stdin):
        if order.get("prepare"):
            prepared = requests(number, order["requests"], order["batch"])
            number += order["requests"]
            print("{}", flush=True)  # noqa: T201
            continue
        print(json.dumps(timed(sock, prepared)), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
