"""A program with the peer's library as a load: submits jobs as fast as it can.

Run as a file by the peer's interpreter, ``python -I peer_load.py DATABASE``. Speaks as ``rpc_load``
does. Its library writes the database itself, so its figure holds no socket; and it does not sync.
"""

import importlib
import json
import sys
import time

WORKSPACE = "/home/bench/project"


def main() -> None:
    """Serve orders until standard input ends."""
    repository = importlib.import_module("djobs.storage.sqlite").SQLiteJobRepository
    service = importlib.import_module("djobs.queue.service").QueueService
    opened = repository.from_path(sys.argv[1])
    opened.configure_concurrency()
    submit = service(opened).submit
    print("ready", flush=True)  # noqa: T201 - its standard output is its interface
    for order in map(json.loads, sys.stdin):
        taken = []
        began = time.monotonic()
        for number in range(order["requests"]):
            payload = {"path": f"src/module_{number}.py", "note": "y" * 170}
            start = time.perf_counter_ns()
            submit("docstring", payload, max_attempts=3, correlation_id=WORKSPACE)
            taken.append((time.perf_counter_ns() - start) // 1000)
        done = {"began": began, "ended": time.monotonic(), "us": taken}
        print(json.dumps(done), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
