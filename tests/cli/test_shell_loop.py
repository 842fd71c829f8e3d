"""Nothing that is done from a shell is done twice or lost, though the daemon dies meanwhile."""

import json
import os
import subprocess
from pathlib import Path

from tests.cli.shell import Shell
from tests.harness.daemon import PATIENCE_SECONDS, PYTHON, DaemonHome, wait_until
from tests.harness.gate import Gate

DOCUMENTED = Path(__file__).parents[2].joinpath("docs", "djobsctl.md").read_text("utf-8")
JOBS = 10
FAILING = 3
PROGRAM = """
job=$(sed -n 's/.*"number": \\([0-9]*\\).*/\\1/p')
echo "$job" >> done.txt
echo "did $job"
[ "$job" -ne 0 ] || until [ "$(wc -l < done.txt)" -gt 1 ]; do sleep 0.02; done
[ "$job" -ne 3 ]
"""

"""Does a job. Number 0 is done only when another has begun: the other shell has work, too."""


def test_the_documented_loop_does_everything_once_in_two_shells_though_the_daemon_dies(
    daemon_home: DaemonHome, tmp_path: Path
) -> None:
    shell = Shell(daemon_home, tmp_path)
    daemon_home.env |= {"DJOBS_START_BACKOFF_MAX_S": "0", "DJOBS_START_TIMEOUT_S": "30"}
    script = DOCUMENTED.split("```sh\n", 1)[1].split("```", 1)[0]
    assert script.startswith("#!/bin/sh\n# work.sh")
    Path(shell.folder, "work.sh").write_text(script, "utf-8")
    Path(shell.folder, "do.sh").write_text(PROGRAM, "utf-8")
    tasks = [{"payload": {"number": number}, "max_attempts": 1} for number in range(JOBS)]
    ids = shell.enqueue("count", "--file", "-", given=json.dumps(tasks).encode())
    programs = f"{Path(PYTHON).parent}{os.pathsep}{daemon_home.env['PATH']}"
    loops = [
        subprocess.Popen(
            ["sh", "work.sh", name, "sh", "do.sh"],
            env={**daemon_home.env, "PATH": programs, "WAIT": "1s"},
            cwd=shell.folder,
            stdout=subprocess.PIPE,
        )
        for name in ("ann", "bob")
    ]
    done = Path(shell.folder, "done.txt")
    try:
        enough = JOBS // 3
        wait_until(lambda: done.exists() and len(done.read_text().split()) >= enough, "some jobs")
        daemon_home.kill9()
        said = [loop.communicate(timeout=PATIENCE_SECONDS)[0].decode() for loop in loops]
    finally:
        for loop in loops:
            loop.kill()

    assert [loop.returncode for loop in loops] == [0, 0], said
    assert sorted(done.read_text().split(), key=int) == [str(number) for number in range(JOBS)]
    jobs = [shell.detail(each)["job"] for each in ids]
    states = ["failed" if number == FAILING else "succeeded" for number in range(JOBS)]
    assert [job["state"] for job in jobs] == [
        "dead_lettered" if state == "failed" else state for state in states
    ]
    assert [job["attempt"] for job in jobs] == [1] * JOBS
    words = [job.get("evidence") or job.get("last_error") for job in jobs]
    assert words == [f"did {number}" for number in range(JOBS)]
    assert all(said), "each of the two had work"


def test_a_claim_whose_answer_a_daemon_took_with_it_is_not_made_twice(
    daemon_home: DaemonHome, tmp_path: Path
) -> None:
    shell = Shell(daemon_home, tmp_path)
    daemon_home.env["DJOBS_START_BACKOFF_MAX_S"] = "0"
    gate = Gate(daemon_home.folder / "gate")
    gate.open()
    daemon_home.start(DJOBS_FP=f"store.committed=gate:{gate}")
    with gate:
        ids = shell.enqueue("a", "--file", "-", given=b"{}\n{}")
        gate.shut()
        claiming = shell.beside("claim", "--json")
        gate.wait_reached()
        daemon_home.kill9()
        out, _ = claiming.communicate(timeout=PATIENCE_SECONDS)
    job = json.loads(out)["job"]
    jobs = [shell.detail(each)["job"] for each in ids]
    assert [each["id"] for each in jobs if each["state"] == "running"] == [job["id"]]
    assert job["started_at"] < daemon_home.status()["started_at"], "it was not stored before"
