"""Sessions that are killed: real processes, cheap because they are forked from a prepared one.

Run as a program, ``forked_sessions.py STATE DEATHS SEED``: sixteen sessions share a queue, and one
after another is killed, or frozen beyond its lease, until so many have died. Then the rest is
done in peace. Prints what the sessions saw as one line of JSON.
"""

import json
import os
import random
import secrets
import select
import signal
import sys
import time
from typing import Any

from djobs_local import attempts, call, presence, spawn, start  # noqa: F401 - before the forks
from djobs_protocol.errors import DjobsError

SESSIONS = 16
FLOW = "killed"
LEASE_SECONDS = 2.0
FROZEN_SECONDS = 2.6
WORK_SECONDS_MAX = 0.03
BETWEEN_DEATHS_SECONDS_MAX = 0.03
FREEZES = 0.1
"""Of the ends, how many are a freeze in which the lease lapses."""
BATCH = 100
BACKLOG = 400
CONNECT: "dict[str, Any]" = {
    "deadline_seconds": 60,
    "who": "chaos",
    "client": "chaos",
    "backoff_max_seconds": 0,
}


def be_a_session(state: str, out: int, seed: int) -> None:
    """Claim and complete until killed, or until a daemon dies in the middle of a call."""
    chance = random.Random(seed)
    connection = call.connect(state, session=secrets.token_hex(16), **CONNECT)
    while True:
        wanted = {"correlation_id": FLOW, "wait_seconds": 1, "lease_seconds": LEASE_SECONDS}
        job = connection.call("job.claim", wanted).get("job")
        if job is None:
            continue
        claim = f"{job['id']} {job['holder']['generation']}\n"
        os.write(out, b"claimed " + claim.encode())
        time.sleep(chance.uniform(0, WORK_SECONDS_MAX))  # the work
        try:
            connection.call("job.complete", {"job_id": job["id"], "evidence": claim})
            os.write(out, b"done " + claim.encode())
        except DjobsError as error:
            if error.code not in ("not_holder", "stale_generation", "already_finished"):
                raise
            os.write(out, b"refused " + claim.encode())


class Herd:
    """The sessions, and what they tell."""

    def __init__(self, state: str, seed: int) -> None:
        self.state = state
        self.chance = random.Random(seed)
        self.reader, self.writer = os.pipe()
        self.rest = b""
        self.alive: set[int] = set()
        self.frozen: dict[int, float] = {}
        self.seen: dict[str, list[str]] = {"claimed": [], "done": [], "refused": []}
        self.deaths = self.freezes = self.left = self.enqueued = 0

    def spawn(self) -> None:
        """Have sixteen sessions again; those that ended by themselves met the end of a daemon."""
        for pid in list(self.alive):
            if os.waitpid(pid, os.WNOHANG)[0]:
                self.alive.discard(pid)
                self.frozen.pop(pid, None)
                self.left += 1
        while len(self.alive) < SESSIONS:
            seed = self.chance.randrange(2**31)
            pid = os.fork()
            if pid == 0:
                os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
                try:
                    be_a_session(self.state, self.writer, seed)
                finally:
                    os._exit(1)
            self.alive.add(pid)

    def end_one(self) -> None:
        """Kill a session at some moment of its work, or freeze it beyond its lease."""
        pid = self.chance.choice(sorted(self.alive))
        if pid not in self.frozen and self.chance.random() < FREEZES:
            os.kill(pid, signal.SIGSTOP)
            self.frozen[pid] = time.monotonic() + FROZEN_SECONDS
            self.freezes += 1
        elif pid not in self.frozen:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            self.alive.discard(pid)
            self.deaths += 1
        self.thaw(time.monotonic())

    def thaw(self, now: float) -> None:
        """Let go on whose time has come."""
        for pid in [pid for pid, until in self.frozen.items() if until <= now]:
            os.kill(pid, signal.SIGCONT)
            del self.frozen[pid]

    def listen(self, seconds: float) -> None:
        """Note what the sessions tell for a while."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if select.select([self.reader], [], [], left)[0]:
                *lines, self.rest = (self.rest + os.read(self.reader, 65536)).split(b"\n")
                for line in lines:
                    word, _, claim = line.decode().partition(" ")
                    self.seen[word].append(claim)

    def enqueue(self) -> None:
        """Have enough to do. Each job has a name, so that asking again makes no second one."""
        while self.enqueued - len(self.seen["done"]) < BACKLOG:
            jobs = [
                {"type": "t", "max_attempts": 100, "idempotency_key": f"job-{number}"}
                for number in range(self.enqueued, self.enqueued + BATCH)
            ]
            self.ask("job.enqueue", {"jobs": jobs, "correlation_id": FLOW})
            self.enqueued += BATCH

    def ask(self, method: str, params: "dict[str, Any]") -> "dict[str, Any]":
        """Ask until a daemon answers."""
        while True:
            try:
                with call.connect(self.state, **CONNECT) as connection:
                    return connection.call(method, params)
            except DjobsError as error:
                if error.code not in ("unavailable", "draining", "unresponsive", "start_failed"):
                    raise

    def kill_until(self, deaths: int) -> None:
        """Have as many sessions die."""
        while self.deaths < deaths:
            self.enqueue()
            self.spawn()
            self.listen(self.chance.uniform(0, BETWEEN_DEATHS_SECONDS_MAX))
            self.end_one()

    def finish(self) -> "dict[str, int]":
        """Let the rest be done, end all, and return the counts by state."""
        while True:
            counts: dict[str, int] = self.ask("daemon.health", {})["counts"]
            if not counts.keys() & {"pending", "running", "retry_scheduled"}:
                break
            self.thaw(time.monotonic())
            self.spawn()
            self.listen(0.2)
        self.listen(0.2)
        for pid in self.alive:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        return counts


def main() -> None:
    """Be the program."""
    state, deaths, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    herd = Herd(state, seed)
    herd.kill_until(deaths)
    print("peace", flush=True)  # noqa: T201 - its standard output is its interface
    counts = herd.finish()
    told = {
        "counts": counts,
        "enqueued": herd.enqueued,
        "deaths": herd.deaths,
        "freezes": herd.freezes,
        "left": herd.left,
        **herd.seen,
    }
    print(json.dumps(told), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
