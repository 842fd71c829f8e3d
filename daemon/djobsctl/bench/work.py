"""What handing a command over costs: time, memory, and what others notice of a noisy one. Linux."""

import os
import tempfile
import time
from base64 import b64decode
from collections.abc import Callable
from typing import Final

from djobs_local.call import Connection
from djobs_protocol.errors import DjobsError, ErrorCode
from djobsctl.bench.bench import Bench
from djobsctl.bench.home import BenchHome
from djobsctl.bench.launching import exit_ms
from djobsctl.bench.processes import Memory, memory_of
from djobsctl.bench.row import Row, Target
from djobsctl.bench.spread import median, percentile

AT_ONCE: Final = 32
CONFIG: Final = f"executor_jobs_max = {AT_ONCE}\n"
WAIT_SECONDS: Final = 60.0
LAUNCH_SECONDS: Final = 30.0
LOOK_SECONDS: Final = 0.05
SETTLE_SECONDS: Final = 1.0
ADDED = Target("value", 60.0)
STARTED = Target("value", 100.0)
HELD = Target("value", 12.0)
ANSWERED = Target("value", 100.0)
COMMAND: Final = ["true"]
STAMP: Final = ["date", "+%s%N"]
FLOOD: Final = ["yes", "x" * 1000]
PROGRAM: Final = "djobs_runner"


def measure(bench: Bench) -> list[Row]:
    """Hand commands over one by one, then many at once, then one that floods its output."""
    with BenchHome() as home, tempfile.TemporaryDirectory(prefix="djb") as folder:
        with open(os.path.join(home.path, "config.toml"), "w", encoding="utf-8") as file:
            file.write(CONFIG)
        home.start_daemon()
        with home.connect(folder) as daemon:
            return [
                _added(home, daemon, bench.effort.starts),
                *_starts(daemon, bench.effort.calls),
                _held(home, daemon),
                *_flooded(daemon, bench.effort.calls),
            ]


def _added(home: BenchHome, daemon: Connection, times: int) -> Row:
    bare, handed = [], []
    for _ in range(times):
        bare.append(exit_ms(COMMAND, home.environ))
        began = time.monotonic()
        _end(daemon, _submit(daemon, COMMAND))
        handed.append((time.monotonic() - began) * 1000)
    added = median(handed) - median(bare)
    title = "a command handed over: what it takes longer, until its end is known"
    return Row(title, added, "ms", median(bare), "the command, spawn to exit", ADDED)


def _starts(daemon: Connection, times: int) -> list[Row]:
    """Compare the time of submission with the time that the command itself tells."""
    taken = []
    for _ in range(times):
        submitted = time.time_ns()
        job = _end(daemon, _submit(daemon, STAMP))
        told = b64decode(daemon.call("job.log", {"job_id": job})["data"])
        taken.append((int(told) - submitted) / 1_000_000)
    title = "submission to the command's first act"
    return [
        Row(f"{title}, p50", median(taken), "ms"),
        Row(f"{title}, p99", percentile(taken, 0.99), "ms", target=STARTED),
    ]


def _held(home: BenchHome, daemon: Connection) -> Row:
    jobs = [_submit(daemon, ["sleep", "600"]) for _ in range(AT_ONCE)]
    _until(lambda: len(_runners(home)) == AT_ONCE)
    time.sleep(SETTLE_SECONDS)
    held = _runners(home)
    for job in jobs:
        daemon.call("job.cancel", {"job_id": job})
    for job in jobs:
        _end(daemon, job, "stopped")
    assert len(held) == AT_ONCE, f"{len(held)} runners"
    most = max(memory.peak for memory in held)
    return Row(f"a runner, most it ever held, of {AT_ONCE} at once", most, "MB", target=HELD)


def _flooded(daemon: Connection, times: int) -> list[Row]:
    quiet = _answers(daemon, times)
    job = _submit(daemon, FLOOD)
    _until(lambda: _runs(daemon))
    flooded = _answers(daemon, times)
    daemon.call("job.cancel", {"job_id": job})
    _end(daemon, job, "stopped")
    title, beside = "status while a command prints as fast as it can", "without it"
    return [
        Row(f"{title}, p50", median(flooded), "ms", median(quiet), beside),
        Row(
            f"{title}, p99",
            percentile(flooded, 0.99),
            "ms",
            percentile(quiet, 0.99),
            beside,
            ANSWERED,
        ),
    ]


def _answers(daemon: Connection, times: int) -> list[float]:
    taken = []
    for _ in range(times):
        began = time.monotonic()
        daemon.call("daemon.status")
        taken.append((time.monotonic() - began) * 1000)
    return taken


def _submit(daemon: Connection, command: list[str]) -> str:
    job = {"type": "shell", "payload": {"spec": command}, "managed_by": "executor"}
    reply = daemon.call("job.enqueue", {"jobs": [job]})
    return str(reply["jobs"][0]["id"])


def _end(daemon: Connection, job: str, state: str = "succeeded") -> str:
    """Wait until a job has ended, and return its id; what ends otherwise was not measured."""
    asked = {"job_ids": [job], "wait_seconds": WAIT_SECONDS}
    daemon.call("job.wait", asked, WAIT_SECONDS + 10)
    found = daemon.call("job.get", {"job_id": job})["job"]
    if found["state"] != state:
        raise DjobsError(ErrorCode.INTERNAL, f"A job {found['state']}: {found.get('last_error')}")
    return job


def _until(holds: Callable[[], bool]) -> None:
    """Wait for what a launch brings about; what comes after sees whether it did."""
    deadline = time.monotonic() + LAUNCH_SECONDS
    while not holds() and time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)


def _runs(daemon: Connection) -> bool:
    jobs = daemon.call("job.list", {"states": ["running"], "limit": 1})["jobs"]
    return any(job.get("started_at") for job in jobs)


def _runners(home: BenchHome) -> list[Memory]:
    """Return the memory of the runners of this home: they are nobody's children."""
    found = []
    for pid in filter(str.isdecimal, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = os.fsdecode(file.read())
        except OSError:
            continue
        if PROGRAM in words and home.path in words:
            found.append(memory_of(int(pid)))
    return found
