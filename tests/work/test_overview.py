"""``status`` says what runs, what stands still, why others wait, and who confines what."""

from pathlib import Path

from tests.harness.daemon import DaemonHome
from tests.work.hand_over import submit, wait_running

CONFIG = """
executor_jobs_max = 1
[types.walled]
executor = "shell"
sandbox = "write+network"
"""
LASTING = ["sh", "-c", "echo up; exec sleep 1000"]


def test_runs_pauses_waits_and_sandboxes_are_said(tmp_path: Path) -> None:
    with DaemonHome() as home:
        Path(home.state, "config.toml").write_text(CONFIG)
        home.start()
        with home.connect(workspace=str(tmp_path)) as at:
            walled = {"walled": "write+network, not tried yet"}
            idle = {"running": 0, "at_most": 1, "sandboxes": walled}
            assert at.call("daemon.status", {})["executors"] == idle
            job_id = submit(at, LASTING)
            wait_running(at, job_id)
            at.call("job.pause", {"job_id": job_id})
            busy = at.call("daemon.status", {})["executors"]
            assert (busy["running"], busy["paused"]) == (1, [job_id])
            assert busy["held_up_by"] == "executor_jobs_max is 1"
            assert not {"paused", "held_up_by"} & idle.keys()
            at.call("job.cancel", {"job_id": job_id})
