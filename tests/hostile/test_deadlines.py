"""Requests that cannot be done in time, and answers that come in another order (R19)."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from djobs_protocol.errors import DjobsError, ErrorCode
from tests.harness.daemon import DaemonHome
from tests.harness.editor import Ask, Editor
from tests.hostile.peer import enqueue, greeted


@contextmanager
def write_lock_held(home: DaemonHome) -> Iterator[None]:
    """Keep the database locked as another program would: the daemon's writer waits up to 2 s."""
    with closing(sqlite3.connect(home.folder / "jobs.db", isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        yield
        db.execute("ROLLBACK")


WRITE = {"method": "job.enqueue", "params": {"jobs": [{"type": "x"}]}}


def test_a_request_that_is_not_done_in_time_is_answered_at_its_deadline(
    daemon: DaemonHome,
) -> None:
    with daemon.connect(workspace="/repo") as connection:
        with write_lock_held(daemon), pytest.raises(DjobsError) as late:
            connection.call("job.enqueue", {"jobs": [{"type": "x"}]}, timeout_seconds=0.3)
        assert late.value.code is ErrorCode.DEADLINE_EXCEEDED
        assert "0.3 s" in late.value.message
    with daemon.connect() as fresh:
        assert fresh.call("daemon.health")["status"] == "ok"


def test_answers_that_overtake_each_other_keep_their_ids(daemon: DaemonHome) -> None:
    with greeted(daemon) as peer:
        with write_lock_held(daemon):
            peer.say({"jsonrpc": "2.0", "id": "slow", **WRITE})
            peer.say({"jsonrpc": "2.0", "id": "quick", "method": "daemon.health"})
            assert peer.message()["id"] == "quick"
        answer = peer.message()
        assert answer["id"] == "slow"
        assert answer["result"]["jobs"]


def test_a_session_is_answered_while_one_of_its_writes_waits(daemon: DaemonHome) -> None:
    with Editor(daemon) as editor:
        editor.open()
        with write_lock_held(daemon):
            (slow,) = editor.ask_all([Ask("enqueue_task", {"task_type": "x"})])
            editor.call("health")
            editor.result(editor.ask("ping", {}))
            assert editor.heard(slow) is None
        is_error, content = editor.outcome(slow)
        assert not is_error, content


def test_a_database_locked_for_too_long_is_named_and_nothing_is_written(
    daemon: DaemonHome,
) -> None:
    with greeted(daemon) as peer:
        total = peer.ask("daemon.health")["result"]["total"]
        with write_lock_held(daemon):
            answer = peer.ask("job.enqueue", jobs=[{"type": "x"}])
        assert answer["error"]["data"]["code"] == "storage_failed"
        assert "locked" in answer["error"]["message"]
        assert peer.ask("daemon.health")["result"]["total"] == total
        assert enqueue(peer, {})


HANGING = "store.commit=sleep:40@2"
"""The second commit: the first is the one that the test waits for."""


def test_a_disk_that_hangs_holds_up_only_those_who_write(daemon_home: DaemonHome) -> None:
    daemon_home.start(DJOBS_FP="store.commit=sleep:3@2")
    with greeted(daemon_home) as peer, Editor(daemon_home) as editor:
        enqueue(peer, {})
        peer.say({"jsonrpc": "2.0", "id": "slow", "timeout_ms": 500, **WRITE})
        assert peer.code() == "deadline_exceeded"
        editor.open()
        assert editor.call("health")["total"] == 1
        enqueue(peer, {})  # waits for the disk, and is answered
        assert editor.call("health")["total"] == 3  # what was late has happened too


@pytest.mark.slow
@pytest.mark.timeout(90)
def test_a_tool_call_has_a_deadline_too(daemon_home: DaemonHome) -> None:
    daemon_home.start(DJOBS_FP=HANGING)
    with Editor(daemon_home) as editor:
        editor.open()
        editor.call("enqueue_task", task_type="x")
        late = editor.refusal("enqueue_task", task_type="x")
        assert late["error"] == "deadline_exceeded"
        assert "may still happen" in late["message"]
