"""An agent's work is kept as a diff, and comes into the workspace when somebody applies it."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from djobs import Client
from djobs_local.call import Connection
from djobs_protocol.errors import DjobsError, ErrorCode
from tests.agent.program import FAKE
from tests.harness import needs
from tests.harness.daemon import DaemonHome, wait_until
from tests.work.hand_over import ended, log_of, submit, wait_running

TYPES = """
[types.trusted]
executor = "agent"
apply = "auto"
[types.walled]
executor = "agent"
sandbox = "write"
[types.short]
executor = "agent"
system = "say first"
limits = { max_turns = 1 }
"""


@pytest.fixture(scope="module")
def home() -> Iterator[DaemonHome]:
    with DaemonHome() as home:
        configure(home)
        home.start()
        yield home


def configure(home: DaemonHome) -> None:
    """Let the daemon's ``claude`` be the one that does as it is told."""
    needs.program("git")
    text = f'[agents.claude]\nstream = "claude"\ncommand = {json.dumps(FAKE)}\n{TYPES}'
    Path(home.state, "config.toml").write_text(text)


@pytest.fixture
def at(home: DaemonHome, tmp_path: Path) -> Iterator[Connection]:
    (tmp_path / "a.txt").write_text("old\n")
    with home.connect(workspace=str(tmp_path)) as connection:
        yield connection


def done(at: Connection, *steps: str, job_type: str = "agent", **fields: Any) -> dict[str, Any]:
    """Return a job that an agent has done."""
    return ended(at, submit(at, "\n".join([*steps, "result"]), type=job_type, **fields))


def kinds_of(at: Connection, job_id: str) -> list[str]:
    return [each["kind"] for each in at.call("job.get", {"job_id": job_id})["events"]]


def apply(at: Connection, job: dict[str, Any], action: str = "apply") -> dict[str, Any]:
    return at.call("job.apply", {"job_id": job["id"], "action": action})


def test_its_changes_are_kept_shown_and_applied_once(at: Connection, tmp_path: Path) -> None:
    job = done(at, "write a.txt new", "write sub/b.txt b")
    assert job["state"] == "succeeded", job
    assert job["evidence"].startswith(
        "a.txt (changed, 4 bytes), sub/b.txt (new, 2 bytes); 2 turns; "
        "claude-opus-5-5: 150 tokens in, 20 out, $0.2500."
    )
    assert (tmp_path / "a.txt").read_text() == "old\n"
    kept = apply(at, job, "show")
    assert "-old\n+new" in Path(kept["diff_path"]).read_text()
    assert "applied" not in apply(at, job, "check")
    assert apply(at, job)["applied"]
    assert (tmp_path / "a.txt").read_text() == "new\n"
    assert (tmp_path / "sub/b.txt").read_text() == "b\n"
    assert "applied" not in apply(at, job)
    assert kinds_of(at, job["id"])[-2:] == ["succeeded", "amended"]
    assert at.call("db.check").get("problems", []) == []


async def test_a_program_applies_what_an_agent_changed(
    home: DaemonHome, at: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DJOBS_HOME", home.state)
    job = done(at, "write a.txt new")
    async with Client(home=home.state, workspace=str(tmp_path)) as djobs:
        shown = await djobs.apply(job["id"], "show")
        assert (shown.applied, [each.path for each in shown.files]) == (False, ["a.txt"])
        assert (await djobs.apply(job["id"])).applied
    assert (tmp_path / "a.txt").read_text() == "new\n"


def test_a_workspace_that_moved_on_is_left_alone(at: Connection, tmp_path: Path) -> None:
    (tmp_path / "gone.txt").write_text("x")
    job = done(at, "write a.txt new", "write b.txt b", "remove gone.txt")
    (tmp_path / "a.txt").write_text("mine\n")
    (tmp_path / "b.txt").write_text("mine\n")
    for action in ("check", "apply"):
        with pytest.raises(DjobsError) as refused:
            apply(at, job, action)
        assert refused.value.code is ErrorCode.CONFLICT
        assert refused.value.data["conflicts"] == [
            "a.txt was changed since the agent began",
            "b.txt was made since the agent began",
        ]
    assert sorted(os.listdir(tmp_path)) == ["a.txt", "b.txt", "gone.txt"]
    (tmp_path / "a.txt").write_text("new\n")  # as half of an apply that was cut off
    (tmp_path / "b.txt").unlink()
    assert apply(at, job)["applied"]
    assert sorted(os.listdir(tmp_path)) == ["a.txt", "b.txt"]


def test_a_link_out_of_the_workspace_is_never_applied(at: Connection, tmp_path: Path) -> None:
    job = done(at, "link passwords", "write a.txt new")
    with pytest.raises(DjobsError, match="passwords is a link"):
        apply(at, job)
    assert os.listdir(tmp_path) == ["a.txt"]


def test_a_type_may_apply_by_itself_but_not_what_runs_later(at: Connection, tmp_path: Path) -> None:
    assert "Applied to the workspace" in done(at, "write a.txt 1", job_type="trusted")["evidence"]
    assert (tmp_path / "a.txt").read_text() == "1\n"
    job = done(at, "write a.txt 2", "write .vscode/tasks.json {}", job_type="trusted")
    assert "Not applied: .vscode/tasks.json may run by itself later" in job["evidence"]
    assert (tmp_path / "a.txt").read_text() == "1\n"


def test_tokens_and_cost_are_on_the_ledger(at: Connection, tmp_path: Path) -> None:
    done(at, "say hi")
    (row,) = at.call("queue.stats", {"workspace": str(tmp_path)})["usage"]
    assert (row["model"], row["input_tokens"], row["cost_usd"]) == ("claude-opus-5-5", 150, 0.25)


def test_one_that_was_cut_off_has_a_price_that_is_not_known(at: Connection, tmp_path: Path) -> None:
    job_id = submit(at, "say hi\nhang", type="agent")
    wait_until(lambda: b"turn 1" in log_of(at, job_id), "a turn")
    at.call("job.cancel", {"job_id": job_id})
    assert ended(at, job_id)["state"] == "stopped"
    (row,) = at.call("queue.stats", {"workspace": str(tmp_path)})["usage"]
    assert (row["input_tokens"], row.get("cost_usd")) == (15, None)


def test_limits_and_a_prompt_are_those_of_the_type(at: Connection) -> None:
    job = done(at, "say second", "hang", job_type="short")
    assert job["state"] == "failed"
    assert job["last_error"].startswith("turn_limit")


def test_a_provider_at_its_limit_costs_no_attempt(at: Connection) -> None:
    job_id = submit(at, "limited 4000000000", type="agent")
    wait_until(lambda: "released" in kinds_of(at, job_id), "it is put off")
    job = at.call("job.get", {"job_id": job_id})["job"]
    assert job["run_at"].startswith("2096")
    assert job.get("attempt", 0) == 0


def test_what_no_agent_could_do_is_refused_when_it_comes(at: Connection) -> None:
    for payload, why in (({"agent": "nobody"}, "claude, codex"), ({"max_turns": 0}, "max_turns")):
        with pytest.raises(DjobsError, match=why) as refused:
            submit(at, "say hi", type="agent", payload=payload)
        assert refused.value.code is ErrorCode.INVALID_PARAMS


def test_in_a_sandbox_it_writes_nothing_but_its_copy(
    at: Connection, home: DaemonHome, tmp_path: Path
) -> None:
    needs.program("bwrap")
    needs.outside_of("/tmp", FAKE[-1], "the agent's program is hidden inside, as all of /tmp is")
    assert done(at, f"write {home.state}/x no", job_type="walled")["state"] == "failed"
    done(at, f"write {tmp_path}/out no", job_type="walled")
    assert os.listdir(tmp_path) == ["a.txt"]
    job = done(at, "write a.txt new", job_type="walled")
    assert (job["state"], job["sandbox"]) == ("succeeded", "write by bubblewrap"), job


def test_an_agent_knows_how_deep_it_works(at: Connection) -> None:
    job = done(at, "environ DJOBS_JOB", "environ DJOBS_DEPTH")
    assert f"turn 1: {job['id']}\nturn 2: 1\n".encode() in log_of(at, job["id"])


def test_a_daemon_that_dies_meanwhile_costs_nothing(tmp_path: Path) -> None:
    workspace, gate = tmp_path / "work", tmp_path / "gate"
    workspace.mkdir()
    with DaemonHome() as home:
        configure(home)
        home.start()
        with home.connect(workspace=str(workspace)) as at:
            job_id = submit(at, f"write a.txt 1\nwait {gate}\nwrite b.txt 2\nresult", type="agent")
            wait_running(at, job_id)
        home.kill9()
        gate.touch()
        home.start()
        with home.connect(workspace=str(workspace)) as at:
            job = ended(at, job_id)
            assert (job["state"], job["attempt"]) == ("succeeded", 1), job
            assert apply(at, job)["applied"]
    assert sorted(os.listdir(workspace)) == ["a.txt", "b.txt"]
