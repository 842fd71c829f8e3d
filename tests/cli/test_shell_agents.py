"""Agents that have only a shell: ``enqueue``, ``claim``, ``heartbeat`` and the reports."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from djobs_protocol.errors import DjobsError, ErrorCode
from djobsctl.checking import when_checked
from djobsctl.talk import Talk
from tests.cli import command
from tests.cli.command import Ran
from tests.harness.daemon import PATIENCE_SECONDS, PYTHON, DaemonHome, wait_until

DOCUMENTED = Path(__file__).parents[2].joinpath("docs", "djobsctl.md").read_text("utf-8")
NOTHING = 3


class Shell:
    """A folder in which commands are typed."""

    def __init__(self, home: DaemonHome, folder: Path) -> None:
        self.home, self.folder = home, os.path.realpath(folder)

    def __call__(self, *words: str, given: bytes = b"") -> Ran:
        return command.given(self.home, given, *words, folder=self.folder)

    def enqueue(self, *words: str, given: bytes = b"") -> list[str]:
        ran = self("enqueue", *words, given=given)
        assert ran.status == 0, ran
        return ran.stdout.split()

    def claim(self, *words: str) -> dict[str, Any]:
        job = self("claim", "--json", *words).document["job"]
        assert isinstance(job, dict)
        return job

    def detail(self, job_id: str) -> dict[str, Any]:
        with self.home.connect() as connection:
            return connection.call("job.get", {"job_id": job_id})


@pytest.fixture(scope="module")
def home() -> Iterator[DaemonHome]:
    with DaemonHome() as home:
        home.start()
        yield home


@pytest.fixture
def shell(home: DaemonHome, tmp_path: Path) -> Shell:
    return Shell(home, tmp_path)


# Recording


def test_every_option_reaches_the_job(shell: Shell) -> None:
    (first,) = shell.enqueue("build")
    words = ["--payload", '{"path": "a"}', "--priority", "2", "--attempts", "4", "--key", "nightly"]
    words += ["--resource", "db", "--after", first, "--on-failure", "run", "--delay", "1h"]
    words += ["--managed-by", "worker", "--verify", '{"command": "true"}']
    (job_id,) = shell.enqueue("test", *words)
    detail = shell.detail(job_id)
    job = detail["job"]
    assert (job["type"], job["payload"], job["managed_by"]) == ("test", {"path": "a"}, "worker")
    assert (job["priority"], job["max_attempts"]) == (2, 4)
    assert (job["idempotency_key"], job["resource_key"]) == ("nightly", "db")
    assert (detail["depends_on"], job["verify"]) == ([first], [{"command": "true"}])
    assert "run_at" in job
    assert job["workspace"] == job["correlation_id"] == shell.folder


def test_a_job_goes_to_the_workflow_or_the_folder_that_is_named(shell: Shell) -> None:
    other = Path(shell.folder, "other")
    other.mkdir()
    (plan,) = shell.enqueue("a", "--correlation", "plan of one")
    (there,) = shell.enqueue("a", "--workspace", "other")
    job = shell.detail(plan)["job"]
    assert (job["correlation_id"], job["workspace"]) == ("plan of one", shell.folder)
    assert shell.detail(there)["job"]["workspace"] == str(other)
    assert shell.claim("--correlation", "plan of one")["id"] == plan
    assert shell("claim").status == NOTHING
    assert shell.claim("--workspace", "other")["id"] == there


def test_a_payload_is_read_from_its_file(shell: Shell) -> None:
    Path(shell.folder, "p.json").write_text('{"path": "ü"}', "utf-8")
    (job_id,) = shell.enqueue("a", "--payload", "@p.json")
    assert shell.detail(job_id)["job"]["payload"] == {"path": "ü"}


def test_many_tasks_are_recorded_at_once_and_name_each_other(shell: Shell) -> None:
    tasks = [
        {"task_type": "build", "graph_key": "b", "priority": 3},
        {"depends_on": ["b"], "on_dependency_failure": "cancel"},
    ]
    array = json.dumps(tasks).encode()
    lines = "\n".join(map(json.dumps, tasks)).encode()
    for given in (array, lines):
        build, test = shell.enqueue("test", "--priority", "7", "--file", "-", given=given)
        assert shell.detail(test)["depends_on"] == [build]
        types = [shell.detail(each)["job"]["type"] for each in (build, test)]
        ranks = [shell.detail(each)["job"]["priority"] for each in (build, test)]
        assert (types, ranks) == (["build", "test"], [3, 7])


def test_one_wrong_task_and_none_is_recorded(shell: Shell) -> None:
    tasks = b'{"task_type": "a"}\n{"task_type": "b", "priority": 0}\n'
    ran = shell("enqueue", "--file", "-", given=tasks)
    assert (ran.status, ran.stdout) == (2, "")
    assert "Line 2: priority: expected a whole number >= 1." in ran.stderr
    assert shell("claim").status == NOTHING
    tasks = b'{"task_type": "a"}\n{"task_type": "b", "depends_on": ["c"]}\n'
    assert shell("enqueue", "--file", "-", given=tasks).status == 1
    assert shell("claim").status == NOTHING


def test_a_file_that_no_request_holds_is_refused_before_anything_is_sent(shell: Shell) -> None:
    ran = shell("enqueue", "a", "--file", "-", given=b" " * (4 * 1024 * 1024 + 1))
    assert ran.status == 2
    assert "more than one request may have" in ran.stderr
    assert shell("enqueue", "a", "--file", "-", given=b"\xff").status == 2


# Taking


def test_what_is_claimed_is_said_so_that_it_can_be_done_and_reported(shell: Shell) -> None:
    check = '{"file_exists": "a.txt"}'
    (job_id,) = shell.enqueue("review", "--payload", '{"path": "a"}', "--verify", check)
    shell("fail", job_id, "--error", "Job: j1\nGeneration: 7")
    shell("retry", job_id)
    said = shell("claim", "--agent", "ann", "--lease", "1h").stdout
    lines = dict(re.findall(r"^ *([A-Z][a-z ]+): (.*)$", said, re.MULTILINE))
    assert lines["Job"] == job_id
    assert lines["Generation"] == str(shell.detail(job_id)["job"]["holder"]["generation"])
    assert (lines["Type"], lines["Payload"], lines["Agent"]) == ("review", '{"path": "a"}', "ann")
    assert lines["Checks"] == "file_exists a.txt"
    assert "in 59 min" in lines["Lease until"]


def test_a_claim_is_of_the_types_that_are_named(shell: Shell) -> None:
    shell.enqueue("build")
    (test,) = shell.enqueue("test")
    assert shell("claim", "--type", "deploy").status == NOTHING
    assert shell.claim("--type", "deploy", "--type", "test")["id"] == test


def test_workers_work_is_claimed_by_who_says_so(shell: Shell) -> None:
    (job_id,) = shell.enqueue("build", "--managed-by", "worker")
    assert shell("claim").status == NOTHING
    assert shell.claim("--managed-by", "worker")["id"] == job_id


def test_a_claim_that_waits_gets_the_job_that_comes(shell: Shell) -> None:
    waiting = subprocess.Popen(
        [PYTHON, "-m", "djobsctl", "claim", "--wait", f"{PATIENCE_SECONDS:.0f}s", "--json"],
        env=shell.home.env,
        cwd=shell.folder,
        stdout=subprocess.PIPE,
    )

    def is_there() -> bool:
        with shell.home.connect() as connection:
            found = connection.call("daemon.status")["connections"]
        return any(each.get("workspace") == shell.folder for each in found)

    wait_until(is_there, "the claim to be connected")
    (job_id,) = shell.enqueue("a")
    out, _ = waiting.communicate(timeout=PATIENCE_SECONDS)
    assert json.loads(out)["job"]["id"] == job_id
    assert waiting.returncode == 0


def test_a_wait_that_brings_nothing_ends_with_a_status_of_its_own(shell: Shell) -> None:
    ran = shell("claim", "--wait", "1s")
    assert ran.status == NOTHING
    assert ran.stdout.startswith(f"No job of {shell.folder} may start now;")


# Reporting


def test_a_claim_outlives_its_process_and_any_process_that_knows_its_number_reports(
    shell: Shell,
) -> None:
    (job_id,) = shell.enqueue("a")
    number = str(shell.claim()["holder"]["generation"])
    unnamed = shell("complete", job_id)
    assert unnamed.status == 1
    assert "add `--generation N`" in unnamed.stderr
    done = shell("complete", job_id, "--generation", number, "--agent", "ann", "--evidence", "ok")
    assert done.status == 0, done
    detail = shell.detail(job_id)
    assert (detail["job"]["state"], detail["job"]["evidence"]) == ("succeeded", "ok")
    assert detail["events"][-1]["agent"] == "ann"


def test_a_claim_that_is_over_reports_nothing(shell: Shell) -> None:
    (job_id,) = shell.enqueue("a")
    first = str(shell.claim()["holder"]["generation"])
    assert shell("release", job_id, "--generation", first, "--reason", "no").status == 0
    second = str(shell.claim()["holder"]["generation"])
    for report in (["complete"], ["fail", "--error", "x"], ["heartbeat"], ["release"]):
        refused = shell(*report, job_id, "--generation", first)
        assert refused.status == 1
        assert "was claimed again since" in refused.stderr
    assert shell.detail(job_id)["job"]["attempt"] == 1
    assert shell("fail", job_id, "--generation", second, "--error", "x").status == 0


@pytest.mark.parametrize("name", ["heartbeat", "release"])
def test_whose_a_job_is_has_to_be_said(name: str, shell: Shell) -> None:
    ran = shell(name, "j1kt")
    assert (ran.status, ran.stdout) == (2, "")
    assert "Add `--generation N`: the number that `djobsctl claim` printed" in ran.stderr


def test_a_heartbeat_renews_for_as_long_as_it_says(shell: Shell) -> None:
    (job_id,) = shell.enqueue("a")
    claimed = shell.claim("--lease", "1m")["holder"]
    words = ["heartbeat", job_id, "--generation", str(claimed["generation"]), "--lease", "1h"]
    assert shell(*words).stdout.startswith(f"{job_id} is yours until ")
    holder = shell.detail(job_id)["job"]["holder"]
    assert holder["lease_expires_at"] > claimed["lease_expires_at"]


def test_what_a_program_printed_is_a_report_whatever_bytes_those_are(shell: Shell) -> None:
    done, failed, silent = shell.enqueue("a", "--file", "-", given=b"{}\n{}\n{}")
    given = b"first\n" + b"x" * 100_000 + b"\xff\0 last\n"
    assert shell("complete", done, "--evidence", "-", given=given).status == 0
    evidence = shell.detail(done)["job"]["evidence"]
    assert evidence.startswith("[...] xxx")
    assert evidence.endswith("xx\ufffd\ufffd last")
    assert shell("fail", failed, "--no-retry", "--error", "-", given=b"- no\n").status == 0
    assert shell.detail(failed)["job"]["last_error"] == "- no"
    assert shell("fail", silent, "--error", "-").status == 0
    assert shell.detail(silent)["job"]["last_error"] == "It failed without a word."


def test_a_failure_is_tried_again_unless_told_otherwise(shell: Shell) -> None:
    one, two = shell.enqueue("a", "--file", "-", given=b"{}\n{}")
    for _ in (one, two):
        shell.claim()
    again = shell("fail", one, "--generation", "1", "--error", "no")
    assert "failed and is tried again at" in again.stdout
    assert shell.detail(one)["job"]["state"] == "retry_scheduled"
    ended = shell("fail", two, "--generation", "1", "--error", "no", "--no-retry")
    assert ended.stdout == f"{two} failed; its workflow has 1 unfinished job.\n"


def test_checks_decide_about_a_success(shell: Shell) -> None:
    (job_id,) = shell.enqueue("a", "--verify", '{"file_exists": "made.txt"}')
    number = str(shell.claim()["holder"]["generation"])
    words = ["complete", job_id, "--generation", number]
    refused = shell(*words)
    assert refused.status == 1
    assert "made.txt" in refused.stderr
    Path(shell.folder, "made.txt").touch()
    done = shell(*words)
    assert (done.status, done.stdout.splitlines()[1:2]) == (0, ["  passed: file_exists made.txt"])


@pytest.mark.parametrize("code", [0, 1])
def test_checks_that_last_are_waited_for(
    code: int, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = Path(shell.folder, "go")
    wait = f"while [ ! -e go ]; do sleep 0.02; done; exit {code}"
    check = json.dumps({"command": ["sh", "-c", wait]})
    (job_id,) = shell.enqueue("a", "--verify", check)
    reporter = subprocess.Popen(
        [PYTHON, "-m", "djobsctl", "complete", job_id], env=shell.home.env, cwd=shell.folder
    )
    wait_until(lambda: bool(shell.detail(job_id)["job"].get("checking")), "the check to run")
    monkeypatch.setenv("DJOBS_HOME", shell.home.state)

    class Quiet(Talk):
        def say(self, sentence: str) -> None:
            """Say nothing."""

    reported = {"id": job_id, "state": "running", "unfinished": 1, "checking": True}
    go.touch()
    if code:
        with pytest.raises(DjobsError, match="did not pass") as refusal:
            when_checked(reported, Quiet(as_json=True))
        assert refusal.value.code is ErrorCode.VERIFICATION_FAILED
    else:
        job = when_checked(reported, Quiet(as_json=True))
        assert (job["state"], job["receipt"]["passed"]) == ("succeeded", True)
        assert "checking" not in job
    assert reporter.wait(PATIENCE_SECONDS) == code


# Agents


def test_an_agent_is_registered_and_heard_of(shell: Shell) -> None:
    words = ["--capability", "sql", "--metadata", '{"model": "m"}']
    assert shell("agent", "register", "zoe", *words).stdout == "zoe is registered: sql.\n"
    assert shell("agent", "heartbeat", "zoe").stdout == "zoe is online.\n"
    listed = shell("agents", "--json").document["agents"]
    (zoe,) = [each for each in listed if each["id"] == "zoe"]
    assert (zoe["capabilities"], zoe["metadata"]) == (["sql"], {"model": "m"})


# The loop of the documentation

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
    daemon_home.env["DJOBS_START_BACKOFF_MAX_S"] = "0"
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
