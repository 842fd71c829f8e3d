"""``djobsctl submit`` and ``logs JOB``, beside real daemons that come and go."""

import base64
import json
import os
import re
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from djobs_local import run_folder
from djobs_protocol.errors import CATALOGUE
from djobsctl.commands.status import EXIT_BY_STATE
from djobsctl.handed_over import EXIT_NO_CODE, exit_status
from djobsctl.joblog import Place, beyond
from tests.cli.command import djobsctl, enqueue
from tests.cli.states import MAKERS, made
from tests.harness.daemon import PATIENCE_SECONDS, PYTHON, DaemonHome, wait_until
from tests.harness.gate import Gate

BEGIN_AND_WAIT = ["sh", "-c", 'echo begun; while [ ! -e "$0" ]; do sleep 0.02; done; exit 5']
"""Ends when the file is there that comes after it."""


@pytest.fixture
def home(running_daemon: DaemonHome) -> DaemonHome:
    running_daemon.env["DJOBS_START_BACKOFF_MAX_S"] = "0"
    return running_daemon


@pytest.fixture
def go(tmp_path: Path) -> Path:
    """Return a file that ends ``BEGIN_AND_WAIT`` when it is there."""
    return tmp_path / "go"


class Beside:
    """A command that runs beside the test."""

    def __init__(self, home: DaemonHome, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [PYTHON, "-m", "djobsctl", *arguments],
            env=home.env,
            cwd=home.state,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def line(self) -> bytes:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def end(self) -> tuple[int, bytes, str]:
        """Wait for its end; return its status, the rest of its output, and what it said."""
        out, said = self.process.communicate(timeout=PATIENCE_SECONDS)
        return self.process.returncode, out, said.decode()


def submit(home: DaemonHome, *arguments: str) -> str:
    ran = djobsctl(home, "submit", *arguments, folder=home.state)
    assert ran.status == 0, ran
    return ran.stdout.strip()


def job_of(home: DaemonHome, job_id: str) -> dict[str, Any]:
    with home.connect() as connection:
        job: dict[str, Any] = connection.call("job.get", {"job_id": job_id})["job"]
    return job


def wait_for(home: DaemonHome, job_id: str) -> dict[str, Any]:
    with home.connect() as connection:
        asked = {"job_ids": [job_id], "wait_seconds": PATIENCE_SECONDS}
        assert connection.call("job.wait", asked)["done"]
    return job_of(home, job_id)


def wait_printed(home: DaemonHome, job_id: str) -> None:
    with home.connect() as connection:
        asked = {"job_id": job_id, "wait_seconds": PATIENCE_SECONDS}
        assert connection.call("job.log", asked)["data"]


def raw(home: DaemonHome, *arguments: str) -> bytes:
    """Return the standard output of a command, whatever bytes those are."""
    command = [PYTHON, "-m", "djobsctl", *arguments]
    return subprocess.run(command, env=home.env, capture_output=True, check=True).stdout


# What is handed over


def test_what_comes_after_the_dashes_is_the_command_whatever_it_looks_like(
    home: DaemonHome,
) -> None:
    words = ["printf", "%s\n", "--json", "-h", "--", "a b", "$(touch no)", "`x`", "*", "'", "ü", ""]
    ran = djobsctl(home, "submit", "--wait", "--", *words, folder=home.state)
    assert (ran.status, ran.stdout) == (0, "\n".join(words[2:]) + "\n")
    assert not (home.folder / "no").exists()
    (job,) = djobsctl(home, "list", "--json").document["jobs"]
    assert job["payload"] == {"spec": words}


def test_every_option_reaches_the_job(home: DaemonHome) -> None:
    first = submit(home, "--", "true")
    words = ["--priority", "2", "--max-duration", "90s", "--attempts", "4"]
    words += ["--cwd", "sub", "--resource", "db", "--key", "nightly"]
    job = job_of(home, submit(home, *words, "--after", first, "--", "make", "all"))
    assert job["payload"] == {"spec": ["make", "all"], "cwd": "sub"}
    assert (job["priority"], job["max_duration_seconds"], job["max_attempts"]) == (2, 90, 4)
    assert (job["resource_key"], job["idempotency_key"]) == ("db", "nightly")
    assert (job["type"], job["managed_by"]) == ("shell", "executor")
    assert job["workspace"] == os.path.realpath(home.state)
    with home.connect() as connection:
        needs = connection.call("job.get", {"job_id": job["id"]})["depends_on"]
    assert needs == [first]


def test_the_words_of_another_type_are_its_text(home: DaemonHome) -> None:
    of_type = ("--type", "summarize", "--payload", '{"context_files": ["a.md"], "spec": "no"}')
    job_id = submit(home, *of_type, "--", "what", "is  here?")
    assert job_of(home, job_id)["payload"] == {
        "spec": "what is  here?",
        "context_files": ["a.md"],
    }


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--payload", "[1]"], "it is no JSON object"),
        (["--payload", "{"], "it is not JSON"),
        (["--payload", '{"colour": "red"}'], "The payload is no command"),
    ],
)
def test_a_payload_that_no_run_could_come_of_is_refused(
    home: DaemonHome, words: list[str], reason: str
) -> None:
    ran = djobsctl(home, "submit", *words, "--", "true", folder=home.state)
    assert (ran.status, ran.stdout) == (2, "")
    assert reason in ran.stderr


def test_a_command_is_handed_over_once_though_the_daemon_died_with_the_answer(
    daemon_home: DaemonHome,
) -> None:
    daemon_home.env["DJOBS_START_BACKOFF_MAX_S"] = "0"
    gate = Gate(daemon_home.folder / "gate")
    gate.open()
    daemon_home.start(DJOBS_FP=f"store.committed=gate:{gate}")
    with gate:
        wait_for(daemon_home, submit(daemon_home, "--", "true"))  # now the daemon seeks no work
        gate.shut()
        beside = Beside(daemon_home, "submit", "--", "true")
        gate.wait_reached()
        daemon_home.kill9()
        status, out, _ = beside.end()
    assert status == 0
    newest, _ = djobsctl(daemon_home, "list", "--json").document["jobs"]
    assert newest["id"] == out.decode().strip()
    assert newest["created_at"] < daemon_home.status()["started_at"], "it was not stored before"


@pytest.mark.parametrize("state", MAKERS)
def test_a_command_is_handed_over_or_refused_with_one_document_in_every_state(
    state: str, daemon_home: DaemonHome
) -> None:
    with made(state, daemon_home):
        ran = djobsctl(daemon_home, "submit", "--json", "--", "true", folder=daemon_home.state)
        document = ran.document
    if EXIT_BY_STATE[state] == 0:
        assert (ran.status, document["state"]) == (0, "pending")
    else:
        error = document["error"]
        assert ran.status == CATALOGUE[error["code"]].exit == error["exit_status"] != 0


# How it ended


@pytest.mark.parametrize(
    ("state", "code", "status"),
    [
        ("succeeded", 0, 0),
        ("skipped", None, 0),
        ("skipped", 3, 0),
        ("failed", 3, 3),
        ("dead_lettered", 3, 3),
        ("failed", 137, 137),
        ("stopped", 143, 143),
        ("stopped", 0, EXIT_NO_CODE),
        ("failed", 0, EXIT_NO_CODE),
        ("failed", None, EXIT_NO_CODE),
        ("cancelled", None, EXIT_NO_CODE),
    ],
)
def test_the_status_of_a_wait_is_the_exit_code_and_never_0_for_what_did_not_end_well(
    state: str, code: int | None, status: int
) -> None:
    assert exit_status({"state": state, "exit_code": code}) == status


def test_output_comes_while_the_command_runs_and_goes_on_with_the_next_daemon(
    home: DaemonHome, go: Path
) -> None:
    beside = Beside(home, "submit", "--wait", "--", *BEGIN_AND_WAIT, str(go))
    assert beside.line() == b"begun\n"
    home.kill9()
    go.touch()
    status, out, said = beside.end()
    assert (status, out) == (5, b"")
    assert len(home.births()) == 2
    first, last = (line.split(maxsplit=1) for line in said.splitlines() if line[:1] == "j")
    assert (first[0], first[1], last[0]) == (last[0], "is submitted.", first[0])
    assert last[1].startswith("failed: exit code 5 after ")


def test_a_wait_sees_every_attempt(home: DaemonHome) -> None:
    script = "echo x >> tries; n=$(wc -l < tries); echo try $n; [ $n -ge 2 ]"
    ran = djobsctl(
        home, "submit", "--wait", "--attempts", "2", "--", "sh", "-c", script, folder=home.state
    )
    assert (ran.status, ran.stdout) == (0, "try 1\ntry 2\n")
    job_id = ran.stderr.split()[0]
    assert djobsctl(home, "logs", job_id).stdout == "try 2\n"
    assert djobsctl(home, "logs", job_id, "--attempt", "1").stdout == "try 1\n"
    assert djobsctl(home, "logs", job_id, "--attempt", "1", "--follow").stdout == "try 1\n"


def test_who_stops_waiting_is_told_that_the_command_goes_on(home: DaemonHome, go: Path) -> None:
    beside = Beside(home, "submit", "--wait", "--", *BEGIN_AND_WAIT, str(go))
    assert beside.line() == b"begun\n"
    beside.process.send_signal(signal.SIGINT)
    status, _, said = beside.end()
    job_id = said.split()[0]
    assert status == 130
    assert said.splitlines()[1:] == [
        f"{job_id} goes on without you; `djobsctl cancel {job_id}` stops it."
    ]
    assert job_of(home, job_id)["state"] == "running"
    go.touch()
    assert wait_for(home, job_id)["exit_code"] == 5


def test_a_key_that_names_an_ended_job_has_it_shown_again(home: DaemonHome) -> None:
    command = ("submit", "--wait", "--key", "k", "--", "echo", "once")
    for said in ("is submitted.", "The key is that of"):
        ran = djobsctl(home, *command, folder=home.state)
        assert (ran.status, ran.stdout) == (0, "once\n")
        assert said in ran.stderr


# What it printed


def test_bytes_come_out_as_they_went_in(home: DaemonHome) -> None:
    (home.folder / "all").write_bytes(every := bytes(range(256)) * 3000)
    job_id = submit(home, "--", "cat", "all")
    assert wait_for(home, job_id)["state"] == "succeeded"
    assert raw(home, "logs", job_id) == every
    assert raw(home, "logs", job_id, "--follow") == every
    assert raw(home, "logs", job_id, "--from", "767990") == every[767990:]
    assert raw(home, "logs", job_id, "--tail", "3") == every[-3:]
    pieces = [json.loads(line) for line in raw(home, "logs", job_id, "--json").splitlines()]
    assert b"".join(base64.b64decode(piece["data"]) for piece in pieces) == every
    assert len(pieces) > 1
    assert pieces[-1]["next_offset"] == pieces[-1]["end"] == len(every)


def test_what_is_not_kept_is_said_on_standard_error(home: DaemonHome) -> None:
    job_id = submit(home, "--", "echo", "the end")
    wait_for(home, job_id)
    (run,) = (home.folder / "runs").iterdir()
    kept = run / run_folder.segment_name(run_folder.OUT, 0)
    kept.rename(kept.with_name(run_folder.segment_name(run_folder.OUT, 100)))
    ran = djobsctl(home, "logs", job_id)
    assert (ran.status, ran.stdout) == (0, "the end\n")
    assert ran.stderr == "[100 bytes before offset 100 are not kept]\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGPIPE])
def test_following_a_log_is_ended_quietly_and_the_command_goes_on(
    home: DaemonHome, go: Path, number: signal.Signals
) -> None:
    job_id = submit(home, "--", "sh", "-c", "while sleep 0.05; do echo tick; done")
    beside = Beside(home, "logs", "-f", job_id)
    assert beside.line() == b"tick\n"
    if number is signal.SIGINT:
        beside.process.send_signal(number)
    else:
        assert beside.process.stdout is not None
        beside.process.stdout.close()
        beside.process.stdout = None
    status, _, said = beside.end()
    assert (status, said) == (128 + number, "")
    assert job_of(home, job_id)["state"] == "running"
    djobsctl(home, "cancel", job_id)
    wait_for(home, job_id)


def test_a_stop_on_purpose_ends_following_with_its_reason(home: DaemonHome, go: Path) -> None:
    job_id = submit(home, "--", *BEGIN_AND_WAIT, str(go))
    beside = Beside(home, "logs", "--follow", job_id)
    assert beside.line() == b"begun\n"
    assert djobsctl(home, "stop").status == 0
    status, _, said = beside.end()
    assert status == 79
    assert "stopped on purpose" in said
    go.touch()


def test_following_as_json_prints_a_document_for_each_piece_and_one_for_the_end(
    home: DaemonHome, go: Path
) -> None:
    job_id = submit(home, "--", *BEGIN_AND_WAIT, str(go))
    beside = Beside(home, "logs", "--follow", "--json", job_id)
    first = json.loads(beside.line())
    go.touch()
    status, rest, _ = beside.end()
    assert (status, base64.b64decode(first["data"]), first["ended"]) == (0, b"begun\n", False)
    (last,) = map(json.loads, rest.splitlines())
    assert (last["data"], last["ended"], last["running"]) == ("", True, False)


def test_a_job_that_waits_is_said_to_wait_for_something(home: DaemonHome) -> None:
    (agents,) = enqueue(home, "a")
    job_id = submit(home, "--after", agents, "--", "echo", "at last")
    beside = Beside(home, "logs", "--follow", job_id)
    assert beside.process.stderr is not None
    assert beside.process.stderr.readline().decode() == (
        f"{job_id} waits; `djobsctl why {job_id}` says what for ...\n"
    )
    with home.connect() as connection:
        connection.call("job.complete", {"job_id": agents})
    assert beside.end() == (0, b"at last\n", "")


def chunk(**fields: Any) -> dict[str, Any]:
    return {"id": "j1bb", "generation": 2, "last_generation": 2, "data": "", "next_offset": 9} | (
        fields
    )


@pytest.mark.parametrize(
    ("asked", "answer", "then"),
    [
        (Place(), chunk(data="eA=="), Place(2, 9)),
        (Place(), chunk(running=True), Place(2, 9)),
        (Place(2, 9), chunk(data="eA==", ended=True), Place(2, 9)),
        (Place(2, 9), chunk(ended=True), None),
        (Place(2, 9), chunk(), Place(3, 0)),
        (Place(1, 9), chunk(generation=1, ended=True), Place(2, 0)),
        (Place(1, 9, alone=True), chunk(generation=1), None),
        (Place(3), chunk(generation=3, ended=True), None),
        (Place(), chunk(generation=0, last_generation=0, running=True), Place(1, 9)),
        (Place(), chunk(generation=0, last_generation=0, ended=True), None),
    ],
)
def test_reading_goes_on_where_more_may_come_and_ends_where_nothing_will(
    asked: Place, answer: dict[str, Any], then: Place | None
) -> None:
    assert beyond(asked, answer) == then


# Stopping


@pytest.mark.slow
def test_cancelling_what_runs_says_that_it_is_being_stopped_and_so_does_the_list(
    home: DaemonHome,
) -> None:
    stubborn = "trap '' TERM; echo begun; while :; do sleep 0.05; done"
    job_id = submit(home, "--", "sh", "-c", stubborn)
    wait_printed(home, job_id)
    ran = djobsctl(home, "cancel", job_id)
    assert ran.stdout.startswith(f"{job_id} is being stopped")
    assert "stopping since " in djobsctl(home, "list").stdout
    assert "Stopping: since " in djobsctl(home, "show", job_id).stdout
    assert wait_for(home, job_id)["exit_code"] == 137
    wait_until(lambda: "Stopping" not in djobsctl(home, "show", job_id).stdout, "it is stopped")


def test_a_check_that_does_not_pass_fails_what_was_submitted_and_show_says_which(
    home: DaemonHome,
) -> None:
    checks = ["--verify", '{"command": "true"}', "--verify", '{"file_exists": "made"}']
    failed = djobsctl(home, "submit", *checks, "--wait", "--", "true")
    assert failed.status != 0
    job_id = re.findall(r"\bj\w+", failed.stderr)[0]
    shown = djobsctl(home, "show", job_id).stdout
    assert "passed: command true" in shown
    assert "failed: file_exists made" in shown
    assert "made is not there." in shown
