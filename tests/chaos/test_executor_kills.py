"""The daemon dies again and again while it runs commands: each is executed once, told exactly.

``DJOBS_LENGTH=10`` makes the long run longer.
"""

import base64
import random
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from djobs_local.call import Connection
from tests.harness.daemon import DaemonHome
from tests.harness.length import times

KILLS = times(100)
JOBS_EACH = 3
"""For each kill."""
SECONDS_MIN, SECONDS_PER_KILL = 120, 6.0
PAUSE_SECONDS = (0.02, 0.8)
STATUSES = 7
SCRIPT = 'echo ran >> "ran.$0"; echo "begun $0"; sleep "$1"; echo "ended $0"; exit "$2"'


def submit(at: Connection, count: int, chance: random.Random) -> list[str]:
    """Hand over commands that note that they were executed, print, and end each in its own way."""
    jobs = [
        {
            "type": "shell",
            "managed_by": "executor",
            "payload": {
                "spec": [
                    "sh",
                    "-c",
                    SCRIPT,
                    str(n),
                    f"{chance.uniform(0, 0.3):.3f}",
                    str(n % STATUSES),
                ]
            },
        }
        for n in range(count)
    ]
    answers = at.call("job.enqueue", {"jobs": jobs})["jobs"]
    return [str(each["id"]) for each in answers]


def left(at: Connection, ids: list[str]) -> int:
    """Return how many have not ended."""
    counts = at.call("queue.stats", {})["counts"]
    return sum(counts.get(state, 0) for state in ("pending", "running", "retry_scheduled"))


def kill_until_done(home: DaemonHome, ids: list[str], kills: int, chance: random.Random) -> int:
    """Kill daemons until there are no kills or no jobs left; return how many died."""
    killed = 0
    while killed < kills:
        time.sleep(chance.uniform(*PAUSE_SECONDS))
        home.kill9()
        killed += 1
        home.start()
        with home.connect() as at:
            if not left(at, ids):
                break
    return killed


def outcome(at: Connection, job_id: str) -> tuple[dict[str, Any], bytes]:
    """Return a job and what it printed."""
    job: dict[str, Any] = at.call("job.get", {"job_id": job_id})["job"]
    log = at.call("job.log", {"job_id": job_id})
    return job, base64.b64decode(log["data"])


@pytest.mark.parametrize(
    "kills",
    [
        5,
        pytest.param(
            KILLS,
            id="long",
            marks=[
                pytest.mark.slow,
                pytest.mark.timeout(SECONDS_MIN + KILLS * SECONDS_PER_KILL),
            ],
        ),
    ],
)
def test_commands_are_executed_once_however_often_the_daemon_dies(
    kills: int, tmp_path: Path
) -> None:
    chance = random.Random(7)
    with DaemonHome(DJOBS_EXECUTOR_JOBS_MAX="4") as home:
        home.start()
        with home.connect(workspace=str(tmp_path)) as at:
            ids = submit(at, kills * JOBS_EACH, chance)
        killed = kill_until_done(home, ids, kills, chance)
        with home.connect() as at:
            waited = 0.0
            while left(at, ids) and waited < SECONDS_MIN:
                time.sleep(0.2)
                waited += 0.2
            ends: Counter[str] = Counter()
            for number, job_id in enumerate(ids):
                job, log = outcome(at, job_id)
                ran = (tmp_path / f"ran.{number}").read_text()
                assert ran == "ran\n", (number, ran)
                assert job["exit_code"] == number % STATUSES, job
                assert job["state"] == ("failed" if number % STATUSES else "succeeded"), job
                assert log == f"begun {number}\nended {number}\n".encode(), (number, log)
                ends[job["state"]] += 1
            again = sum(
                max(0, len(at.call("job.get", {"job_id": each})["events"]) - 3) for each in ids
            )
            assert at.call("db.check").get("problems", []) == []
        sys.stdout.write(
            f"\n{killed} daemons killed, {len(ids)} jobs executed once each: {dict(ends)}, "
            f"{again} events of new starts\n"
        )
