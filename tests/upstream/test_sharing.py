"""The peer's demonstrated defects about shared work, each shown not to be there."""

import sqlite3
from contextlib import closing

import pytest

from tests.harness.daemon import DaemonHome
from tests.harness.editor import Editor
from tests.harness.waiting import wait_until

HERE_TOO, ELSEWHERE = "/repo/here", "/repo/elsewhere"


@pytest.fixture
def home(running_daemon: DaemonHome) -> DaemonHome:
    return running_daemon


def test_d02_only_the_holder_reports_and_only_once(home: DaemonHome) -> None:
    """There any agent completed any task, and two reports were both acknowledged."""
    with Editor(home, HERE_TOO) as ann, Editor(home, HERE_TOO) as bob:
        ann.open()
        bob.open()
        task = ann.call("enqueue_task", task_type="t")["id"]
        assert ann.call("claim_task")["id"] == task
        assert bob.refusal("complete_task", task_id=task)["error"] == "not_holder"
        assert bob.refusal("fail_task", task_id=task, error="x")["error"] == "not_holder"
        ann.call("complete_task", task_id=task)
        assert bob.refusal("fail_task", task_id=task, error="x")["error"] == "already_finished"


def test_d03_a_lease_that_was_taken_again_is_not_taken_back_by_the_recovery(
    home: DaemonHome,
) -> None:
    """There recovery put a task back that had a fresh lease, and two agents worked on it."""
    with Editor(home, HERE_TOO) as ann, Editor(home, HERE_TOO) as bob:
        ann.open()
        bob.open()
        task = ann.call("enqueue_task", task_type="t")["id"]
        ann.call("claim_task", lease_seconds=1)
        assert bob.call("claim_task", wait_seconds=20)["id"] == task
        assert ann.call("claim_task", wait_seconds=1.5)["id"] is None
        events = bob.call("check_task", task_id=task)["events"]
    assert [e["event"] for e in events] == ["enqueued", "claimed", "lease_lapsed", "claimed"]


def test_d06_a_lapsed_lease_is_recovered_though_nobody_asks_for_anything(home: DaemonHome) -> None:
    """There it stayed lost until somebody made a certain call, or for ever."""
    with Editor(home, HERE_TOO) as ann:
        ann.open()
        ann.call("enqueue_task", task_type="t")
        ann.call("claim_task", lease_seconds=1)
        database = f"file:{home.folder / 'jobs.db'}?mode=ro"

        def is_pending() -> bool:
            with closing(sqlite3.connect(database, uri=True)) as db:
                return db.execute("SELECT state FROM jobs").fetchall() == [("pending",)]

        wait_until(is_pending, "the task is free again")


def test_d12_neither_tasks_nor_resources_reach_into_another_workspace(home: DaemonHome) -> None:
    """There an agent got the tasks of other projects, and README.md was one lock for all."""
    with Editor(home, HERE_TOO) as ann, Editor(home, ELSEWHERE) as bob:
        ann.open()
        bob.open()
        wanted = {"task_type": "t", "resource_key": "README.md"}
        first = ann.call("enqueue_task", **wanted)["id"]
        assert bob.call("claim_task")["id"] is None
        second = bob.call("enqueue_task", **wanted)["id"]
        assert ann.call("claim_task")["id"] == first
        assert bob.call("claim_task")["id"] == second


def test_d13_an_agent_that_comes_back_after_a_crash_gets_its_own_work_back_at_once(
    home: DaemonHome,
) -> None:
    """There its own work was "occupied" by its dead self for up to ten minutes."""
    with Editor(home, HERE_TOO) as before:
        before.open()
        task = before.call("enqueue_task", task_type="t")["id"]
        before.call("claim_task", lease_seconds=600)
        before.process.kill()
        before.process.wait()
        with Editor(home, HERE_TOO) as after:
            after.open()
            assert after.call("claim_task", wait_seconds=20)["id"] == task
            assert after.call("complete_task", task_id=task)["state"] == "succeeded"


def test_d27_the_daemon_takes_no_task_of_an_agent(home: DaemonHome) -> None:
    """There an embedded worker took tasks of the type echo and called them done."""
    with Editor(home, HERE_TOO) as editor:
        editor.open()
        task = editor.call("enqueue_task", task_type="echo")["id"]
        assert editor.call("claim_task", wait_seconds=3)["id"] == task
        events = editor.call("check_task", task_id=task)["events"]
    assert [event["event"] for event in events] == ["enqueued", "claimed"]
