"""Agents and programs that share work, against a real daemon."""

import threading
from typing import Any

import pytest

from djobs_local.call import Connection
from djobs_protocol.errors import DjobsError
from tests.harness.daemon import DaemonHome, wait_until
from tests.harness.editor import Editor

FLOW = "release"


def enqueue(connection: Connection, *jobs: dict[str, Any]) -> list[str]:
    asked = [{"type": "t", **job} for job in jobs or ({},)]
    answer = connection.call("job.enqueue", {"jobs": asked, "correlation_id": FLOW})
    return [job["id"] for job in answer["jobs"]]


def claim(connection: Connection, **asked: Any) -> dict[str, Any]:
    answer = connection.call("job.claim", {"correlation_id": FLOW, **asked}, 30)
    job: dict[str, Any] = answer.get("job", {})
    return job


def state(connection: Connection, job_id: str) -> str:
    return str(connection.call("job.get", {"job_id": job_id})["job"]["state"])


def kinds(connection: Connection, job_id: str) -> list[str]:
    return [event["kind"] for event in connection.call("job.get", {"job_id": job_id})["events"]]


def test_two_sessions_never_get_the_same_job(one: Connection, two: Connection) -> None:
    ids = enqueue(one, *[{}] * 4)
    taken = [claim(each)["id"] for each in (one, two, one, two)]
    assert taken == ids
    assert claim(one) == {}


def test_only_the_holder_may_report_and_the_refusal_names_it(
    one: Connection, two: Connection
) -> None:
    (job_id,) = enqueue(one)
    claim(one, agent_id="ann")
    with pytest.raises(DjobsError) as refusal:
        two.call("job.complete", {"job_id": job_id})
    assert refusal.value.code == "not_holder"
    assert "ann" in refusal.value.message
    one.call("job.complete", {"job_id": job_id})
    assert state(two, job_id) == "succeeded"


def test_a_stale_report_is_refused(one: Connection, two: Connection) -> None:
    (job_id,) = enqueue(one)
    first = claim(one)["holder"]["generation"]
    one.call("job.release", {"job_id": job_id})
    claim(two)
    with pytest.raises(DjobsError) as refusal:
        one.call("job.complete", {"job_id": job_id, "generation": first})
    assert refusal.value.code == "stale_generation"
    assert state(two, job_id) == "running"


def test_a_waiting_claim_is_woken_by_an_enqueue(one: Connection, two: Connection) -> None:
    got: list[dict[str, Any]] = []
    waiting = threading.Thread(target=lambda: got.append(claim(two, wait_seconds=20)))
    waiting.start()
    try:
        wait_until(lambda: kept_waiting(one), "the claim waits")
        (job_id,) = enqueue(one)
    finally:
        waiting.join(30)
    assert [job["id"] for job in got] == [job_id]


def kept_waiting(connection: Connection) -> bool:
    return len(connection.call("daemon.status")["connections"]) == 2


def test_a_claim_that_waits_in_vain_gets_nothing(one: Connection) -> None:
    assert claim(one, wait_seconds=0.2) == {}


def test_a_lease_that_is_not_renewed_lapses_and_the_next_gets_the_job(
    home: DaemonHome, two: Connection
) -> None:
    with home.connect(client="djobsctl") as hand:  # a command's claim outlives it
        (job_id,) = enqueue(hand)
        claim(hand, lease_seconds=1)
    assert claim(two, wait_seconds=20)["id"] == job_id
    assert "lease_lapsed" in kinds(two, job_id)


def test_any_call_of_the_holder_renews(one: Connection, two: Connection) -> None:
    (job_id,) = enqueue(one)
    claim(one, lease_seconds=2)
    for _ in range(8):
        one.call("daemon.health")
        assert claim(two, wait_seconds=0.5) == {}
    assert kinds(two, job_id) == ["enqueued", "claimed"]


def test_a_failure_is_tried_again_until_the_attempts_are_used_up(one: Connection) -> None:
    (job_id,) = enqueue(one, {"max_attempts": 2})
    claim(one)
    failed = one.call("job.fail", {"job_id": job_id, "error": "flaky"})
    assert (failed["state"], failed["attempts_left"]) == ("retry_scheduled", 1)
    assert claim(one, wait_seconds=30)["attempt"] == 2
    assert one.call("job.fail", {"job_id": job_id, "error": "again"})["state"] == "dead_lettered"
    assert one.call("job.retry", {"job_id": job_id})["state"] == "pending"
    assert claim(one)["attempt"] == 1


def test_what_a_killed_editor_held_is_free_at_once(home: DaemonHome, two: Connection) -> None:
    with Editor(home, workspace="/repo/space") as editor:
        editor.open()
        job_id = editor.call("enqueue_task", task_type="t", correlation_id=FLOW)["id"]
        assert editor.call("claim_task", correlation_id=FLOW)["id"] == job_id
        editor.process.kill()
        assert claim(two, wait_seconds=20)["id"] == job_id
    assert "released" in kinds(two, job_id)


def test_a_restart_of_the_daemon_takes_nobody_s_lease(home: DaemonHome) -> None:
    with Editor(home, workspace="/repo/space") as editor:
        editor.open()
        job_id = editor.call("enqueue_task", task_type="t")["id"]
        editor.call("claim_task")
        home.kill9()
        assert editor.call("complete_task", task_id=job_id)["state"] == "succeeded"
        history = editor.call("check_task", task_id=job_id)["events"]
    assert [event["event"] for event in history] == ["enqueued", "claimed", "succeeded"]


def test_a_claim_that_waits_holds_up_no_stop_and_goes_on_with_the_next_daemon(
    home: DaemonHome,
) -> None:
    with Editor(home, workspace="/repo/space") as editor:
        editor.open()
        number = editor.ask("tools/call", waiting_claim(30))
        editor.call("health")  # answered after the claim was taken up
        home.stop()
        assert editor.call("enqueue_task", task_type="t")["id"]
        assert "generation" in editor.outcome(number)[1]


def waiting_claim(seconds: float) -> dict[str, Any]:
    return {"name": "claim_task", "arguments": {"wait_seconds": seconds}}
