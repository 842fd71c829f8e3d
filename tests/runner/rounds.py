"""Rounds of jobs under a small daemon that is killed, and what must be true of each afterwards."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from djobs_local.identity import ProcessIdentity, SignalOutcome, send_signal
from djobs_local.records import read_record
from tests.harness.waiting import PATIENCE_SECONDS
from tests.runner import small_daemon

ROUND_SECONDS = 120
"""A daemon may have all the jobs of the longest round to do."""
DAEMON = [sys.executable, small_daemon.__file__]


@dataclass
class Round:
    """A folder of jobs."""

    folder: Path
    kills: int = 0
    states: dict[int, str] = field(default_factory=dict)
    codes: dict[int, int | None] = field(default_factory=dict)
    spawns: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path, jobs: int) -> Self:
        small_daemon.create(str(folder), jobs)
        return cls(folder)

    def daemon(self, **environ: str) -> "subprocess.Popen[bytes]":
        env = {**os.environ, "DJOBS_TEST": "1", **environ}
        return subprocess.Popen([*DAEMON, str(self.folder)], env=env)

    def live(self, **environ: str) -> int:
        """Let one daemon live until it ends by itself, or by a failpoint; return its status."""
        status = self.daemon(**environ).wait(ROUND_SECONDS)
        if status in (-signal.SIGKILL, -signal.SIGALRM):
            self.kills += 1
        return status

    def live_at_most(self, seconds: float, **environ: str) -> bool:
        """Kill one daemon after so long; whether it had ended by itself."""
        daemon = self.daemon(**environ)
        try:
            return daemon.wait(seconds) == 0
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait(PATIENCE_SECONDS)
            self.kills += 1
            return False

    def kill_at_random(self, kills: int, longest: float, chance: random.Random) -> None:
        """Kill that many daemons, or fewer if one finishes, then let one finish."""
        while self.kills < kills:
            if self.live(**{small_daemon.LIFE: str(chance.uniform(0.001, longest))}) == 0:
                return
        assert self.live() == 0

    def kill_runners(self, chance: random.Random, seconds: float) -> set[int]:
        """Let a daemon live to its end, killing a runner every few moments; return whose."""
        killed = set()
        daemon = self.daemon()
        while daemon.poll() is None:
            records = list((self.folder / "runs").glob("*/runner.json"))
            for record in chance.sample(records, min(1, len(records))):
                found = ProcessIdentity.from_record(read_record(str(record)))
                if found is not None and send_signal(found, signal.SIGKILL) is SignalOutcome.SENT:
                    killed.add(int(record.parent.name))
            time.sleep(seconds)
        assert daemon.returncode == 0
        return killed

    def executions(self, job: int) -> int:
        try:
            return (self.folder / "ran" / str(job)).read_text().count("run\n")
        except FileNotFoundError:
            return 0

    def read(self) -> None:
        database = small_daemon.open_database(str(self.folder))
        for job, state, code, spawns in database.execute("select id, state, code, spawns from job"):
            self.states[job], self.codes[job], self.spawns[job] = state, code, spawns
        database.close()

    def check(self, lost_allowed: bool = False) -> None:
        """Hold every job to R10."""
        self.read()
        for job, state in self.states.items():
            if state == "done":
                assert self.executions(job) == 1, f"job {job} is done"
                assert self.codes[job] == small_daemon.code_of(job)
                assert self.printed(job) == f"out of {job}\n"
            else:
                assert (state, lost_allowed) == ("lost", True), f"job {job}"
                assert self.executions(job) <= 1

    def printed(self, job: int) -> str:
        segments = sorted((self.folder / "runs" / str(job)).glob("out.*"))
        return "".join(segment.read_text() for segment in segments)

    def summary(self) -> str:
        """Return the counts, for people."""
        executions = Counter(self.executions(job) for job in self.states)
        again = sum(count > 1 for count in self.spawns.values())
        return (
            f"{len(self.states)} jobs, {self.kills} kills, {dict(Counter(self.states.values()))}, "
            f"jobs by executions {dict(executions)}, spawned again {again}, "
            f"at most {max(self.spawns.values())} times"
        )
