"""Everything that failed is opened again at once, against a real daemon."""

from typing import Any

from djobs_local.call import Connection
from tests.harness.daemon import DaemonHome
from tests.harness.editor import Editor
from tests.work.test_claims import FLOW, enqueue, kinds, state


def fail(connection: Connection, *ids: str) -> None:
    for each in ids:
        connection.call("job.fail", {"job_id": each, "error": "no", "retry": False})


def retry_failed(connection: Connection, **asked: Any) -> dict[str, Any]:
    return connection.call("job.retry_failed", asked)


def test_all_that_failed_is_opened_again_and_nothing_else(one: Connection) -> None:
    first, second, done, open_one = enqueue(one, {}, {}, {}, {})
    fail(one, first, second)
    one.call("job.complete", {"job_id": done})
    assert retry_failed(one, reason="the network is back") == {"ids": [first, second]}
    states = [state(one, each) for each in (first, second, done, open_one)]
    assert states == ["pending", "pending", "succeeded", "pending"]
    assert kinds(one, first) == ["enqueued", "failed", "retried"]
    assert retry_failed(one) == {}


def test_dead_letters_are_among_them(one: Connection) -> None:
    (job_id,) = enqueue(one, {"max_attempts": 1})
    one.call("job.claim", {"job_id": job_id})
    one.call("job.fail", {"job_id": job_id, "error": "no"})
    assert state(one, job_id) == "dead_lettered"
    assert retry_failed(one)["ids"] == [job_id]


def test_a_workflow_and_types_narrow_it_down(one: Connection) -> None:
    slow, fast = enqueue(one, {"type": "slow"}, {"type": "fast"})
    asked = {"jobs": [{"type": "slow"}], "correlation_id": "another"}
    other = one.call("job.enqueue", asked)["jobs"][0]["id"]
    fail(one, slow, fast, other)
    assert retry_failed(one, correlation_id=FLOW, types=["slow", "x"])["ids"] == [slow]
    assert retry_failed(one, correlation_id="nothing here") == {}
    assert retry_failed(one, types=["slow"])["ids"] == [other]
    assert retry_failed(one)["ids"] == [fast]


def test_one_whose_key_a_newer_job_has_is_left(one: Connection) -> None:
    old, plain = enqueue(one, {"idempotency_key": "k"}, {"idempotency_key": "free"})
    fail(one, old, plain)
    (newer,) = enqueue(one, {"idempotency_key": "k"})
    assert retry_failed(one) == {"ids": [plain], "left": [old]}
    assert (state(one, old), state(one, newer)) == ("failed", "pending")


def test_chains_that_failed_come_back_with_their_order(one: Connection) -> None:
    (first,) = enqueue(one)
    (second,) = enqueue(one, {"depends_on": [first], "on_dependency_failure": "run"})
    fail(one, first, second)
    assert retry_failed(one)["ids"] == [first, second]
    (waits,) = one.call("job.explain", {"job_id": second})["obstacles"]
    assert (waits["kind"], waits["job_id"]) == ("dependency", first)
    assert one.call("job.claim", {"correlation_id": FLOW})["job"]["id"] == first
    assert one.call("job.claim", {"correlation_id": FLOW}) == {}
    assert one.call("db.check", {})["ok"]


def test_what_is_opened_at_once_is_bounded(one: Connection) -> None:
    ids = [each for _ in range(2) for each in enqueue(one, *[{}] * 300)]
    fail(one, *ids)
    answers = [retry_failed(one) for _ in range(2)]
    assert [len(answer["ids"]) for answer in answers] == [500, 100]
    assert [answer.get("more", False) for answer in answers] == [True, False]


def test_an_agent_retries_what_failed_in_its_workspace(home: DaemonHome, one: Connection) -> None:
    (elsewhere,) = enqueue(one)
    fail(one, elsewhere)
    with Editor(home, workspace="/repo/space") as editor:
        editor.open()
        task = editor.call("enqueue_task", task_type="t")["id"]
        editor.call("fail_task", task_id=task, error="no")
        assert editor.call("retry_failed") == {"retried": 1, "ids": [task]}
        assert editor.call("retry_failed") == {"retried": 0}
        assert editor.call("retry_failed", correlation_id="*")["ids"] == [elsewhere]
