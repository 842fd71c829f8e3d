"""A daemon that dies anywhere in a verification neither loses the job nor ends it wrongly.

At each arrow of the table in docs/architecture.md it is killed; the next one goes on by itself, no
check is run twice, and the request that was not answered, asked again, gets its one answer.
"""

from pathlib import Path
from typing import Any

import pytest

from djobs_protocol.errors import DjobsError, ErrorCode
from tests.harness.daemon import DaemonHome
from tests.harness.length import all_but_slow
from tests.work.hand_over import ended, job_of

ARROWS = (
    "verify.task_offered=kill9",
    "runs.prepared=kill9",
    "runs.ready=kill9",
    "runs.go=kill9",
    "runs.gone=kill9",
    "verify.one=kill9",
    "verify.task_checked=kill9",
    "verify.task_concluded=kill9",
)
OF_EXECUTORS = (
    "verify.offered=kill9",
    "verify.one=kill9",
    "verify.checked=kill9",
    "verify.concluded=kill9",
)
COUNTED = {"command": ["sh", "-c", "echo x >> ran; test -e made"]}
DONE = {"job_id": "", "evidence": "did it"}
KINDS = ["enqueued", "claimed", "offered", "checked"]


def enqueue(home: DaemonHome, workspace: Path, **fields: Any) -> str:
    with home.connect(workspace=str(workspace)) as at:
        asked = {"jobs": [{"type": "shell", "verify": [COUNTED], **fields}]}
        return str(at.call("job.enqueue", asked)["jobs"][0]["id"])


def complete(home: DaemonHome, workspace: Path, job_id: str) -> dict[str, Any]:
    """Report success by the first request of one and the same session."""
    with home.connect(session="a-session-of-ann-0001", workspace=str(workspace)) as at:
        return at.call("job.complete", {**DONE, "job_id": job_id}, timeout_seconds=60)


def events_of(home: DaemonHome, job_id: str) -> list[str]:
    with home.connect() as at:
        assert at.call("db.check", {}).get("problems", []) == []
        return [each["kind"] for each in at.call("job.get", {"job_id": job_id})["events"]]


@pytest.mark.parametrize("arrow", all_but_slow(4, ARROWS))
def test_a_report_outlives_a_kill_at_any_arrow(
    daemon_home: DaemonHome, tmp_path: Path, arrow: str
) -> None:
    (tmp_path / "made").touch()
    daemon_home.start(DJOBS_FP=arrow)
    job_id = enqueue(daemon_home, tmp_path)
    with pytest.raises(DjobsError) as died:
        complete(daemon_home, tmp_path, job_id)
    assert died.value.code is ErrorCode.UNAVAILABLE
    daemon_home.start()
    answer = complete(daemon_home, tmp_path, job_id)
    assert (answer["state"], answer["receipt"]["passed"]) == ("succeeded", True)
    assert complete(daemon_home, tmp_path, job_id) == answer
    assert (tmp_path / "ran").read_text() == "x\n"
    assert events_of(daemon_home, job_id) == [*KINDS, "succeeded"]


def test_a_report_that_nobody_asks_about_again_is_checked_all_the_same(
    daemon_home: DaemonHome, tmp_path: Path
) -> None:
    (tmp_path / "made").touch()
    daemon_home.start(DJOBS_FP="verify.task_offered=kill9")
    job_id = enqueue(daemon_home, tmp_path)
    with pytest.raises(DjobsError):
        complete(daemon_home, tmp_path, job_id)
    daemon_home.start()
    with daemon_home.connect() as at:
        job = ended(at, job_id)
    assert (job["state"], job["evidence"], job["verified"]) == ("succeeded", "did it", True)


def test_a_refusal_that_was_recorded_and_not_answered_is_given_again_without_a_second_check(
    daemon_home: DaemonHome, tmp_path: Path
) -> None:
    daemon_home.start(DJOBS_FP="verify.task_concluded=kill9")
    job_id = enqueue(daemon_home, tmp_path)
    with pytest.raises(DjobsError):
        complete(daemon_home, tmp_path, job_id)
    daemon_home.start()
    with pytest.raises(DjobsError) as refused:
        complete(daemon_home, tmp_path, job_id)
    assert refused.value.code is ErrorCode.VERIFICATION_FAILED
    assert (tmp_path / "ran").read_text() == "x\n"
    assert events_of(daemon_home, job_id) == KINDS
    with daemon_home.connect() as at:
        assert job_of(at, job_id)["state"] == "running"


@pytest.mark.parametrize("arrow", OF_EXECUTORS)
def test_a_command_that_went_well_outlives_a_kill_while_it_is_checked(
    daemon_home: DaemonHome, tmp_path: Path, arrow: str
) -> None:
    daemon_home.start(DJOBS_FP=arrow)
    payload = {"spec": ["sh", "-c", "echo x >> worked; touch made"]}
    job_id = enqueue(daemon_home, tmp_path, managed_by="executor", payload=payload)
    daemon_home.wait_gone()
    daemon_home.start()
    with daemon_home.connect() as at:
        assert ended(at, job_id)["state"] == "succeeded"
    assert (tmp_path / "worked").read_text() == (tmp_path / "ran").read_text() == "x\n"
    assert events_of(daemon_home, job_id) == [*KINDS, "succeeded"]
