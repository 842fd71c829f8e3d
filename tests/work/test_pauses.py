"""Pauses, against a real daemon: nobody starts what is paused, and what runs goes on."""

from typing import Any

import pytest

from djobs_local.call import Connection
from djobs_protocol.errors import DjobsError, ErrorCode
from tests.harness.daemon import DaemonHome
from tests.harness.editor import Editor
from tests.work.test_claims import FLOW, claim, enqueue, state, waiting_claim

HERE, THERE = "/repo/here", "/repo/there"
WAKE_SECONDS = 15.0
"""Well before a claim of 30 s would look again by itself."""


def pause(connection: Connection, **asked: Any) -> list[dict[str, Any]]:
    pauses: list[dict[str, Any]] = connection.call("queue.pause", asked)["pauses"]
    return pauses


def resume(connection: Connection, **asked: Any) -> list[dict[str, Any]]:
    pauses: list[dict[str, Any]] = connection.call("queue.resume", asked).get("pauses", [])
    return pauses


def test_while_everything_is_paused_nothing_starts_and_what_runs_goes_on(one: Connection) -> None:
    first, second = enqueue(one, {}, {})
    claim(one, job_id=first)
    (only,) = pause(one, reason="the disk is being replaced")
    assert (only["scope"], only["reason"]) == ("everything", "the disk is being replaced")
    assert claim(one) == {}
    one.call("job.complete", {"job_id": first})
    assert state(one, first) == "succeeded"
    assert resume(one) == []
    assert claim(one)["id"] == second


def test_a_paused_type_lets_the_others_pass(one: Connection) -> None:
    urgent, other = enqueue(one, {"type": "slow", "priority": 1}, {"type": "fast"})
    pause(one, scope="type", subject="slow")
    assert claim(one)["id"] == other
    assert claim(one) == {}
    assert claim(one, types=["slow"]) == {}
    resume(one, scope="type", subject="slow")
    assert claim(one)["id"] == urgent


def test_a_paused_workspace_lets_the_others_pass(home: DaemonHome) -> None:
    with (
        home.connect(workspace=HERE) as here,
        home.connect(workspace=THERE) as there,
    ):
        (mine,) = enqueue(here)
        (theirs,) = enqueue(there)
        pause(here, scope="workspace")
        assert claim(here, correlation_id=FLOW)["id"] == theirs
        assert claim(here, correlation_id=FLOW) == {}
        assert there.call("job.claim", {"everywhere": True}).get("job") is None
        resume(there, scope="workspace", subject=HERE)
        assert there.call("job.claim", {"everywhere": True})["job"]["id"] == mine


def test_a_paused_job_asked_for_by_name_is_refused_with_the_reason(one: Connection) -> None:
    (job_id,) = enqueue(one)
    pause(one, scope="type", subject="t", reason="being rewritten")
    with pytest.raises(DjobsError) as refusal:
        claim(one, job_id=job_id)
    assert refusal.value.code is ErrorCode.ILLEGAL_TRANSITION
    assert "The type t is paused: being rewritten." in refusal.value.message


def test_whoever_asks_why_is_told_of_every_pause(one: Connection) -> None:
    (job_id,) = enqueue(one)
    pause(one)
    pause(one, scope="type", subject="t")
    pause(one, scope="type", subject="other")
    obstacles = one.call("job.explain", {"job_id": job_id})["obstacles"]
    assert [each["text"] for each in obstacles] == [
        "Everything is paused.",
        "The type t is paused.",
    ]
    assert [each["kind"] for each in obstacles] == ["paused", "paused"]


def test_the_end_of_a_pause_wakes_all_claims_that_wait(home: DaemonHome, one: Connection) -> None:
    with Editor(home) as first, Editor(home) as second:
        ids = [start_waiting(editor)["id"] for editor in (first, second)]
        pause(one)
        numbers = [editor.ask("tools/call", waiting_claim(30)) for editor in (first, second)]
        for editor in (first, second):
            editor.call("health")  # answered after the claim was taken up
        resume(one)
        taken = [
            editor.outcome(number, WAKE_SECONDS)[1]["id"]
            for editor, number in zip((first, second), numbers, strict=True)
        ]
    assert sorted(taken) == sorted(ids)


def start_waiting(editor: Editor) -> dict[str, Any]:
    editor.open()
    return editor.call("enqueue_task", task_type="t")


def test_a_pause_outlives_the_daemon_and_names_its_first_time_and_last_reason(
    home: DaemonHome,
) -> None:
    with home.connect() as connection:
        since = pause(connection, reason="first")[0]["since"]
    home.kill9()
    home.start()
    with home.connect() as connection:
        (only,) = pause(connection, reason="second")
        assert (only["since"], only["reason"]) == (since, "second")
        assert pause(connection)[0]["reason"] == "second"
        assert connection.call("queue.pauses", {})["pauses"] == [only]
        assert connection.call("daemon.health", {})["pauses"] == [only]


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        ({"subject": "x"}, "everything has no subject"),
        ({"scope": "type"}, "expected the type to pause"),
        ({"scope": "workspace"}, "this session has no workspace"),
    ],
)
def test_a_pause_of_nothing_in_particular_is_refused(
    one: Connection, asked: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(DjobsError) as refusal:
        pause(one, **asked)
    assert refusal.value.code is ErrorCode.INVALID_PARAMS
    assert complaint in refusal.value.message


def test_the_end_of_no_pause_is_refused(one: Connection) -> None:
    with pytest.raises(DjobsError) as refusal:
        resume(one, scope="type", subject="t")
    assert refusal.value.code is ErrorCode.CONFLICT
    assert refusal.value.message.startswith("The type t is not paused.")


def test_an_agent_pauses_its_own_workspace_and_reads_of_it_in_health(home: DaemonHome) -> None:
    with Editor(home, workspace="/repo/space") as editor:
        editor.open()
        task = editor.call("enqueue_task", task_type="t")["id"]
        paused = editor.call("pause_work", scope="workspace", reason="merging")["paused"]
        assert [(each["subject"], each["reason"]) for each in paused] == [
            ("/repo/space", "merging")
        ]
        assert editor.call("claim_task")["id"] is None
        assert editor.call("health")["paused"] == paused
        assert editor.call("resume_work", scope="workspace") == {"paused": []}
        task_id = editor.call("enqueue_task", task_type="t")["id"]
        editor.call("pause_work", scope="task", subject=task_id)
        assert "It is paused." in str(editor.call("why_task", task_id=task_id))
        editor.call("resume_work", scope="task", subject=task_id)
        assert "paused" not in str(editor.call("why_task", task_id=task_id))
        assert editor.call("claim_task")["id"] == task
