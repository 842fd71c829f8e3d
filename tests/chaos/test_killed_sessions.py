"""Sixteen sessions share a queue and die of SIGKILL, as does the daemon: no job is lost or doubled.

``DJOBS_LENGTH=20`` makes the long run one of 10,000 deaths.
"""

import json
import random
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.chaos import forked_sessions
from tests.harness.daemon import DaemonHome
from tests.harness.length import times

LONG_DEATHS = times(500)
SECONDS_PER_DEATH = 0.5
SECONDS_MIN = 120
BETWEEN_KILLS_SECONDS = (0.3, 6.0)
"""Some longer than a freeze: whom a daemon leaves in between makes no stale report."""
DEATHS_PER_KILL = 40
"""So many sessions die for each daemon that does."""


def lead(home: DaemonHome, deaths: int, chance: random.Random) -> tuple[dict[str, Any], int]:
    """Run the sessions and kill daemons meanwhile; return what they told, and the kills."""
    program = Path(forked_sessions.__file__)
    command = [sys.executable, str(program), home.state, str(deaths), "16"]
    peace = threading.Event()
    kills = 0

    def kill() -> None:
        nonlocal kills
        pause = chance.uniform(*BETWEEN_KILLS_SECONDS)
        while kills < deaths // DEATHS_PER_KILL and not peace.wait(pause):
            pause = chance.uniform(*BETWEEN_KILLS_SECONDS)
            home.wait_ready()
            home.kill9()
            kills += 1

    killer = threading.Thread(target=kill)
    with subprocess.Popen(command, env=home.env, stdout=subprocess.PIPE, text=True) as herd:
        killer.start()
        try:
            assert herd.stdout is not None
            assert herd.stdout.readline() == "peace\n"
            peace.set()
            told: dict[str, Any] = json.loads(herd.stdout.readline())
            return told, kills
        finally:
            peace.set()
            killer.join()
            herd.kill()


@pytest.mark.parametrize(
    "deaths",
    [
        40,
        pytest.param(
            LONG_DEATHS,
            marks=[
                pytest.mark.slow,
                pytest.mark.timeout(SECONDS_MIN + LONG_DEATHS * SECONDS_PER_DEATH),
            ],
        ),
    ],
)
def test_sessions_that_are_killed_cost_no_job_and_no_report_of_theirs_counts_twice(
    daemon_home: DaemonHome, capsys: pytest.CaptureFixture[str], deaths: int
) -> None:
    daemon_home.env["DJOBS_START_BACKOFF_MAX_S"] = "0"
    told, kills = lead(daemon_home, deaths, random.Random(deaths))
    with daemon_home.connect() as connection:
        report = connection.call("db.check", {}, 60)

    claims = Counter(told["claimed"])
    newest = {job: int(generation) for job, generation in map(str.split, sorted(claims, key=age))}
    ends = [line.split() for line in told["done"]]
    with capsys.disabled():
        print(f"\n{told['deaths']} sessions and {kills} daemons killed, {told['freezes']} "  # noqa: T201
              f"sessions frozen beyond their lease, {told['enqueued']} jobs, {claims.total()} "
              f"claims, {len(told['refused'])} stale reports refused")  # fmt: skip
    assert told["deaths"] >= deaths
    assert told["refused"] or deaths < LONG_DEATHS
    assert told["counts"] == {"succeeded": told["enqueued"]}, "lost"
    assert max(claims.values()) == 1, "one claim was given to two"
    assert max(Counter(job for job, _ in ends).values()) == 1, "one job was reported twice"
    assert [end for end in ends if int(end[1]) < newest[end[0]]] == [], "a stale report counted"
    assert report["ok"], report


def age(claim: str) -> int:
    """Return the claim's generation."""
    return int(claim.split()[1])
