"""What the database alone takes for the enqueues of the benchmarks, in a process of its own.

``python -I -m djobs_daemon.baseline FOLDER ONES BATCHES BATCH_JOBS ROUNDS`` records that many
requests per round, prints ``ready``, and answers each line ``ones`` or ``batches`` on standard
input with the seconds that the next round of them took through a bare SQLite connection, as JSON.
"""

import json
import os
import sys
import time
from contextlib import closing
from types import SimpleNamespace
from typing import Any, cast

import anyio

from djobs_daemon.rpc.handlers import jobs
from djobs_daemon.store.records import Actor, RequestKey, digest
from djobs_daemon.store.sqlite.recording import Recorder, Transaction, fresh_database, play
from djobs_protocol.job_requests import EnqueueJobs
from djobs_protocol.values import NewJob

ACTOR = Actor("baseline-session", "library", workspace="/home/bench/project", client="bench")


def new_job(number: int) -> NewJob:
    """Return a job like those of the load processes."""
    return NewJob(type="docstring", payload={"path": f"src/module_{number}.py", "note": "y" * 170})


async def record(folder: str, requests: int, batch: int) -> list[Transaction]:
    """Return the statements of enqueues, one transaction each."""
    os.mkdir(folder)
    with closing(Recorder(folder)) as recorder:
        app = cast("Any", SimpleNamespace(store=recorder, dispatcher=None))
        for number in range(requests):
            request = EnqueueJobs(jobs=[new_job(number * batch + each) for each in range(batch)])
            key = RequestKey(ACTOR.session, str(number), digest(b"%d" % number))
            await jobs.enqueue(app, ACTOR, request, key)
        return recorder.transactions


def main() -> None:
    """Serve orders until standard input ends."""
    folder = sys.argv[1]
    ones, batches, batch, rounds = map(int, sys.argv[2:])
    kinds = {"ones": (ones, 1), "batches": (batches, batch)}
    ready = {}
    for kind, (count, jobs_each) in kinds.items():
        noted = anyio.run(record, os.path.join(folder, kind), count * rounds, jobs_each)
        path = os.path.join(folder, kind + ".db")
        ready[kind] = (fresh_database(path), iter(chunks(noted, count)))
    say({"ready": True})
    for order in sys.stdin:
        db, rounds_left = ready[order.strip()]
        transactions = next(rounds_left)
        began = time.perf_counter()
        play(db, transactions)
        say({"seconds": time.perf_counter() - began})


def chunks(noted: list[Transaction], size: int) -> list[list[Transaction]]:
    """Return them in rounds."""
    return [noted[start : start + size] for start in range(0, len(noted), size)]


def say(document: dict[str, Any]) -> None:
    """Answer one line."""
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
