"""Checks of work that is confined, scheduled, budgeted or done by a worker."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from djobs import Check, Client, JobContext, JobState, NewJob, Worker
from djobs_local.call import Connection
from djobs_protocol.states import TERMINAL_STATES
from djobs_protocol.values import Retry
from tests.agent.program import FAKE
from tests.harness import needs
from tests.harness.daemon import DaemonHome, wait_until
from tests.llm.servers.openai_chat import OpenAIChat
from tests.llm.servers.script import at_paths
from tests.work.hand_over import ended
from tests.work.hand_over import submit as submit_command
from tests.work.test_asked_models import asking

WALLED = """
[types.shell]
executor = "shell"
sandbox = "write+network"
"""
AGENTS = f"""
[agents.claude]
stream = "claude"
command = {json.dumps(FAKE)}
[types.trusted]
executor = "agent"
apply = "auto"
[budgets]
job = {{ minutes = 10 }}
day = {{ minutes = 100 }}
"""


@pytest.fixture(scope="module")
def home() -> Iterator[DaemonHome]:
    needs.program("bwrap")
    needs.program("git")
    with DaemonHome() as home:
        Path(home.state, "config.toml").write_text(AGENTS + WALLED)
        home.start()
        yield home


@pytest.fixture
def at(home: DaemonHome, tmp_path: Path) -> Iterator[Connection]:
    with home.connect(workspace=str(tmp_path)) as connection:
        yield connection


def checks(*commands: str) -> list[dict[str, Any]]:
    return [{"command": ["sh", "-c", command]} for command in commands]


def receipt(at: Connection, job_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = at.call("job.get", {"job_id": job_id})["receipt"]["checks"]
    return found


def test_what_an_agent_changed_is_checked_inside_a_sandbox(at: Connection, tmp_path: Path) -> None:
    spec = "write made.txt made\nresult"
    inside = checks("grep made made.txt", f"cat {tmp_path}/../*/config.toml && exit 1; true")
    outside = checks("grep made made.txt", f"echo x > {Path.home()}/.djobs-test-left")
    good = submit_command(at, spec, type="trusted", verify=inside)
    job = ended(at, good)
    assert job["state"] == "succeeded", (job, receipt(at, good))
    assert {each["sandbox"] for each in receipt(at, good)} == {"write+network by bubblewrap"}
    (tmp_path / "made.txt").unlink()
    bad = ended(at, submit_command(at, spec, type="trusted", verify=outside))
    assert bad["last_error"].startswith("verification_failed: check 2 of 2"), bad
    assert not Path.home().joinpath(".djobs-test-left").exists()


def test_what_a_model_wrote_is_checked_inside_a_sandbox(tmp_path: Path) -> None:
    needs.program("bwrap")
    provider = OpenAIChat(at_paths({"made.txt": "made\n"}))
    job: dict[str, Any] = {"type": "write_file", "managed_by": "executor"}
    job |= {"payload": {"spec": "x"}, "verify": checks("grep made made.txt; touch seen")}
    with asking(provider, tmp_path, WALLED) as at:
        (made,) = at.call("job.enqueue", {"jobs": [job]})["jobs"]
        assert ended(at, made["id"])["state"] == "succeeded"
        (check,) = receipt(at, made["id"])
        assert (check["sandbox"], check["exit_code"]) == ("write+network by bubblewrap", 0)
    assert (tmp_path / "seen").exists()


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_schedule_makes_jobs_with_checks_and_budgets(at: Connection, tmp_path: Path) -> None:
    job: dict[str, Any] = {"type": "shell", "managed_by": "executor"}
    job["payload"] = {"spec": "touch made"}
    job |= {"verify": [{"file_exists": "made"}], "budget": {"minutes": 5}, "env": {"A": "1"}}
    at.call("schedule.set", {"name": "nightly", "cron": "* * * * *", "job": job})
    wait_until(lambda: at.call("job.list", {}).get("jobs"), "its time to come", 75)
    at.call("schedule.remove", {"name": "nightly"})
    (made,) = at.call("job.list", {})["jobs"]
    found = ended(at, made["id"])
    assert (found["state"], found["verified"]) == ("succeeded", True), found
    assert (found["budget"], found["env"]) == ({"minutes": 5.0}, {"A": "1"})
    assert receipt(at, made["id"])[0]["outcome"] == "passed"


async def test_a_worker_s_word_is_checked_too(
    home: DaemonHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DJOBS_HOME", home.state)
    worker = Worker(home=home.state, workspace=str(tmp_path))

    @worker.handles("make")
    async def make(job: JobContext) -> str:
        if job.attempt > 1:
            (tmp_path / "made").touch()
        return "made it"

    job = NewJob(
        type="make",
        managed_by="worker",
        verify=[Check(file_exists="made")],
        retry=Retry(base_seconds=0),
    )
    async with Client(home=home.state, workspace=str(tmp_path)) as djobs:
        (made,) = await djobs.enqueue_many([job])
        with anyio.fail_after(50):
            while (found := await djobs.get(made.id)).job.state not in TERMINAL_STATES:
                await worker.run(until_idle=True)
    assert (found.job.state, found.job.verified) == (JobState.SUCCEEDED, True), found
    assert found.receipt is not None


def test_the_time_of_checks_is_in_no_budget_but_that_of_the_run_is(at: Connection) -> None:
    """A check is bounded by its own time: it costs the submitter nothing that was promised."""
    job_id = submit_command(at, "true", verify=checks("sleep 1"), budget={"minutes": 0.01})
    job = ended(at, job_id)
    assert (job["state"], job["verified"]) == ("succeeded", True), job
