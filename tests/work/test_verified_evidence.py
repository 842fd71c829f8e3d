"""A job with checks has succeeded once the daemon has seen them pass, and not by being told."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from djobs_local.call import Connection
from djobs_protocol.errors import DjobsError, ErrorCode
from tests.harness.daemon import DaemonHome
from tests.harness.waiting import wait_until
from tests.work.hand_over import ended, job_of, submit


@pytest.fixture(scope="module")
def home() -> Iterator[DaemonHome]:
    with DaemonHome() as opened:
        opened.start()
        yield opened


@pytest.fixture
def at(home: DaemonHome, tmp_path: Path) -> Iterator[Connection]:
    """Return a session in a workspace of its own."""
    with home.connect(workspace=str(tmp_path)) as connection:
        yield connection


def recorded(at: Connection, *checks: dict[str, Any], **fields: Any) -> str:
    """Enqueue a task for an agent with these checks; return its id."""
    asked = {"jobs": [{"type": "t", "verify": list(checks), **fields}]}
    job_id: str = at.call("job.enqueue", asked)["jobs"][0]["id"]
    return job_id


def complete(at: Connection, job_id: str, **fields: Any) -> dict[str, Any]:
    answer: dict[str, Any] = at.call(
        "job.complete", {"job_id": job_id, "evidence": "did it", **fields}, timeout_seconds=50
    )
    return answer


def refused(at: Connection, job_id: str) -> DjobsError:
    with pytest.raises(DjobsError) as caught:
        complete(at, job_id)
    assert caught.value.code is ErrorCode.VERIFICATION_FAILED
    return caught.value


def kinds(at: Connection, job_id: str) -> list[str]:
    return [each["kind"] for each in at.call("job.get", {"job_id": job_id})["events"]]


def test_a_task_succeeds_when_its_checks_pass_and_the_receipt_says_what_they_saw(
    at: Connection, tmp_path: Path
) -> None:
    (tmp_path / "out.json").write_text('{"n": 3}')
    digest = hashlib.sha256(b'{"n": 3}').hexdigest()
    job_id = recorded(
        at,
        {"command": ["sh", "-c", "echo seen"]},
        {"file_exists": "out.json"},
        {"path": "out.json", "sha256": digest.upper()},
        {"path": "out.json", "json_schema": {"properties": {"n": {"type": "integer"}}}},
    )
    answer = complete(at, job_id)
    assert answer["state"] == "succeeded"
    assert answer["receipt"]["passed"]
    command, *files = answer["receipt"]["checks"]
    assert (command["outcome"], command["exit_code"]) == ("passed", 0)
    assert command["output_sha256"] == hashlib.sha256(b"seen\n").hexdigest()
    assert [each["files"] for each in files] == [{"out.json": digest}] * 3
    assert len(answer["receipt"]["tree"]) == 64
    detail = at.call("job.get", {"job_id": job_id})
    assert detail["receipt"] == answer["receipt"]
    assert (detail["job"]["evidence"], detail["job"]["verified"]) == ("did it", True)
    assert kinds(at, job_id) == ["enqueued", "claimed", "offered", "checked", "succeeded"]


def test_a_check_that_fails_is_named_with_what_it_printed_and_the_task_stays_with_its_doer(
    at: Connection, tmp_path: Path
) -> None:
    job_id = recorded(at, {"command": ["sh", "-c", "echo no luck; exit 3"]}, {"file_exists": "x"})
    error = refused(at, job_id)
    assert "check 1 of 2 (command sh -c echo no luck; exit 3) failed" in error.message
    assert error.message.endswith("no luck")
    assert error.data["exit_code"] == 3
    assert "complete the task again" in error.hint
    detail = at.call("job.get", {"job_id": job_id})
    assert (detail["job"]["state"], detail["job"]["verified"]) == ("running", False)
    assert [each["outcome"] for each in detail["receipt"]["checks"]] == ["failed", "not_run"]
    assert detail["job"]["holder"]["generation"] == 1


def test_what_was_mended_is_completed_again_and_costs_no_attempt(
    at: Connection, tmp_path: Path
) -> None:
    job_id = recorded(at, {"file_exists": "made"}, max_attempts=1)
    for _ in range(2):
        assert "made is not there" in refused(at, job_id).message
    (tmp_path / "made").touch()
    assert complete(at, job_id)["state"] == "succeeded"
    assert job_of(at, job_id)["attempt"] == 1


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ({"path": "a.json", "sha256": "0" * 64}, "expected was 000"),
        ({"path": "a.json", "json_schema": {"required": ["m"]}}, "'m' is a required property"),
        ({"path": "b.txt", "json_schema": {}}, "is no JSON"),
        ({"path": "a.json", "json_schema": {"$ref": "http://127.0.0.1:1/"}}, "not in it"),
        ({"path": "a.json", "json_schema": {"type": 3}}, "its schema is none"),
        ({"file_exists": "link"}, "symbolic link"),
        ({"file_exists": "."}, "it names a folder"),
        ({"file_exists": "../a.json"}, ".. in it"),
        ({"file_exists": "/etc/passwd"}, "it is absolute"),
        ({"command": "no-such-program"}, "no-such-program"),
        ({"command": "true", "cwd": ".."}, "leads out of the workspace"),
        ({"command": ["sleep", "60"], "timeout_seconds": 0.1}, "took too long"),
    ],
)
def test_each_kind_says_why_it_did_not_pass(
    at: Connection, tmp_path: Path, check: dict[str, Any], said: str
) -> None:
    (tmp_path / "a.json").write_text("{}")
    (tmp_path / "b.txt").write_text("plain")
    (tmp_path / "link").symlink_to("/etc/passwd")
    assert said in refused(at, recorded(at, check)).message


def test_a_command_that_goes_well_fails_the_job_when_its_check_does_not_pass(
    at: Connection, tmp_path: Path
) -> None:
    job = ended(at, submit(at, "true", verify=[{"file_exists": "made"}]))
    assert (job["state"], job["verified"]) == ("failed", False)
    assert job["last_error"].startswith("verification_failed: check 1 of 1 (file_exists made)")


def test_a_command_succeeds_after_its_checks(at: Connection, tmp_path: Path) -> None:
    job = ended(at, submit(at, "touch made", verify=[{"file_exists": "made"}]))
    assert (job["state"], job["verified"]) == ("succeeded", True)
    assert kinds(at, job["id"]) == ["enqueued", "claimed", "offered", "checked", "succeeded"]


def test_a_failed_check_of_a_command_is_tried_again_where_attempts_are_left(
    at: Connection, tmp_path: Path
) -> None:
    work = ["sh", "-c", "echo x >> tries; [ $(wc -l < tries) -lt 2 ] || touch made"]
    checks = [{"file_exists": "made"}]
    job = ended(at, submit(at, work, verify=checks, max_attempts=3, retry={"base_seconds": 0}))
    assert (job["state"], job["attempt"]) == ("succeeded", 2)


def test_a_command_that_fails_is_not_checked(at: Connection) -> None:
    job = ended(at, submit(at, "false", verify=[{"file_exists": "made"}]))
    assert job["state"] == "failed"
    assert kinds(at, job["id"]) == ["enqueued", "claimed", "failed"]


def test_somebody_else_cannot_report_a_task_while_it_is_checked_nor_fake_its_end(
    at: Connection, home: DaemonHome, tmp_path: Path
) -> None:
    job_id = recorded(at, {"file_exists": "made"})
    refused(at, job_id)
    with home.connect(workspace=str(tmp_path)) as other:
        with pytest.raises(DjobsError) as caught:
            complete(other, job_id)
        assert caught.value.code is ErrorCode.NOT_HOLDER
        waiting = recorded(at, {"file_exists": "made"})
        last = recorded(at, {"file_exists": "made"})
        accepted = other.call("job.accept_before", {"job_id": last})
        assert accepted.get("ids", []) == []
    assert [job_of(at, each)["state"] for each in (job_id, waiting)] == ["running", "pending"]


def test_cancelling_ends_the_check_under_way_and_voids_the_report(
    at: Connection, home: DaemonHome, tmp_path: Path
) -> None:
    job_id = submit(at, "true", verify=[{"command": ["sh", "-c", "touch begun; sleep 600"]}])
    while not (tmp_path / "begun").exists():
        at.call("job.wait", {"job_ids": [job_id], "wait_seconds": 0.05})
    assert job_of(at, job_id)["checking"]
    at.call("job.cancel", {"job_id": job_id})
    assert ended(at, job_id)["state"] == "stopped"


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ({}, "has none of its kinds"),
        ({"comand": "x"}, "has none of its kinds"),
        ({"command": "x", "file_exists": "y"}, "has command and file_exists"),
        ({"sha256": "0" * 64}, "needs a path"),
        ({"sha256": "g" * 64, "path": "a"}, "no hexadecimal number"),
        ({"command": "a | b"}, "does not go through a shell"),
        ({"command": []}, "empty command"),
        ({"file_exists": "a", "cwd": "b"}, "has a cwd"),
    ],
)
def test_a_check_that_could_never_be_run_is_refused_at_once(
    at: Connection, check: dict[str, Any], said: str
) -> None:
    with pytest.raises(DjobsError) as caught:
        recorded(at, check)
    assert caught.value.code is ErrorCode.INVALID_PARAMS
    assert said in caught.value.message


def test_why_says_that_checks_run_and_the_history_proves_the_receipt(
    at: Connection, home: DaemonHome, tmp_path: Path
) -> None:
    job_id = submit(at, "true", verify=[{"command": ["sh", "-c", "touch begun; sleep 600"]}])
    while not (tmp_path / "begun").exists():
        at.call("job.wait", {"job_ids": [job_id], "wait_seconds": 0.05})
    (obstacle,) = at.call("job.explain", {"job_id": job_id})["obstacles"]
    assert "runs its checks" in obstacle["text"]
    at.call("job.cancel", {"job_id": job_id})
    ended(at, job_id)
    assert at.call("db.check", {}).get("problems", []) == []
    assert json.dumps(at.call("job.get", {"job_id": job_id}))


def test_a_reporter_that_leaves_while_its_checks_run_loses_nothing(
    at: Connection, home: DaemonHome, tmp_path: Path
) -> None:
    gate = ["sh", "-c", "touch begun; while [ ! -e go ]; do sleep 0.02; done"]
    job_id = recorded(at, {"command": gate})
    with home.connect(workspace=str(tmp_path)) as reporter:
        with pytest.raises(DjobsError) as caught:
            reporter.call("job.complete", {"job_id": job_id}, timeout_seconds=0.5)
        assert caught.value.code is ErrorCode.DEADLINE_EXCEEDED
    left = reporter.welcome["session"]
    wait_until(lambda: left not in sessions(home), "the reporter's session has ended")
    job = job_of(at, job_id)
    assert (job["state"], job["checking"]) == ("running", True)
    (tmp_path / "go").touch()
    assert ended(at, job_id)["state"] == "succeeded"


def test_a_released_job_s_late_verdict_is_void(
    at: Connection, home: DaemonHome, tmp_path: Path
) -> None:
    gate = ["sh", "-c", "while [ ! -e go ]; do sleep 0.02; done; touch passed"]
    job_id = recorded(at, {"command": gate})
    with pytest.raises(DjobsError):
        at.call("job.complete", {"job_id": job_id}, timeout_seconds=0.5)
    with home.connect(workspace=str(tmp_path)) as other:
        other.call("job.release", {"job_id": job_id, "generation": 1})
        (tmp_path / "go").touch()
        wait_until((tmp_path / "passed").exists, "the check has passed")
        assert complete(other, job_id)["receipt"]["passed"]
        assert kinds(other, job_id) == [
            *("enqueued", "claimed", "offered", "released"),
            *("claimed", "offered", "checked", "succeeded"),
        ]


def sessions(home: DaemonHome) -> set[str]:
    return {each["session"] for each in home.status()["connections"]}
