"""Who asks again what is unfinished is told when there is nothing new."""

import json
from typing import Any

from djobs_local.call import Connection
from tests.clients.tokens import count_tokens
from tests.harness.daemon import DaemonHome
from tests.harness.editor import Editor
from tests.work.test_claims import FLOW, claim, enqueue

REPEAT_TOKENS = 80


def resume(connection: Connection, known: str | None = None) -> dict[str, Any]:
    asked = {"correlation_id": FLOW} | ({"known_hash": known} if known else {})
    return connection.call("session.resume", asked)


def test_a_page_that_is_known_is_not_repeated(one: Connection) -> None:
    enqueue(one, {}, {})
    page = resume(one)
    again = resume(one, page["hash"])
    assert again == {
        "correlation_id": FLOW,
        "unfinished": 2,
        "hash": page["hash"],
        "unchanged": True,
    }


def test_whatever_happens_to_a_job_of_the_page_makes_it_new(
    one: Connection, two: Connection
) -> None:
    first, second = enqueue(one, {}, {})
    (third,) = enqueue(one, {"depends_on": [first]})
    known = resume(one)["hash"]
    claim(two, job_id=first)
    steps: list[tuple[str, dict[str, Any]]] = [
        ("job.release", {"job_id": first}),
        ("job.amend", {"job_id": second, "priority": 9}),
        ("job.fail", {"job_id": first, "error": "no"}),
        ("job.cancel", {"job_id": third}),
        ("job.enqueue", {"jobs": [{"type": "t"}], "correlation_id": FLOW}),
    ]
    for method, params in steps:
        page = resume(one, known)
        assert "unchanged" not in page
        known = page["hash"]
        assert resume(one, known)["unchanged"]
        two.call(method, params)
    assert "unchanged" not in resume(one, known)


def test_a_renewed_lease_is_nothing_new(one: Connection, two: Connection) -> None:
    (job_id,) = enqueue(one)
    claim(two, job_id=job_id)
    known = resume(one)["hash"]
    two.call("job.heartbeat", {"job_id": job_id, "lease_seconds": 5000})
    assert resume(one, known)["unchanged"]


def test_an_agent_that_asks_again_with_the_hash_pays_next_to_nothing(home: DaemonHome) -> None:
    with Editor(home) as editor:
        editor.open()
        editor.call("enqueue_task", tasks=[{"task_type": "t"}] * 20)
        page = editor.call("resume_session")
        again = editor.call("resume_session", known_hash=page["hash"])
    assert again == {"unchanged": True, "unfinished": 20, "hash": page["hash"]}
    assert count_tokens(json.dumps(again)) <= REPEAT_TOKENS
