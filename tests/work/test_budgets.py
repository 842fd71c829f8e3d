"""Budgets of a real daemon: who crosses one waits for an answer, and what is gone stays gone."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from djobs_local.call import Connection
from tests.harness.daemon import DaemonHome, wait_until
from tests.llm.servers.openai_chat import OpenAIChat
from tests.llm.servers.provider import Asked
from tests.llm.servers.script import Answer, Step, at_paths
from tests.work.hand_over import ended, job_of
from tests.work.hand_over import submit as submit_command
from tests.work.test_asked_models import asking, submit

BAD = at_paths({"../out.md": "x"})
"""Costs $0.0027, 1,200 tokens, and is asked for again."""
GOOD = at_paths({"a.md": "# A\n"})


class Held(OpenAIChat):
    """Answers once, and what is asked after that only when it is let."""

    def __init__(self, *steps: Step) -> None:
        super().__init__(*steps)
        self.let = threading.Event()

    def next_step(self, asked: Asked) -> Step:
        step = super().next_step(asked)
        if len(self.asked) > 1:
            assert self.let.wait(60)
        return step


@contextmanager
def running(workspace: Path, table: str) -> Iterator[tuple[DaemonHome, Connection]]:
    """Give a daemon with budgets, and a session of it."""
    with DaemonHome() as home:
        Path(home.state, "config.toml").write_text(f"[budgets]\n{table}")
        home.start()
        with home.connect(workspace=str(workspace)) as connection:
            yield home, connection


def wait_for(at: Connection, job_id: str, is_so: Callable[[dict[str, Any]], bool]) -> None:
    wait_until(lambda: is_so(job_of(at, job_id)), f"{job_id} to be so", 30)


def is_paused(job: dict[str, Any]) -> bool:
    return job.get("paused_at") is not None


def budgets(at: Connection) -> dict[tuple[str, str], dict[str, Any]]:
    listed = at.call("budget.list", {}).get("budgets", [])
    return {(each["scope"], each["unit"]): each for each in listed}


def notes(at: Connection, job_id: str) -> list[tuple[str, str]]:
    events = at.call("job.get", {"job_id": job_id})["events"]
    return [(each["kind"], each.get("note") or "") for each in events]


def test_a_run_that_crosses_its_budget_is_paused_and_asked_about_then_allowed_and_ends(
    tmp_path: Path,
) -> None:
    provider = Held(BAD, GOOD)
    with asking(provider, tmp_path, "[budgets]\njob = { tokens = 1_000 }\n") as at:
        job_id = submit(at, "write_file", "x", output_path="a.md")
        wait_for(at, job_id, is_paused)
        asked = at.call("budget.list", {})
        assert asked["questions"] == [{"job_id": job_id, "scope": "job", "unit": "tokens"}]
        assert [each["key"] for each in at.call("notice.list", {})["notices"]] == [
            f"reached job {job_id} tokens",
            f"near job {job_id} tokens",
        ]
        assert at.call("daemon.status", {})["over_budget"] == 1
        at.call("budget.allow", {"job_id": job_id})
        provider.let.set()
        assert ended(at, job_id)["state"] == "succeeded"
        assert [kind for kind, _ in notes(at, job_id)] == [
            *("enqueued", "claimed", "paused", "resumed", "succeeded"),
        ]
        assert at.call("budget.list", {}).get("questions", []) == []


def test_a_run_that_is_to_be_stopped_at_its_budget_is_ended_by_the_daemon(tmp_path: Path) -> None:
    with running(tmp_path, 'day = { minutes = 0.01 }\non_limit = "stop"\n') as (_, at):
        job_id = submit_command(at, ["sleep", "100"])
        assert ended(at, job_id)["state"] == "stopped"
        (asked,) = [note for kind, note in notes(at, job_id) if kind == "stop_requested"]
        assert asked.startswith("The budget of today is reached"), asked
        assert budgets(at)["day", "minutes"]["reserved"] == 0


def test_what_would_begin_over_budget_waits_says_why_and_begins_once_that_is_raised(
    tmp_path: Path,
) -> None:
    provider = OpenAIChat(Answer(text="One."), Answer(text="Two."))
    more = "[budgets]\nday = { tokens = 1_200 }\nmonth = { usd = 9 }\n"
    with asking(provider, tmp_path, more) as at:
        assert ended(at, submit(at, "summarize", "x"))["state"] == "succeeded"
        assert budgets(at)["day", "tokens"]["used"] == 1200
        assert budgets(at)["month", "usd"]["used"] > 0
        waiting = submit(at, "summarize", "y")
        assert ended(at, submit_command(at, "true"))["state"] == "succeeded"
        assert job_of(at, waiting)["state"] == "pending"
        (why,) = at.call("job.explain", {"job_id": waiting})["obstacles"]
        assert why["kind"] == "budget"
        assert "1,200 tokens used of 1,200 tokens; it resets at" in why["text"]
        assert "djobsctl budget allow day" in why["text"]
        assert why["until"]
        at.call("budget.allow", {"budget": "day", "tokens": 5000})
        assert ended(at, waiting)["state"] == "succeeded"
        assert budgets(at)["day", "tokens"]["limit"] == 6200


def test_one_job_that_is_allowed_goes_before_all_that_wait(tmp_path: Path) -> None:
    with running(tmp_path, "workspace = { minutes = 0.001 }\n") as (_, at):
        used_up = submit_command(at, ["sleep", "100"])
        wait_for(at, used_up, is_paused)
        first, second = submit_command(at, "true"), submit_command(at, "true")
        at.call("budget.allow", {"job_id": second})
        assert ended(at, second)["state"] == "succeeded"
        assert job_of(at, first)["state"] == "pending"


def test_what_is_asked_and_reserved_outlives_the_daemon(tmp_path: Path) -> None:
    """A run that lives goes on counting; what a run that is over had reserved is returned."""
    with running(tmp_path, "day = { minutes = 0.05 }\njob = { minutes = 0.01 }\n") as (home, at):
        go = tmp_path / "go"
        command = ["sh", "-c", f"until test -e {go}; do sleep 0.1; done"]
        job_id = submit_command(at, command)
        wait_for(at, job_id, is_paused)
        held = budgets(at)["day", "minutes"]["reserved"]
        home.kill9()
        home.start()
        with home.connect(workspace=str(tmp_path)) as later:
            listed = later.call("budget.list", {})
            assert [each["job_id"] for each in listed["questions"]] == [job_id]
            assert budgets(later)["day", "minutes"]["reserved"] == held > 0
            later.call("budget.allow", {"job_id": job_id})
            assert not is_paused(job_of(later, job_id))
            home.kill9()
        go.touch()
        home.start()
        with home.connect(workspace=str(tmp_path)) as later:
            assert ended(later, job_id)["state"] == "succeeded"
            day = budgets(later)["day", "minutes"]
            assert (day["reserved"], day["used"] > 0) == (0, True)


def test_a_runaway_of_cheap_successes_is_held_up_by_its_rate(tmp_path: Path) -> None:
    with running(tmp_path, "rate = { starts_per_hour = 2 }\n") as (_, at):
        for _ in range(2):
            assert ended(at, submit_command(at, "true"))["state"] == "succeeded"
        third = submit_command(at, "true")
        wait_until(lambda: at.call("notice.list", {}).get("notices"), "a notice", 30)
        (why,) = at.call("job.explain", {"job_id": third})["obstacles"]
        assert why["text"].startswith(f"The starts per hour of the workspace {tmp_path}")
        at.call("budget.allow", {"budget": "hour", "starts": 1})
        assert ended(at, third)["state"] == "succeeded"


def test_the_time_of_a_command_is_metered_too(tmp_path: Path) -> None:
    with running(tmp_path, "job = { minutes = 0.01 }\n") as (_, at):
        job_id = submit_command(at, ["sleep", "100"])
        wait_for(at, job_id, is_paused)
        at.call("job.cancel", {"job_id": job_id})
        assert ended(at, job_id)["state"] == "stopped"
        assert at.call("budget.list", {}).get("questions", []) == []


def test_an_unknown_price_is_said_and_tokens_count(tmp_path: Path) -> None:
    more = '[budgets]\nday = { usd = 5, tokens = 1_000_000 }\nunknown_price = "pause"\n'
    provider = Held(BAD, GOOD)
    with asking(provider, tmp_path, more) as at:
        job_id = submit(at, "write_file", "x", output_path="a.md", model="own:large")
        wait_for(at, job_id, is_paused)
        at.call("budget.allow", {"job_id": job_id})
        provider.let.set()
        assert ended(at, job_id)["state"] == "succeeded"
        day = budgets(at)["day", "usd"]
        assert (day["used"], day["unpriced"]) == (0, 1)
        assert budgets(at)["day", "tokens"]["used"] == 2400
