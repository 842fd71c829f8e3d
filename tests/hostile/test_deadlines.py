"""Requests that cannot be done in time, and answers that come in another order (R19)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from djobs_protocol.errors import DjobsError, ErrorCode
from tests.harness.daemon import DaemonHome
from tests.harness.database import write_lock_held
from tests.harness.editor import Ask, Editor
from tests.harness.gate import Gate
from tests.hostile.peer import enqueue, greeted


def database(home: DaemonHome) -> Path:
    return home.folder / "jobs.db"


@pytest.fixture
def disk(daemon_home: DaemonHome) -> Iterator[Gate]:
    """Return the gate before every commit of a daemon; it is open."""
    with Gate(daemon_home.folder / "disk") as gate:
        gate.open()
        daemon_home.start(DJOBS_FP=f"store.commit=gate:{gate}")
        yield gate


WRITE = {"method": "job.enqueue", "params": {"jobs": [{"type": "x"}]}}


def test_a_request_that_is_not_done_in_time_is_answered_at_its_deadline(
    daemon: DaemonHome,
) -> None:
    with daemon.connect(workspace="/repo") as connection:
        with write_lock_held(database(daemon)), pytest.raises(DjobsError) as late:
            connection.call("job.enqueue", {"jobs": [{"type": "x"}]}, timeout_seconds=0.3)
        assert late.value.code is ErrorCode.DEADLINE_EXCEEDED
        assert "0.3 s" in late.value.message
    with daemon.connect() as fresh:
        assert fresh.call("daemon.health")["status"] == "ok"


def test_answers_that_overtake_each_other_keep_their_ids(
    daemon_home: DaemonHome, disk: Gate
) -> None:
    with greeted(daemon_home) as peer:
        disk.shut()
        peer.say({"jsonrpc": "2.0", "id": "slow", **WRITE})
        disk.wait_reached()
        peer.say({"jsonrpc": "2.0", "id": "quick", "method": "daemon.health"})
        assert peer.message()["id"] == "quick"
        disk.open()
        answer = peer.message()
        assert answer["id"] == "slow"
        assert answer["result"]["jobs"]


def test_a_session_is_answered_while_one_of_its_writes_waits(
    daemon_home: DaemonHome, disk: Gate
) -> None:
    with Editor(daemon_home) as editor:
        editor.open()
        disk.shut()
        (slow,) = editor.ask_all([Ask("enqueue_task", {"task_type": "x"})])
        disk.wait_reached()
        editor.call("health")
        editor.result(editor.ask("ping", {}))
        assert editor.heard(slow) is None
        disk.open()
        is_error, content = editor.outcome(slow)
        assert not is_error, content


def test_a_database_locked_for_too_long_is_named_and_nothing_is_written(
    daemon: DaemonHome,
) -> None:
    with greeted(daemon) as peer:
        total = peer.ask("daemon.health")["result"]["total"]
        with write_lock_held(database(daemon)):
            answer = peer.ask("job.enqueue", jobs=[{"type": "x"}])
        assert answer["error"]["data"]["code"] == "storage_failed"
        assert "locked" in answer["error"]["message"]
        assert peer.ask("daemon.health")["result"]["total"] == total
        assert enqueue(peer, {})


def test_a_disk_that_hangs_holds_up_only_those_who_write(
    daemon_home: DaemonHome, disk: Gate
) -> None:
    with greeted(daemon_home) as peer, Editor(daemon_home) as editor:
        enqueue(peer, {})
        disk.shut()
        peer.say({"jsonrpc": "2.0", "id": "slow", "timeout_ms": 500, **WRITE})
        assert peer.code() == "deadline_exceeded"
        disk.wait_reached()
        editor.open()
        assert editor.call("health")["total"] == 1
        disk.open()
        enqueue(peer, {})  # waits for the disk, and is answered
        assert editor.call("health")["total"] == 3  # what was late has happened too


@pytest.mark.slow
@pytest.mark.timeout(90)
def test_a_tool_call_has_a_deadline_too(daemon_home: DaemonHome, disk: Gate) -> None:
    with Editor(daemon_home) as editor:
        editor.open()
        editor.call("enqueue_task", task_type="x")
        disk.shut()
        late = editor.refusal("enqueue_task", task_type="x")
        assert late["error"] == "deadline_exceeded"
        assert "may still happen" in late["message"]
