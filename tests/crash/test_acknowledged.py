"""SIGKILL at any moment loses nothing that was acknowledged."""

import random
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from djobs_protocol.states import JobState
from tests.crash.scenarios import open_store

ROOT = Path(__file__).parents[2]
KILLS = 6
LINES_MAX = 300


def run_until_killed(path: Path, lines: int) -> dict[str, str]:
    """Kill the load after so many acknowledgements; return the last one of each job."""
    command = [sys.executable, "-m", "tests.crash.load", str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as load:
        assert load.stdout is not None
        told = [load.stdout.readline() for _ in range(lines)]
        load.send_signal(signal.SIGKILL)
        told += load.stdout.readlines()
    assert load.returncode == -signal.SIGKILL
    words = [line.split() for line in told if line.endswith("\n")]
    return {job_id: state for state, *ids in words for job_id in ids}


async def test_no_kill_under_load_loses_an_acknowledged_write() -> None:
    acknowledged: dict[str, str] = {}
    chance = random.Random(7)
    with tempfile.TemporaryDirectory(prefix="dj", dir="/tmp") as folder:
        path = Path(folder) / "jobs.db"
        for _ in range(KILLS):
            acknowledged |= run_until_killed(path, chance.randrange(1, LINES_MAX))
            states = await sound_states(path, list(acknowledged))
            assert [id_ for id_ in acknowledged if not reached(states, acknowledged, id_)] == []
    assert len(acknowledged) > KILLS


async def sound_states(path: Path, ids: list[str]) -> Mapping[str, JobState]:
    async with open_store(str(path)) as store:
        assert (await store.check()).problems == []
        states: Mapping[str, JobState] = await store.read(lambda view: view.states_of(ids))
        return states


def reached(states: Mapping[str, JobState], acknowledged: dict[str, str], job_id: str) -> bool:
    """Say whether a job is at least as far as was acknowledged."""
    now = states.get(job_id)
    return now == acknowledged[job_id] or (now is not None and acknowledged[job_id] == "pending")
