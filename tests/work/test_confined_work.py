"""What the config file demands of commands is enforced, recorded, or the command is not run."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from djobs_local.call import Connection
from tests.harness import needs
from tests.harness.daemon import DaemonHome
from tests.work.hand_over import ended, log_of, submit, wait_running

CONFIG = """
[types.walled]
executor = "shell"
sandbox = "write+network"
[types.judged]
executor = "shell"
allow = [["git", "status"], ["echo", "..."]]
deny = [["echo", "secret"]]
[types.shell]
executor = "shell"
deny = [["rm"]]
"""


@contextmanager
def workplace(workspace: Path, **environ: str) -> Iterator[Connection]:
    with DaemonHome(**environ) as home:
        Path(home.state, "config.toml").write_text(CONFIG)
        home.start()
        with home.connect(workspace=str(workspace)) as connection:
            yield connection


def need_bubblewrap() -> None:
    needs.program("bwrap")


def test_a_confined_command_writes_only_inside_and_its_job_says_who_confined_it(
    tmp_path: Path,
) -> None:
    need_bubblewrap()
    workspace, outside = tmp_path / "in", tmp_path / "out"
    workspace.mkdir()
    outside.mkdir()
    script = f"echo yes > inside; echo no > {outside}/escaped; cat inside"
    with workplace(workspace) as at:
        job = ended(at, submit(at, ["sh", "-c", script], type="walled"))
        assert (job["state"], job["sandbox"]) == ("succeeded", "write+network by bubblewrap"), job
        assert "yes" in job["evidence"]
        plain = ended(at, submit(at, ["sh", "-c", script]))
        assert plain["sandbox"] == "none"
    assert (outside / "escaped").exists()  # by the one that was not confined
    assert (workspace / "inside").read_text() == "yes\n"


def test_a_confined_command_does_not_escape(tmp_path: Path) -> None:
    need_bubblewrap()
    workspace = tmp_path / "in"
    workspace.mkdir()
    with workplace(workspace) as at:
        ended(at, submit(at, ["sh", "-c", "echo no > ../escaped"], type="walled"))
        assert not (tmp_path / "escaped").exists()  # what it saw there was a /tmp of its own
        ended(at, submit(at, ["sh", "-c", "echo no > ../escaped"]))
        assert (tmp_path / "escaped").exists()


def test_a_confined_command_keeps_its_exit_code_and_is_stopped_politely(tmp_path: Path) -> None:
    need_bubblewrap()
    with workplace(tmp_path) as at:
        assert ended(at, submit(at, ["sh", "-c", "exit 3"], type="walled"))["exit_code"] == 3
        script = "trap 'echo bye; exit 0' TERM; echo begun; while :; do sleep 0.1; done"
        job_id = submit(at, ["sh", "-c", script], type="walled")
        wait_running(at, job_id)
        at.call("job.cancel", {"job_id": job_id})
        assert ended(at, job_id)["state"] == "stopped"
        log = log_of(at, job_id)
        assert (log[:6], log[-4:]) == (b"begun\n", b"bye\n")


def test_a_program_that_is_not_there_is_told_from_a_sandbox_that_failed(tmp_path: Path) -> None:
    need_bubblewrap()
    with workplace(tmp_path) as at:
        job = ended(at, submit(at, ["no-such-program"], type="walled"))
        assert (job["state"], job["exit_code"]) == ("failed", 127)


def test_without_anybody_to_confine_it_a_command_is_not_run(tmp_path: Path) -> None:
    bare = tmp_path / "bin"
    bare.mkdir()
    for name in ("sh", "touch"):
        (bare / name).symlink_to(str(shutil.which(name)))
    with workplace(tmp_path, PATH=str(bare)) as at:
        job = ended(at, submit(at, ["touch", "ran"], type="walled"))
        assert job["state"] == "failed"
        assert (
            "Nothing on this machine enforces the sandbox level write+network" in job["last_error"]
        )
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("job_type", "spec", "complaint"),
    [
        ("judged", ["git", "push"], "git push"),
        ("judged", ["ls"], "ls"),
        ("judged", ["echo", "a", "secret"], "deny 'echo secret'"),
        ("judged", ["env", "ls"], "ls"),
        ("shell", ["rm", "x"], "deny 'rm'"),
        ("shell", ["sh", "-c", "true"], None),
        ("judged", ["echo", "a", "word"], None),
    ],
)
def test_rules_say_which_commands_are_run(
    job_type: str, spec: list[str], complaint: str | None, tmp_path: Path
) -> None:
    with workplace(tmp_path) as at:
        job = ended(at, submit(at, spec, type=job_type))
        if complaint is None:
            assert job["state"] == "succeeded", job
        else:
            assert job["state"] == "failed", job
            assert complaint in job["last_error"]
            assert "exit_code" not in job


def test_a_confined_command_does_not_read_a_database_that_lies_elsewhere(tmp_path: Path) -> None:
    need_bubblewrap()
    workspace, database = tmp_path / "in", Path.home() / f".djobs-test-{tmp_path.name}.db"
    workspace.mkdir()
    try:
        with workplace(workspace, DJOBS_DB_PATH=str(database)) as at:
            assert ended(at, submit(at, ["head", "-c", "6", str(database)]))["exit_code"] == 0
            job = ended(at, submit(at, ["head", "-c", "6", str(database)], type="walled"))
            assert job["state"] == "failed"
            assert b"SQLite" not in log_of(at, job["id"])
    finally:
        for left in database.parent.glob(f"{database.name}*"):
            left.unlink()
