"""A program with the peer's library as a load: submits jobs as fast as it can.

Run as a file by the peer's interpreter, ``python -I peer_load.py DATABASE``. Speaks as ``rpc_load``
does: ``requests`` and ``lives``. Its library writes the database itself, so its figure holds no
socket; and it does not sync.
"""

import importlib
import itertools
import json
import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

WORKSPACE = "/home/bench/project"


def main() -> None:
    """Serve orders until standard input ends."""
    repository = importlib.import_module("djobs.storage.sqlite").SQLiteJobRepository
    service = importlib.import_module("djobs.queue.service").QueueService
    opened = repository.from_path(sys.argv[1])
    opened.configure_concurrency()
    queue = service(opened)
    print("ready", flush=True)  # noqa: T201 - its standard output is its interface
    for order in map(json.loads, sys.stdin):
        began = time.monotonic()
        taken = (
            lives(queue, order["lives"]) if "lives" in order else submits(queue, order["requests"])
        )
        done = {"began": began, "ended": time.monotonic(), "us": taken}
        print(json.dumps(done), flush=True)  # noqa: T201


def submit(queue: "Any", number: int) -> None:
    """Record a job with a payload of about 200 bytes."""
    payload = {"path": f"src/module_{number}.py", "note": "y" * 170}
    queue.submit("docstring", payload, max_attempts=3, correlation_id=WORKSPACE)


def submits(queue: "Any", count: int) -> "list[int]":
    """Record jobs; return how long each took, microseconds."""
    taken = []
    for number in range(count):
        start = time.perf_counter_ns()
        submit(queue, number)
        taken.append((time.perf_counter_ns() - start) // 1000)
    return taken


def lives(queue: "Any", count: int) -> "list[int]":
    """Submit, claim and complete; return how long each step took, microseconds."""
    clock, taken, worker = time.perf_counter_ns, [], f"worker-{os.getpid()}"
    for number in range(count):
        marks = [clock()]
        submit(queue, number)
        marks.append(clock())
        claimed = queue.claim(worker)
        marks.append(clock())
        queue.complete(claimed.id, evidence="done")
        marks.append(clock())
        taken += [(after - before) // 1000 for before, after in itertools.pairwise(marks)]
    return taken


if __name__ == "__main__":
    main()
