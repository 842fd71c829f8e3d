"""What work in a sandbox hands over is in one, too: no task is a way out."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from djobs_daemon.executors.carried import Carried
from djobs_daemon.executors.given_along import require_given
from djobs_daemon.executors.kinds import Refused
from djobs_daemon.executors.llm import LlmExecutor
from djobs_daemon.executors.llm_config import LlmTable
from djobs_daemon.executors.whereabouts import Whereabouts
from djobs_daemon.queue.budget_table import Sums
from djobs_daemon.queue.inheritance import Inherited, stored
from djobs_local.call import Connection
from djobs_local.identity import of_process
from djobs_protocol.errors import DjobsError
from tests.harness import needs
from tests.harness.daemon import DaemonHome
from tests.queue.rows import row
from tests.store.ledger_tools import draft
from tests.work.hand_over import ended, job_of, log_of, submit

ASK = """
import json, sys
from djobs_local.call import connect
from djobs_protocol.errors import DjobsError
workspace, requests = json.loads(sys.stdin.read())
with connect(sys.argv[1], client="agent", workspace=workspace) as djobs:
    for method, params in requests:
        try:
            print("got", json.dumps(djobs.call(method, params)))
        except DjobsError as refusal:
            print("got", json.dumps({"refused": refusal.message}))
"""
"""An agent that asks djobs for what its task says."""
LEVELS = ("write", "write+network")
Request = tuple[str, dict[str, Any]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaemonHome]:
    needs.program("bwrap")
    needs.outside_of("/tmp", sys.executable, "the agent's program is hidden inside, as all of /tmp")
    with DaemonHome() as home:
        hidden = tmp_path_factory.mktemp("taxes")
        Path(home.state, "config.toml").write_text(
            f"""
[agents.asking]
stream = "text"
command = {json.dumps([sys.executable, "-c", ASK, home.state])}
[types.walled]
executor = "agent"
agent = "asking"
sandbox = "write"
hidden = [{json.dumps(str(hidden))}]
[types.open]
executor = "agent"
agent = "asking"
"""
        )
        home.start()
        yield home


@pytest.fixture
def at(home: DaemonHome, tmp_path: Path) -> Iterator[Connection]:
    with home.connect(workspace=str(tmp_path)) as connection:
        yield connection


def asked_by_agent(
    at: Connection, workspace: Path, *requests: Request, job_type: str = "walled"
) -> list[dict[str, Any]]:
    """Return the answers that an agent gets."""
    job = ended(at, submit(at, json.dumps([str(workspace), requests]), type=job_type))
    assert job["state"] == "succeeded", (job, log_of(at, job["id"]))
    lines = log_of(at, job["id"]).decode().splitlines()
    return [json.loads(line[4:]) for line in lines if line.startswith("got ")]


def task(spec: Any, **fields: Any) -> Request:
    """Return the request that hands a task over."""
    job = {"type": "shell", "managed_by": "executor", "payload": {"spec": spec}, **fields}
    return "job.enqueue", {"jobs": [job]}


def test_a_command_that_a_confined_agent_hands_over_does_not_get_out(
    at: Connection, home: DaemonHome, tmp_path: Path
) -> None:
    outside = Path.home() / f".djobs-test-{tmp_path.name}"
    assert not outside.exists()
    spec = ["sh", "-c", f"echo no > {outside}; cat {home.state}/config.toml; echo tried"]
    (answer,) = asked_by_agent(at, tmp_path, task(spec))
    (inner,) = answer["jobs"]
    job = ended(at, inner["id"])
    assert (job["sandbox"], job["sandbox_required"]) == ("write by bubblewrap", "write"), job
    assert b"tried" in log_of(at, job["id"])
    assert b"[types.walled]" not in log_of(at, job["id"])
    assert not outside.exists()
    (free,) = asked_by_agent(at, tmp_path, task(spec), job_type="open")
    free_job = ended(at, free["jobs"][0]["id"])
    try:
        assert outside.exists()  # so it was the sandbox that refused it
        assert free_job["sandbox"] == "none"
    finally:
        outside.unlink()


def test_the_checks_of_a_task_that_a_confined_agent_records_do_not_get_out(
    at: Connection, tmp_path: Path
) -> None:
    outside = Path.home() / f".djobs-test-{tmp_path.name}"
    check = {"command": ["sh", "-c", f"echo no > {outside}"]}
    (answer,) = asked_by_agent(
        at, tmp_path, ("job.enqueue", {"jobs": [{"type": "t", "verify": [check]}]})
    )
    job_id = answer["jobs"][0]["id"]
    with pytest.raises(DjobsError, match="Read-only file system"):
        at.call("job.complete", {"job_id": job_id})
    receipt = at.call("job.get", {"job_id": job_id})["receipt"]
    assert receipt["checks"][0]["sandbox"] == "write by bubblewrap"
    assert not outside.exists()


def test_what_acts_outside_of_any_sandbox_is_refused_to_who_is_in_one(
    at: Connection, home: DaemonHome, tmp_path: Path
) -> None:
    applied = ended(at, submit(at, json.dumps([str(tmp_path), []]), type="open"))["id"]
    at.call("queue.pause", {"scope": "type", "subject": "shell"})
    try:
        waiting = submit(at, "true")
        schedule = {"name": "out", "cron": "0 3 * * *", "job": task("true")[1]["jobs"][0]}
        answers = asked_by_agent(
            at,
            tmp_path,
            ("schedule.set", schedule),
            ("job.amend", {"job_id": waiting, "payload": {"spec": "false"}}),
            ("job.apply", {"job_id": applied}),
            ("job.undo", {"job_id": applied}),
            ("daemon.hand_over", {"program": [sys.executable, __file__]}),
            ("budget.allow", {"job_id": waiting}),
            task("true", sandbox_required="none"),
        )
    finally:
        at.call("queue.resume", {"scope": "type", "subject": "shell"})
    said = [each.get("refused", "") for each in answers]
    assert ["confined" in each or "is in one" in each for each in said[:5]] == [True] * 5, said
    assert "no job raises a budget" in said[5]
    assert job_of(at, answers[6]["jobs"][0]["id"])["sandbox_required"] == "write"


def walled(job_id: str, pid: int) -> Carried:
    carried = Carried(row(id=job_id, type="walled", depth=3))
    carried.runner = of_process(pid)
    return carried


class Walls:
    """An executor whose work is confined, each job in its way."""

    def __init__(self, **hidden: str) -> None:
        self._hidden = hidden

    def confines(self, job: Any) -> Inherited:
        return Inherited("write", (self._hidden[job.id],))

    def cannot_inherit(self, level: str) -> str:
        return ""


def test_who_has_ended_before_it_is_known_whose_it_was_counts_as_of_all_that_is_confined() -> None:
    with subprocess.Popen(["sleep", "60"]) as one, subprocess.Popen(["sleep", "60"]) as two:
        try:
            carried = {"j1": walled("j1", one.pid), "j2": walled("j2", two.pid)}
            walls: Any = Walls(j1="/a", j2="/b")
            parents = {one.pid: os.getpid(), two.pid: os.getpid(), 77: one.pid, 88: os.getpid()}
            found = Whereabouts(carried, {"walled": walls}, parents.get, told=True)
            assert found.inherited_by(77) == Inherited("write", ("/a",))
            assert found.inherited_by(88) is None
            assert found.inherited_by(99) == Inherited("write", ("/a", "/b"))
            assert found.depth_around(77) == 3
            untold = Whereabouts(carried, {"walled": walls}, parents.get, told=False)
            assert untold.inherited_by(99) is None
        finally:
            one.kill()
            two.kill()


def test_a_type_that_cannot_be_confined_so_is_refused() -> None:
    model = LlmExecutor(LlmTable(), {})
    jobs = [draft(type="review", sandbox=stored(Inherited(each))) for each in LEVELS]
    require_given(model, jobs[0], Sums())
    with pytest.raises(Refused, match="asked over the network"):
        require_given(model, jobs[1], Sums())
