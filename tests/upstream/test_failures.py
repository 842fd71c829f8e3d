"""What failures and long work cost: the peer's demonstrated defects, each shown not to be there."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import anyio

from djobs import Client, JobContext, JobState, Worker
from tests.harness.daemon import DaemonHome
from tests.harness.editor import Editor
from tests.harness.waiting import wait_until
from tests.upstream.agents import HERE

LEASE_SECONDS = 1.0
PAYLOAD_BYTES = 200_000
ROUNDS = 10
CHILDREN_FAULTS = 10
"""The place of ``cminflt`` in /proc/PID/stat: page faults of children that were waited for."""


def asked(database: Path, question: str) -> tuple[Any, ...]:
    """Return the one row that answers a question to the file itself."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
        row: tuple[Any, ...] = db.execute(question).fetchone()
    return row


def test_d05_a_lease_that_lapses_at_the_last_attempt_ends_the_task(
    editor: Editor, database: Path
) -> None:
    """There it waited for ever for a retry, or was tried more often than allowed."""
    task = editor.call("enqueue_task", task_type="t", max_attempts=1)["id"]
    editor.call("claim_task", lease_seconds=LEASE_SECONDS)

    def has_ended() -> bool:  # any call would renew the lease
        return asked(database, "SELECT state FROM jobs") == ("dead_lettered",)

    wait_until(has_ended, "the lease has lapsed")
    shown = editor.call("check_task", task_id=task)
    assert (shown["state"], shown["attempt"]) == ("dead_lettered", "1/1")
    assert editor.call("claim_task")["id"] is None
    assert editor.call("retry_task", task_id=task)["state"] == "pending"


async def test_d07_a_handler_that_outlasts_the_lease_is_neither_doubled_nor_lost(
    daemon_home: DaemonHome,
) -> None:
    """There it ran twice at the same time, or ended as failed although it had succeeded."""
    runs: list[int] = []
    here: dict[str, Any] = {"home": daemon_home.state, "workspace": HERE}
    worker = Worker(**here, concurrency=2, lease_seconds=LEASE_SECONDS)

    @worker.handles("long")
    async def long(job: JobContext) -> None:
        runs.append(job.attempt)
        await anyio.sleep(2.5 * LEASE_SECONDS)

    async with Client(**here) as client:
        job_id = await client.enqueue("long", managed_by="worker")
        await worker.run(until_idle=True)
        job = (await client.get(job_id)).job
    assert runs == [1]
    assert (job.state, job.attempt) == (JobState.SUCCEEDED, 1)


def test_d18_a_payload_is_stored_once_however_much_happens_to_its_task(
    editor: Editor, database: Path
) -> None:
    """There every event had a copy of it."""
    task = editor.call("enqueue_task", task_type="t", payload={"x": "y" * PAYLOAD_BYTES})["id"]
    for _ in range(ROUNDS):
        editor.call("claim_task", task_id=task)
        editor.call("release_task", task_id=task)
    (texts,) = asked(database, "SELECT sum(length(body)) FROM texts")
    (events, notes) = asked(
        database,
        "SELECT count(*), sum(length(coalesce(note, '') || coalesce(data, ''))) FROM events",
    )
    assert events == 1 + 2 * ROUNDS
    assert texts + notes < PAYLOAD_BYTES + 10_000


def test_d18_sessions_leave_no_agents_behind_and_the_daemon_runs_no_program(
    daemon_home: DaemonHome, database: Path
) -> None:
    """There each start of a server was an agent for ever, and a look cost ten runs of git."""
    for _ in range(ROUNDS):
        with Editor(daemon_home, HERE) as editor:
            editor.open()
            editor.call("resume_session")
    assert asked(database, "SELECT count(*) FROM agents") == (0,)
    after_the_name = daemon_home.proc("stat").decode().rpartition(")")[2].split()
    assert after_the_name[CHILDREN_FAULTS - 2] == "0"


def test_d22_a_failed_task_is_tried_as_often_as_asked_and_may_be_tried_again(
    editor: Editor,
) -> None:
    """There the first failure was the last, and no tool opened the task again."""
    task = editor.call("enqueue_task", task_type="t", max_attempts=2)["id"]
    editor.call("claim_task")
    failed = editor.call("fail_task", task_id=task, error="first")
    assert failed["state"] == "retry_scheduled"
    assert failed["attempts_left"] == 1
    editor.call("claim_task", wait_seconds=60)
    assert editor.call("fail_task", task_id=task, error="second")["state"] == "dead_lettered"
    assert editor.call("retry_task", task_id=task)["state"] == "pending"
