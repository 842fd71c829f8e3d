"""A budget and variables that a job brings along: bounded, kept as given, no secret among them."""

import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from djobs import Client, JobBudget
from djobs_daemon.queue.given import require_within, shown_variables, stored_variables
from djobs_local.call import Connection
from djobs_protocol.errors import DjobsError, ErrorCode
from tests.harness.daemon import DaemonHome
from tests.work.hand_over import ended, job_of, log_of, submit
from tests.work.test_asked_models import asking
from tests.work.test_budgets import BAD, GOOD, Held, is_paused, notes, wait_for

SECRET = "planted-value-of-the-tests"
CONFIG = """
[budgets]
job = { minutes = 5, usd = 1.5 }
[types.listed]
executor = "shell"
env = ["COLOR_*", "DEPLOY_TOKEN"]
[types.ruled]
executor = "shell"
allow = [["printenv", "..."]]
"""


@pytest.fixture(scope="module")
def home() -> Iterator[DaemonHome]:
    with DaemonHome() as home:
        Path(home.state, "config.toml").write_text(CONFIG)
        secrets = Path(home.state, "secrets.env")
        secrets.touch(0o600)
        secrets.write_text(f"DEPLOY_TOKEN={SECRET}\n")
        home.start()
        yield home


@pytest.fixture
def at(home: DaemonHome, tmp_path: Path) -> Iterator[Connection]:
    with home.connect(workspace=str(tmp_path)) as connection:
        yield connection


def refusal(at: Connection, **fields: Any) -> str:
    with pytest.raises(DjobsError) as refused:
        submit(at, "true", **fields)
    assert refused.value.code is ErrorCode.INVALID_PARAMS
    return f"{refused.value.message} {refused.value.hint}"


def test_a_command_has_the_variables_that_it_was_given(at: Connection) -> None:
    given = {"GREETING": "hello there", "EMPTY": ""}
    job = ended(at, submit(at, ["printenv", "GREETING"], env=given))
    assert log_of(at, job["id"]) == b"hello there\n"
    assert job["env"] == given


def test_a_secret_comes_from_its_file_and_is_shown_nowhere(
    at: Connection, home: DaemonHome
) -> None:
    job = ended(at, submit(at, ["sh", "-c", 'echo "<$DEPLOY_TOKEN>"'], env={"DEPLOY_TOKEN": None}))
    assert log_of(at, job["id"]) == f"<{'*' * len(SECRET)}>\n".encode()
    assert job["env"] == {"DEPLOY_TOKEN": None}
    assert "<***" in job["evidence"]
    kept = [Path(home.state, "jobs.db"), Path(home.state, "jobs.db-wal")]
    assert not any(SECRET.encode() in each.read_bytes() for each in kept if each.exists())
    order = Path(home.state, "runs", f"{job['id']}.1", "order.json")
    assert SECRET not in order.read_text()


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"API_TOKEN": "abc"}, r"looks like a secret.*secrets\.env"),
        ({"NOTE": "ghp_0123456789abcdefghijklmnopqrstuvwxyz"}, "looks like a secret"),
        ({"DJOBS_DEPTH": "0"}, "said by djobs itself"),
        ({"a b": "c"}, "no name of a variable"),
    ],
)
def test_what_no_job_may_be_given_is_refused(
    at: Connection, env: dict[str, str], said: str
) -> None:
    assert re.search(said, refusal(at, env=env))


def test_a_type_says_which_variables_it_takes(at: Connection, home: DaemonHome) -> None:
    for job_type, name in (("listed", "PAGER"), ("listed", "COLOR_KEY"), ("ruled", "LD_PRELOAD")):
        said = refusal(at, type=job_type, env={name: None})
        assert f"takes no {name} in env; `env` of [types.{job_type}]" in said
    given = {"COLOR_ON": "yes", "DEPLOY_TOKEN": None}
    job = ended(at, submit(at, ["printenv", "COLOR_ON"], type="listed", env=given))
    assert job["state"] == "succeeded"
    assert "takes no env" in refusal(at, type="review", env={"X": "1"})
    assert "takes no ANTHROPIC_BASE_URL" in refusal(
        at, type="agent", env={"ANTHROPIC_BASE_URL": "x"}
    )
    with pytest.raises(DjobsError, match="done by an agent"):
        at.call("job.enqueue", {"jobs": [{"type": "t", "env": {"X": "1"}}]})


def test_a_secret_that_is_not_there_is_named(at: Connection) -> None:
    job = ended(at, submit(at, "true", env={"MISSING_TOKEN": None}))
    assert job["state"] == "failed"
    assert "MISSING_TOKEN does not stand in secrets.env" in job["last_error"]


def test_a_budget_of_a_job_is_within_that_of_each_job(at: Connection) -> None:
    said = refusal(at, budget={"usd": 2})
    assert "budget.usd is 2; [budgets] of config.toml gives each job 1.5." in said
    with pytest.raises(DjobsError, match="done by an agent"):
        at.call("job.enqueue", {"jobs": [{"type": "t", "budget": {"usd": 1}}]})
    with pytest.raises(DjobsError):
        submit(at, "true", budget={"usd": 0})


def test_a_job_that_crosses_its_own_budget_is_paused_and_asked_about(at: Connection) -> None:
    job_id = submit(at, ["sleep", "100"], budget={"minutes": 0.01})
    wait_for(at, job_id, is_paused)
    assert job_of(at, job_id)["budget"] == {"minutes": 0.01}
    (why,) = [note for kind, note in notes(at, job_id) if kind == "paused"]
    assert why.startswith(f"The budget of {job_id} is reached"), why
    at.call("job.cancel", {"job_id": job_id})
    assert ended(at, job_id)["state"] == "stopped"


def test_a_budget_of_a_job_holds_where_no_other_is_set(tmp_path: Path) -> None:
    provider = Held(BAD, GOOD)
    payload = {"spec": "x", "output_path": "a.md"}
    job = {"type": "write_file", "managed_by": "executor", "payload": payload}
    with asking(provider, tmp_path) as at:
        asked = {"jobs": [{**job, "budget": {"tokens": 1000}}]}
        job_id = at.call("job.enqueue", asked)["jobs"][0]["id"]
        wait_for(at, job_id, is_paused)
        assert ended(at, submit(at, "true"))["state"] == "succeeded"
        at.call("budget.allow", {"job_id": job_id})
        provider.let.set()
        assert ended(at, job_id)["state"] == "succeeded"
        assert at.call("budget.list", {}).get("questions", []) == []


def test_the_database_lets_nobody_change_what_a_job_was_given(
    at: Connection, home: DaemonHome
) -> None:
    submit(at, "true", budget={"usd": 1})
    with sqlite3.connect(Path(home.state, "jobs.db")) as db:
        for column in ("budget", "env", "sandbox"):
            with pytest.raises(sqlite3.IntegrityError, match="does not change"):
                db.execute(f"UPDATE jobs SET {column} = 'x' WHERE budget IS NOT NULL")


def test_a_job_in_a_run_raises_no_budget(at: Connection, home: DaemonHome) -> None:
    waiting = submit(at, ["sleep", "100"], budget={"minutes": 0.01})
    command = [sys.executable, "-m", "djobsctl", "budget", "allow", waiting]
    job = ended(at, submit(at, command, env={"DJOBS": "1"} | {"HOME": home.env.get("HOME", "/")}))
    assert job["state"] == "failed"
    assert b"no job raises a budget" in log_of(at, job["id"]), log_of(at, job["id"])
    at.call("job.cancel", {"job_id": waiting})


def test_people_give_the_same(home: DaemonHome, at: Connection, tmp_path: Path) -> None:
    def djobsctl(*words: str) -> tuple[str, str]:
        ran = subprocess.run(
            [sys.executable, "-m", "djobsctl", *words],
            env=home.env | {"HERE": "there"},
            cwd=tmp_path,
            text=True,
            capture_output=True,
            check=True,
        )
        return ran.stdout, ran.stderr

    given = ["--budget", "minutes=2,usd=1", "--env", "A=1", "--env", "HERE"]
    command = ["--secret", "DEPLOY_TOKEN", "--", "sh", "-c", "echo $A $HERE"]
    printed, said = djobsctl("submit", "--wait", *given, *command)
    assert printed == "1 there\n"
    shown, _ = djobsctl("show", said.split()[0])
    for line in ("$1.00, 2 minutes in all attempts", "DEPLOY_TOKEN (from secrets.env)", "A=1"):
        assert line in shown, shown


async def test_programs_give_the_same(home: DaemonHome, tmp_path: Path) -> None:
    async with Client(home=home.state, workspace=str(tmp_path)) as djobs:
        made = await djobs.submit("true", budget=JobBudget(usd=1), env={"A": "1"})
        job = (await djobs.get(made.id)).job
        assert (job.budget, job.env) == (JobBudget(usd=1), {"A": "1"})


def test_what_was_stored_before_it_was_refused_is_not_shown() -> None:
    assert shown_variables(json.dumps({"API_KEY": "x", "A": "b"})) == {
        "API_KEY": "[redacted]",
        "A": "b",
    }
    with pytest.raises(DjobsError, match="variables of"):
        stored_variables({f"A{number}": "x" * 1000 for number in range(100)})
    require_within(JobBudget(usd=1), {"usd": None, "tokens": 5, "minutes": None})
