"""What a tool answers is true, whole, and says what to do next, over the real shim and daemon."""

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.harness.daemon import DaemonHome
from tests.harness.editor import Editor

SECRET = "ghp_" + "a1" * 18
BIG = {"text": "x" * 300_000}


@pytest.fixture(scope="module")
def daemon() -> Iterator[DaemonHome]:
    with DaemonHome() as home:
        home.start()
        yield home


@pytest.fixture
def editor(daemon: DaemonHome) -> Iterator[Editor]:
    with Editor(daemon, f"/repo/{secrets.token_hex(4)}") as opened:
        opened.open()
        yield opened


def new(editor: Editor, **arguments: Any) -> str:
    return str(editor.call("enqueue_task", **{"task_type": "x", **arguments})["id"])


def test_a_report_on_a_failed_task_is_told_what_was_said_and_how_to_do_it_again(
    editor: Editor,
) -> None:
    task = new(editor)
    editor.call("fail_task", task_id=task, error="the file is gone")

    refusal = editor.refusal("complete_task", task_id=task, evidence="found it")

    assert refusal["error"] == "already_finished"
    assert "saying 'the file is gone'" in refusal["message"]
    assert "enqueue it again" in refusal["hint"]


def test_a_second_report_of_success_is_told_that_there_is_nothing_to_do(editor: Editor) -> None:
    task = new(editor)
    editor.call("complete_task", task_id=task, evidence="e" * 1000)

    refusal = editor.refusal("complete_task", task_id=task)

    assert refusal["hint"].startswith("Nothing to do")
    assert len(refusal["message"]) < 400


def test_completing_a_task_before_what_it_waits_for_is_done_and_remarked_upon(
    editor: Editor,
) -> None:
    first = new(editor)
    second = new(editor, depends_on=[first])

    assert first in editor.call("complete_task", task_id=second)["note"]
    assert "note" not in editor.call("complete_task", task_id=first)


def test_the_same_new_key_twice_in_a_batch_is_one_task_and_no_earlier_one(editor: Editor) -> None:
    same = {"task_type": "x", "idempotency_key": "k"}

    first = editor.call("enqueue_task", tasks=[same, same])
    again = editor.call("enqueue_task", tasks=[same, same])

    assert len(set(first["ids"])) == 1
    assert "existing" not in first
    assert again["existing"] == {first["ids"][0]: "pending"}


def test_what_was_replaced_by_a_mark_is_counted(editor: Editor) -> None:
    answer = editor.call(
        "enqueue_task",
        task_type="x",
        tasks=[{"payload": {"token": SECRET, "note": f"use {SECRET}"}}, {"payload": {"a": 1}}],
    )
    first, second = answer["ids"]

    assert answer["redacted"] == 2
    assert editor.call("complete_task", task_id=first, evidence=f"used {SECRET}")["redacted"] == 1
    assert "redacted" not in editor.call("complete_task", task_id=second, evidence="[redacted]")
    assert editor.call("fail_task", task_id=new(editor), error=f"not {SECRET}")["redacted"] == 1


def test_an_error_about_one_of_many_tasks_says_which(editor: Editor) -> None:
    refusal = editor.refusal("enqueue_task", task_type="x", tasks=[{}, {"payload": BIG}])

    assert refusal["message"].startswith("tasks[1]: payload is ")
    alone = editor.refusal("enqueue_task", task_type="x", payload=BIG)
    assert alone["message"].startswith("payload is ")


def test_recent_failures_are_only_those_that_were_asked_for(editor: Editor) -> None:
    editor.call("fail_task", task_id=new(editor), error="no")

    assert editor.call("audit_log")["recent_failures"]
    assert editor.call("audit_log", event_type="failed,enqueued")["recent_failures"]
    assert "recent_failures" not in editor.call("audit_log", event_type="enqueued")


def test_the_history_is_of_the_workspace_and_of_all_when_asked(
    daemon: DaemonHome, editor: Editor
) -> None:
    new(editor)
    with Editor(daemon, "/repo/elsewhere") as other:
        other.open()
        assert other.call("audit_log")["total"] == 0
        assert other.call("audit_log", correlation_id="*")["total"] >= 1
        assert other.call("list_tasks")["tasks"] == []
        assert other.call("list_tasks", correlation_id="*")["tasks"]
    assert editor.call("audit_log")["total"] == 1


def test_a_task_with_checks_is_refused_until_they_pass_and_says_what_was_checked(
    daemon: DaemonHome, tmp_path: Path
) -> None:
    with Editor(daemon, str(tmp_path)) as editor:
        editor.open()
        task = new(editor, verify=[{"command": "test -e made"}, {"file_exists": "made"}])
        refusal = editor.refusal("complete_task", task_id=task, evidence="did it")
        assert "check 1 of 2 (command test -e made) failed" in refusal["message"]
        assert "complete the task again" in refusal["hint"]
        (tmp_path / "made").touch()
        answer = editor.call("complete_task", task_id=task, evidence="did it")
        assert (answer["state"], answer["checked"]) == ("succeeded", "2 of 2 checks passed")
        shown = editor.call("check_task", task_id=task)
        assert shown["verify"] == ["command test -e made", "file_exists made"]
        assert [each["event"] for each in shown["events"]][-3:] == [
            "offered",
            "checked",
            "succeeded",
        ]
        handed = editor.call(
            "submit_batch",
            tasks=[
                {"task_type": "shell", "spec": "touch b", "verify": [{"file_exists": "b"}]},
                {"task_type": "shell", "spec": "true", "verify": [{"file_exists": "c"}]},
            ],
        )["ids"]
        editor.call("wait_task", task_ids=handed, timeout_seconds=30)
        states = [editor.call("check_task", task_id=each)["state"] for each in handed]
        assert states == ["succeeded", "failed"]
