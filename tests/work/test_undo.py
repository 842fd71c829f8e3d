"""What the daemon wrote into a workspace is taken back when somebody asks: all, or nothing."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from djobs import Client
from djobs_daemon.executors import taking_back
from djobs_local.call import Connection
from djobs_protocol.errors import DjobsError, ErrorCode
from tests.harness.daemon import DaemonHome
from tests.llm.servers.openai_chat import OpenAIChat
from tests.llm.servers.script import at_paths
from tests.work import test_agents, test_asked_models
from tests.work.hand_over import ended, submit


@pytest.fixture(scope="module")
def home() -> Iterator[DaemonHome]:
    with DaemonHome() as home:
        test_agents.configure(home)
        home.start()
        yield home


@pytest.fixture
def at(home: DaemonHome, tmp_path: Path) -> Iterator[Connection]:
    (tmp_path / "a.txt").write_text("old\n")
    with home.connect(workspace=str(tmp_path)) as connection:
        yield connection


def agent(at: Connection, *steps: str) -> str:
    """Return the id of a job whose agent did these steps, and that was applied."""
    job = test_agents.done(at, *steps)
    test_agents.apply(at, job)
    return str(job["id"])


def undo(at: Connection, job_id: str, action: str = "undo") -> dict[str, Any]:
    return at.call("job.undo", {"job_id": job_id, "action": action})


def content(root: Path) -> dict[str, str]:
    """Return all files below a folder, by path."""
    files = (path for path in root.rglob("*") if path.is_file())
    return {str(path.relative_to(root)): path.read_text() for path in files}


def notes(at: Connection, job_id: str) -> list[str]:
    events = at.call("job.get", {"job_id": job_id})["events"]
    return [each["note"] for each in events if each["kind"] == "amended"]


def test_what_a_model_wrote_is_taken_back_once(tmp_path: Path) -> None:
    workspace = tmp_path / "work"
    workspace.mkdir()
    (workspace / "a.md").write_text("mine\n")
    provider = OpenAIChat(at_paths({"a.md": "theirs\n", "docs/b.md": "new\n"}))
    with test_asked_models.asking(provider, workspace) as at:
        job = ended(at, test_asked_models.submit(at, "code_task", "x"))
        assert content(workspace) == {"a.md": "theirs\n", "docs/b.md": "new\n"}, job
        files = [(each["path"], each["change"]) for each in undo(at, job["id"], "show")["files"]]
        assert sorted(files) == [("a.md", "restored"), ("docs/b.md", "removed")]
        assert "undone" not in undo(at, job["id"], "check")
        assert undo(at, job["id"])["undone"]
        assert content(workspace) == {"a.md": "mine\n"}
        assert not (workspace / "docs").exists()
        assert "undone" not in undo(at, job["id"])
        (note,) = notes(at, job["id"])
        assert note.startswith("taken back in the workspace: 2 files")


def test_what_an_agent_changed_is_taken_back_and_may_be_applied_again(
    at: Connection, tmp_path: Path
) -> None:
    (tmp_path / "gone").mkdir()
    (tmp_path / "gone/c.txt").write_text("c\n")
    (tmp_path / "gone/c.txt").chmod(0o755)
    before = content(tmp_path)
    job_id = agent(at, "write a.txt new", "write sub/b.txt b", "remove gone/c.txt")
    after = content(tmp_path)
    assert after == {"a.txt": "new\n", "sub/b.txt": "b\n"}
    for _ in range(2):
        assert undo(at, job_id)["undone"]
        assert content(tmp_path) == before
        assert (tmp_path / "gone/c.txt").stat().st_mode & 0o777 == 0o755
        assert not (tmp_path / "sub").exists()
        assert test_agents.apply(at, {"id": job_id})["applied"]
        assert content(tmp_path) == after
    assert len(notes(at, job_id)) == 5
    assert at.call("db.check").get("problems", []) == []


def test_a_file_that_was_changed_since_is_named_and_nothing_is_taken_back(
    at: Connection, tmp_path: Path
) -> None:
    job_id = agent(at, "write a.txt new", "write b.txt b")
    (tmp_path / "b.txt").write_text("mine\n")
    for action in ("check", "undo"):
        with pytest.raises(DjobsError, match=r"b\.txt was changed since it was written") as refused:
            undo(at, job_id, action)
        assert refused.value.code is ErrorCode.CONFLICT
    assert content(tmp_path) == {"a.txt": "new\n", "b.txt": "mine\n"}
    assert len(undo(at, job_id, "show")["files"]) == 2
    (tmp_path / "b.txt").unlink()  # as half of an undo that was cut off
    assert undo(at, job_id)["undone"]
    assert content(tmp_path) == {"a.txt": "old\n"}


def test_one_whose_daemon_died_before_it_was_noted_is_noted_once(
    home: DaemonHome, at: Connection, tmp_path: Path
) -> None:
    job_id = agent(at, "write a.txt new")
    taking_back.take_back(str(tmp_path), [f"{home.state}/runs/{job_id}.1"])  # and no more
    for _ in range(2):
        undo(at, job_id)
    assert [each.split(":")[0] for each in notes(at, job_id)] == [
        "applied to the workspace",
        "taken back in the workspace",
    ]


def test_a_link_that_was_put_in_the_way_is_not_followed(at: Connection, tmp_path: Path) -> None:
    job_id = agent(at, "write sub/b.txt b")
    outside = tmp_path.parent / "outside"
    (tmp_path / "sub").rename(outside)
    (tmp_path / "sub").symlink_to(outside)
    with pytest.raises(DjobsError, match="symbolic link"):
        undo(at, job_id)
    assert content(outside) == {"b.txt": "b\n"}


def test_what_wrote_nothing_has_nothing_to_take_back(at: Connection) -> None:
    command = ended(at, submit(at, ["touch", "x"]))["id"]
    unapplied = test_agents.done(at, "write a.txt new")["id"]
    for job_id in (command, unapplied):
        with pytest.raises(DjobsError, match=r"Nothing that .* wrote can be taken back"):
            undo(at, job_id)


async def test_programs_and_people_take_back_too(
    home: DaemonHome, at: Connection, tmp_path: Path
) -> None:
    job_id = agent(at, "write a.txt new")
    command = [sys.executable, "-m", "djobsctl", "undo", job_id]

    def said(*more: str) -> str:
        ran = subprocess.run([*command, *more], env=home.env, text=True, capture_output=True)
        return ran.stdout + ran.stderr

    assert "-new\n+old\n" in said("--show")
    assert "Nothing is in the way of 1 file" in said("--dry-run")
    assert "Taken back: 1 file" in said()
    assert "taken back already" in said()
    test_agents.apply(at, {"id": job_id})
    async with Client(home=home.state, workspace=str(tmp_path)) as djobs:
        assert (await djobs.undo(job_id)).undone
    assert content(tmp_path) == {"a.txt": "old\n"}
