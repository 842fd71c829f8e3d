"""Plans that turned out otherwise, against a real daemon: amend, accept what came before."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from djobs_local.call import Connection
from djobs_protocol.errors import DjobsError, ErrorCode
from tests.harness.daemon import DaemonHome, wait_until
from tests.harness.editor import Editor
from tests.work.test_claims import claim, enqueue, kinds, state, waiting_claim


def get(connection: Connection, job_id: str) -> dict[str, Any]:
    job: dict[str, Any] = connection.call("job.get", {"job_id": job_id})["job"]
    return job


def amend(connection: Connection, job_id: str, **changes: Any) -> dict[str, Any]:
    return connection.call("job.amend", {"job_id": job_id, **changes})


def refused(connection: Connection, method: str, **params: Any) -> DjobsError:
    with pytest.raises(DjobsError) as refusal:
        connection.call(method, params)
    return refusal.value


def test_a_pending_job_takes_another_payload_and_another_place(one: Connection) -> None:
    first, second = enqueue(one, {"payload": {"n": 1}}, {"payload": {"n": 2}})
    changed = amend(one, second, payload={"n": 3}, priority=1, max_attempts=7, reason="urgent")
    assert changed == {"id": second, "state": "pending", "revision": 2}
    job = get(one, second)
    assert (job["payload"], job["priority"], job["max_attempts"]) == ({"n": 3}, 1, 7)
    assert kinds(one, second) == ["enqueued", "amended"]
    assert [claim(one)["id"] for _ in range(2)] == [second, first]
    assert one.call("db.check", {})["ok"]


def test_a_payload_may_become_empty_and_the_history_still_agrees(one: Connection) -> None:
    (job_id,) = enqueue(one, {"payload": {"n": 1}})
    amend(one, job_id, payload={})
    assert get(one, job_id)["payload"] == {}
    assert one.call("db.check", {})["ok"]


def test_a_change_of_what_another_changed_is_refused(one: Connection, two: Connection) -> None:
    (job_id,) = enqueue(one)
    seen = get(two, job_id)["revision"]
    amend(one, job_id, priority=2, revision=seen)
    error = refused(two, "job.amend", job_id=job_id, priority=9, revision=seen)
    assert error.code is ErrorCode.CONFLICT
    assert "at revision 2, not 1" in error.message
    assert get(one, job_id)["priority"] == 2


def test_what_has_started_or_ended_is_not_changed(one: Connection) -> None:
    (job_id,) = enqueue(one)
    claim(one)
    error = refused(one, "job.amend", job_id=job_id, priority=1)
    assert error.code is ErrorCode.ILLEGAL_TRANSITION
    assert "is running; only a pending job can be changed" in error.message


def test_a_change_of_nothing_and_one_that_leaves_no_attempt_are_refused(one: Connection) -> None:
    (job_id,) = enqueue(one)
    assert "nothing to change" in refused(one, "job.amend", job_id=job_id, reason="x").message
    claim(one)
    one.call("job.fail", {"job_id": job_id, "error": "flaky"})
    wait_until(lambda: state(one, job_id) == "pending", "the back-off is over")
    assert (
        "must be more than the 1 that"
        in refused(one, "job.amend", job_id=job_id, max_attempts=1).message
    )


def test_a_secret_in_the_new_payload_is_replaced(one: Connection) -> None:
    (job_id,) = enqueue(one)
    said = amend(one, job_id, payload={"password": "correct-horse-battery"})
    assert said["redacted"] == 1
    assert get(one, job_id)["payload"] == {"password": "[redacted]"}


def test_a_job_put_off_is_not_claimed_and_one_brought_forward_wakes_who_waits(
    home: DaemonHome, one: Connection
) -> None:
    with Editor(home) as editor:
        editor.open()
        job_id = editor.call("enqueue_task", task_type="t")["id"]
        later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        amend(one, job_id, run_at=later)
        assert editor.call("claim_task")["id"] is None
        number = editor.ask("tools/call", waiting_claim(30))
        editor.call("health")  # answered after the claim was taken up
        amend(one, job_id, run_at=datetime.now(UTC).isoformat())
        assert editor.outcome(number, 15)[1]["id"] == job_id


def test_everything_before_a_job_is_accepted_and_frees_what_waits_for_it(one: Connection) -> None:
    first, second = enqueue(one, {}, {})
    (third,) = enqueue(one, {"depends_on": [first, second]})
    (fourth,) = enqueue(one, {"depends_on": [third]})
    (other,) = enqueue(one)
    said = one.call("job.accept_before", {"job_id": fourth, "evidence": "it was all merged"})
    assert said == {"ids": [first, second, third]}
    assert [state(one, each) for each in (first, second, third)] == ["succeeded"] * 3
    assert get(one, third)["evidence"] == "it was all merged"
    assert claim(one)["id"] == fourth
    assert state(one, other) == "pending"
    assert one.call("db.check", {})["ok"]


def test_what_somebody_works_on_is_left_to_them(one: Connection, two: Connection) -> None:
    first, second, third = enqueue(one, {}, {}, {})
    claim(two, job_id=first)
    said = one.call("job.accept_before", {"job_id": third})
    assert said == {"ids": [second], "running": [first]}
    assert get(one, second)["evidence"] == f"accepted with everything before {third}"
    assert one.call("job.accept_before", {"job_id": third}) == {"running": [first]}


def test_what_is_accepted_at_once_is_bounded(one: Connection) -> None:
    for _ in range(2):
        enqueue(one, *[{}] * 300)
    (last,) = enqueue(one)
    answers = [one.call("job.accept_before", {"job_id": last}) for _ in range(2)]
    assert [len(answer["ids"]) for answer in answers] == [500, 100]
    assert [answer.get("more", False) for answer in answers] == [True, False]
