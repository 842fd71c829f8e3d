"""Thirty-two jobs at once: all run at the same time, each once."""

from pathlib import Path

import pytest

from tests.harness.daemon import DaemonHome, wait_until
from tests.work.hand_over import ended, log_of

JOBS = 32


@pytest.mark.slow
def test_thirty_two_jobs_run_at_once(tmp_path: Path) -> None:
    meet(JOBS, tmp_path)


def test_eight_jobs_run_at_once(tmp_path: Path) -> None:
    meet(8, tmp_path)


def meet(count: int, workspace: Path) -> None:
    """Have jobs wait for one another: only all at once can end."""
    script = (
        f'touch "$DJOBS_JOB"; until [ $(ls | wc -l) -ge {count} ]; do sleep 0.2; done; echo met'
    )
    job = {"type": "shell", "managed_by": "executor", "payload": {"spec": ["sh", "-c", script]}}
    with DaemonHome(DJOBS_EXECUTOR_JOBS_MAX=str(count)) as home:
        home.start()
        with home.connect(workspace=str(workspace)) as at:
            made = at.call("job.enqueue", {"jobs": [job] * count})["jobs"]
            wait_until(
                lambda: at.call("daemon.status", {})["executors"]["running"] == count,
                "all to run",
                30,
            )
            found = [ended(at, each["id"]) for each in made]
            assert {each["state"] for each in found} == {"succeeded"}
            assert {each["attempt"] for each in found} == {1}
            assert {log_of(at, each["id"]) for each in made} == {b"met\n"}
            assert at.call("db.check").get("problems", []) == []
