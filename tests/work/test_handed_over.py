"""Commands handed to the daemon are run once, to the end, whatever becomes of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from djobs_local.call import Connection
from djobs_protocol.errors import DjobsError, ErrorCode
from tests.harness.daemon import DaemonHome
from tests.harness.waiting import wait_until
from tests.work.hand_over import ended, job_of, log_of, submit, wait_running

ECHO_AND_WAIT = ["sh", "-c", 'echo begun; while [ ! -e "$0" ]; do sleep 0.05; done; exit 5']


@pytest.fixture
def at(home: DaemonHome, tmp_path: Path) -> Iterator[Connection]:
    """Return a session in a workspace of its own."""
    with home.connect(workspace=str(tmp_path)) as connection:
        yield connection


def test_a_command_runs_in_its_workspace_and_its_end_is_evidence(
    at: Connection, tmp_path: Path
) -> None:
    (tmp_path / "sub").mkdir()
    job = ended(at, submit(at, "pwd", payload={"cwd": "sub"}))
    assert (job["state"], job["exit_code"]) == ("succeeded", 0)
    assert job["evidence"].endswith(f"s:\n{tmp_path.resolve()}/sub")
    assert log_of(at, job["id"]) == f"{tmp_path.resolve()}/sub\n".encode()


def test_a_command_that_fails_is_tried_once_and_says_what_it_printed(at: Connection) -> None:
    job = ended(at, submit(at, ["sh", "-c", "echo oh no >&2; exit 3"]))
    assert (job["state"], job["exit_code"], job["attempt"]) == ("failed", 3, 1)
    assert job["last_error"].startswith("exit code 3 after ")
    assert job["last_error"].endswith(":\noh no")


def test_a_command_with_attempts_left_is_tried_again(at: Connection, tmp_path: Path) -> None:
    script = ["sh", "-c", "echo x >> tries; [ $(wc -l < tries) -ge 3 ]"]
    job = ended(at, submit(at, script, max_attempts=5, retry={"base_seconds": 0}))
    assert (job["state"], job["attempt"], job["exit_code"]) == ("succeeded", 3, 0)
    assert (tmp_path / "tries").read_text() == "x\n" * 3
    assert log_of(at, job["id"], generation=1) == b""


def test_a_signal_is_told_from_an_exit(at: Connection) -> None:
    job = ended(at, submit(at, ["sh", "-c", "kill -9 $$"]))
    assert (job["state"], job["exit_code"]) == ("failed", 137)
    assert "(signal 9)" in job["last_error"]


def test_a_program_that_is_not_there_is_no_exit_code(at: Connection) -> None:
    job = ended(at, submit(at, "no-such-program --help", max_attempts=3))
    assert job["state"] == "failed"
    assert "exit_code" not in job
    assert "no-such-program" in job["last_error"]


def test_a_command_gets_no_input_and_knows_its_job(at: Connection) -> None:
    job = ended(
        at, submit(at, ["sh", "-c", 'cat; echo "$DJOBS_JOB $DJOBS_DEPTH ${DJOBS_HOME-unset}"'])
    )
    assert log_of(at, job["id"]).decode() == f"{job['id']} 1 unset\n"


def test_cancelling_stops_what_runs_and_all_it_started(at: Connection, tmp_path: Path) -> None:
    job_id = submit(at, ["sh", "-c", "sleep 1000 & echo $! | tee pid; wait"])
    wait_running(at, job_id)
    answer = at.call("job.cancel", {"job_id": job_id, "reason": "enough"})
    assert answer["state"] == "running"
    job = ended(at, job_id)
    assert job["state"] == "stopped"
    assert not Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}").exists()
    kinds = [each["kind"] for each in at.call("job.get", {"job_id": job_id})["events"]]
    assert kinds == ["enqueued", "claimed", "stop_requested", "stopped"]


def test_what_runs_too_long_is_stopped(at: Connection) -> None:
    job = ended(at, submit(at, "sleep 1000", max_duration_seconds=0.3))
    assert job["state"] == "stopped"
    assert b"Duration limit reached" in log_of(at, job["id"])


def test_what_runs_goes_on_when_the_daemon_is_killed_and_is_found_again(
    home: DaemonHome, at: Connection, tmp_path: Path
) -> None:
    job_id = submit(at, [*ECHO_AND_WAIT, str(tmp_path / "go")])
    wait_running(at, job_id)
    home.kill9()
    home.start()
    with home.connect(workspace=str(tmp_path)) as again:
        assert job_of(again, job_id)["state"] == "running"
        (tmp_path / "go").touch()
        job = ended(again, job_id)
        assert (job["state"], job["exit_code"], job["attempt"]) == ("failed", 5, 1)
        assert log_of(again, job_id) == b"begun\n"
        assert again.call("db.check").get("problems", []) == []


def test_what_ended_while_there_was_no_daemon_is_known_to_the_next(
    home: DaemonHome, at: Connection, tmp_path: Path
) -> None:
    job_id = submit(at, [*ECHO_AND_WAIT, str(tmp_path / "go")])
    wait_running(at, job_id)
    home.stop()
    (tmp_path / "go").touch()
    wait_until(lambda: list(Path(home.state, "runs").glob("*/result.json")), "a result")
    home.start()
    with home.connect() as again:
        assert ended(again, job_id)["exit_code"] == 5


def test_a_stop_that_the_daemon_did_not_live_to_pass_on_is_passed_on_by_the_next(
    home: DaemonHome, at: Connection, tmp_path: Path
) -> None:
    job_id = submit(at, [*ECHO_AND_WAIT, str(tmp_path / "go")])
    wait_running(at, job_id)
    runner = next(Path(home.state, "runs").iterdir())
    (runner / "control").rename(runner / "hidden")  # so that the stop reaches nobody
    at.call("job.cancel", {"job_id": job_id})
    assert job_of(at, job_id)["stop_requested_at"]
    home.kill9()
    (runner / "hidden").rename(runner / "control")
    home.start()
    with home.connect() as again:
        assert ended(again, job_id)["state"] == "stopped"


def test_only_so_many_run_at_once(running_daemon: DaemonHome, tmp_path: Path) -> None:
    running_daemon.stop()
    running_daemon.start(DJOBS_EXECUTOR_JOBS_MAX="2")
    with running_daemon.connect(workspace=str(tmp_path)) as at:
        ids = [submit(at, [*ECHO_AND_WAIT, str(tmp_path / "go")]) for _ in range(3)]
        for each in ids[:2]:
            wait_running(at, each)
        assert job_of(at, ids[2])["state"] == "pending"
        (obstacle,) = at.call("job.explain", {"job_id": ids[2]})["obstacles"]
        assert obstacle["kind"] == "executor"
        assert obstacle["text"].startswith("2 jobs run, as many as executor_jobs_max allows")
        (tmp_path / "go").touch()
        assert [ended(at, each)["exit_code"] for each in ids] == [5, 5, 5]


def test_jobs_of_one_resource_take_turns(at: Connection, tmp_path: Path) -> None:
    script = ["sh", "-c", "mkdir busy && sleep 0.1 && rmdir busy"]
    ids = [submit(at, script, resource_key="r") for _ in range(3)]
    assert [ended(at, each)["state"] for each in ids] == ["succeeded"] * 3


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ("a | b", "spec joins or redirects commands, and a task of this type does not go through"),
        ([], "spec is empty; expected a program and its arguments"),
        ("", "spec is empty; expected"),
        ({"x": 1}, "The payload is no command: "),
        (["curl", "-H", "Authorization: Bearer sk-ant-REDACTED"], "holds what looks like a secret"),
    ],
)
def test_what_no_run_could_come_of_is_refused_at_once(
    at: Connection, spec: Any, reason: str
) -> None:
    with pytest.raises(DjobsError) as refusal:
        submit(at, spec)
    assert refusal.value.code is ErrorCode.INVALID_PARAMS
    assert reason in refusal.value.message


@pytest.mark.parametrize("cwd", ["..", "/", "out", "missing"])
def test_a_command_stays_in_its_workspace(at: Connection, tmp_path: Path, cwd: str) -> None:
    (tmp_path / "out").symlink_to("/")
    job = ended(at, submit(at, "pwd", payload={"cwd": cwd}))
    assert job["state"] == "failed"
    assert f"cwd '{cwd}'" in job["last_error"]


def test_a_type_that_nobody_runs_is_refused(at: Connection) -> None:
    job = {"type": "paint", "managed_by": "executor"}
    with pytest.raises(DjobsError, match=r"no executor for the type 'paint'; there are: .*shell"):
        at.call("job.enqueue", {"jobs": [job]})


@pytest.mark.parametrize(
    ("method", "more"),
    [
        ("job.complete", {"generation": 1}),
        ("job.fail", {"generation": 1, "error": "x"}),
        ("job.release", {"generation": 1}),
        ("job.heartbeat", {"generation": 1}),
    ],
)
def test_nobody_else_reports_on_what_the_daemon_runs(
    at: Connection, tmp_path: Path, method: str, more: dict[str, Any]
) -> None:
    job_id = submit(at, [*ECHO_AND_WAIT, str(tmp_path / "go")])
    wait_running(at, job_id)
    with pytest.raises(DjobsError, match="is being run by djobs itself") as refusal:
        at.call(method, {"job_id": job_id, **more})
    assert refusal.value.code is ErrorCode.NOT_HOLDER
    at.call("job.cancel", {"job_id": job_id})
    ended(at, job_id)


def test_nobody_else_takes_work_for_an_executor(at: Connection) -> None:
    with pytest.raises(DjobsError, match="taken by the daemon alone"):
        at.call("job.claim", {"managed_by": "executor"})


def test_a_job_for_an_agent_has_no_log(at: Connection) -> None:
    (job,) = at.call("job.enqueue", {"jobs": [{"type": "t"}]})["jobs"]
    with pytest.raises(DjobsError, match="not run by djobs itself, so it has no log"):
        at.call("job.log", {"job_id": job["id"]})


def test_output_goes_with_its_job(home: DaemonHome, at: Connection, tmp_path: Path) -> None:
    ended(at, submit(at, "true"))
    failed = ended(at, submit(at, "false"))["id"]
    runs = submit(at, [*ECHO_AND_WAIT, str(tmp_path / "go")])
    wait_running(at, runs)
    at.call("queue.purge", {"older_than_seconds": 0, "dry_run": False})
    left = {each.name for each in Path(home.state, "runs").iterdir()}
    assert left == {f"{failed}.1", f"{runs}.1"}


TICKING = ["sh", "-c", "while :; do echo tick; sleep 0.05; done"]


def test_what_runs_stands_still_while_its_job_is_paused_also_for_the_next_daemon(
    home: DaemonHome, at: Connection
) -> None:
    job_id = submit(at, TICKING)
    wait_running(at, job_id)
    at.call("job.pause", {"job_id": job_id, "reason": "too loud"})
    still = len(log_of(at, job_id))
    home.kill9()
    home.start()
    with home.connect() as again:
        assert job_of(again, job_id)["paused_at"]
        assert log_of(again, job_id, after=still, wait_seconds=0.5) == b""
        again.call("job.pause", {"job_id": job_id, "paused": False})
        assert log_of(again, job_id, after=still, wait_seconds=20).startswith(b"tick")
        assert "paused_at" not in job_of(again, job_id)
        again.call("job.cancel", {"job_id": job_id})
        assert ended(again, job_id)["state"] == "stopped"
        kinds = [each["kind"] for each in again.call("job.get", {"job_id": job_id})["events"]]
        assert kinds[2:4] == ["paused", "resumed"]
        assert again.call("db.check").get("problems", []) == []


def test_what_is_paused_can_be_stopped(at: Connection) -> None:
    job_id = submit(at, TICKING)
    wait_running(at, job_id)
    at.call("job.pause", {"job_id": job_id})
    kinds = [each["kind"] for each in at.call("job.explain", {"job_id": job_id})["obstacles"]]
    assert kinds == ["paused", "running"]
    at.call("job.cancel", {"job_id": job_id})
    assert ended(at, job_id)["state"] == "stopped"
    at.call("job.retry", {"job_id": job_id})
    assert "paused_at" not in job_of(at, job_id)
    wait_running(at, job_id)
    at.call("job.cancel", {"job_id": job_id})
    ended(at, job_id)


def test_a_job_that_has_not_begun_is_held_back(at: Connection, tmp_path: Path) -> None:
    job_id = submit(at, "true", delay_seconds=0.3)
    at.call("job.pause", {"job_id": job_id})
    other = submit(at, ["sh", "-c", "sleep 0.6"])
    assert ended(at, other)["state"] == "succeeded"
    assert job_of(at, job_id)["state"] == "pending"
    at.call("job.pause", {"job_id": job_id, "paused": False})
    assert ended(at, job_id)["state"] == "succeeded"


def test_what_others_do_cannot_be_made_to_stand_still(at: Connection) -> None:
    (job,) = at.call("job.enqueue", {"jobs": [{"type": "t"}]})["jobs"]
    at.call("job.claim", {"types": ["t"]})
    with pytest.raises(DjobsError, match="cannot be made to pause"):
        at.call("job.pause", {"job_id": job["id"]})


SECRET = ["curl", "-H", "Authorization: Bearer sk-ant-REDACTED"]


def test_a_command_is_not_changed_or_scheduled_into_one_that_could_not_be_run(
    at: Connection,
) -> None:
    job_id = submit(at, "true", delay_seconds=60)
    for spec, reason in (("a | b", "joins or redirects"), (SECRET, "looks like a secret")):
        with pytest.raises(DjobsError, match=reason):
            at.call("job.amend", {"job_id": job_id, "payload": {"spec": spec}})
        job = {"type": "shell", "managed_by": "executor", "payload": {"spec": spec}}
        with pytest.raises(DjobsError, match=reason):
            at.call("schedule.set", {"name": "s", "cron": "0 0 * * *", "job": job})
    assert job_of(at, job_id)["payload"] == {"spec": "true"}
    at.call("job.amend", {"job_id": job_id, "payload": {"spec": "false"}})


def test_a_type_whose_default_is_the_daemon_is_checked_and_run_once(at: Connection) -> None:
    at.call("type.set", {"type": "shell", "managed_by": "executor"})
    with pytest.raises(DjobsError, match="joins or redirects"):
        at.call("job.enqueue", {"jobs": [{"type": "shell", "payload": {"spec": "a | b"}}]})
    asked = {"jobs": [{"type": "shell", "payload": {"spec": "false"}}]}
    (job,) = at.call("job.enqueue", asked)["jobs"]
    assert (ended(at, job["id"])["state"], job_of(at, job["id"])["max_attempts"]) == ("failed", 1)
