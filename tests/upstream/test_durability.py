"""What is acknowledged is on the disk, what is refused is not, whatever went wrong before.

These are mistakes that were demonstrated in an older tool of this kind, each shown to be absent
here, through the real daemon and the real shim, as an agent would meet them. A docstring quotes
what djobs promises instead.
"""

import threading
from pathlib import Path
from typing import Any

import pytest

from djobs_local.call import Connection
from djobs_protocol.errors import DjobsError
from djobs_protocol.version import SCHEMA_VERSION
from tests.harness import needs
from tests.harness.daemon import PATIENCE_SECONDS, DaemonHome, StartFailed
from tests.harness.database import opened, write_lock_held
from tests.harness.editor import Ask, Editor, EditorGone
from tests.harness.gate import Gate
from tests.upstream.agents import HERE
from tests.upstream.syncs import Exchange, traced_exchanges

NEW: dict[str, Any] = {"task_type": "x"}
RPC_NEW = {"jobs": [{"type": "x"}]}


def refused_by_the_lock(editor: Editor, connection: Connection, asks: list[Ask]) -> None:
    """Ask while another program holds the write lock: no write is done, by either door."""
    outcomes = [editor.outcome(number) for number in editor.ask_all(asks)]
    assert [content["error"] for is_error, content in outcomes if is_error] == (
        ["storage_failed"] * len(asks)
    ), outcomes
    with pytest.raises(DjobsError, match="another program holds"):
        connection.call("job.enqueue", RPC_NEW)


def states(database: Path) -> dict[str, int]:
    with opened(database) as db:
        return dict(db.execute("SELECT state, count(*) FROM jobs GROUP BY state").fetchall())


def test_d01_what_is_acknowledged_after_a_lock_timeout_survives_a_kill(
    daemon_home: DaemonHome, editor: Editor, database: Path
) -> None:
    """An acknowledged write is committed and synced, whatever failed before it."""
    done, failed = editor.call("enqueue_task", tasks=[NEW] * 2)["ids"]
    asks = [
        Ask("complete_task", {"task_id": done}),
        Ask("fail_task", {"task_id": failed, "error": "no"}),
        Ask("enqueue_task", NEW),
        Ask("enqueue_task", {"tasks": [NEW] * 3}),
    ]
    with daemon_home.connect(workspace=HERE) as connection:
        with write_lock_held(database):
            refused_by_the_lock(editor, connection, asks)
        for ask in asks:
            editor.call(ask.tool, **ask.arguments)
        connection.call("job.enqueue", RPC_NEW)
    with write_lock_held(database):
        pass  # no transaction was left open
    daemon_home.kill9()
    assert states(database) == {"pending": 5, "succeeded": 1, "failed": 1}
    assert editor.call("check_task", task_id=done)["state"] == "succeeded"


def test_d04_a_write_that_was_refused_is_not_committed_later(
    daemon_home: DaemonHome, editor: Editor, database: Path
) -> None:
    """An error means that nothing was written; asked again, it is done once."""
    task = editor.call("enqueue_task", task_type="first")["id"]
    ghosts = [
        Ask("enqueue_task", {"task_type": "ghost"}),
        Ask("enqueue_task", {"tasks": [{"task_type": "ghosts"}] * 2}),
        Ask("fail_task", {"task_id": task, "error": "no"}),
    ]
    with daemon_home.connect(workspace=HERE) as connection, write_lock_held(database):
        refused_by_the_lock(editor, connection, ghosts)
    editor.call("enqueue_task", task_type="real")
    shown = [(each["type"], each["state"]) for each in editor.call("list_tasks")["tasks"]]
    assert shown == [("real", "pending"), ("first", "pending")]
    for ghost in ghosts:
        editor.call(ghost.tool, **ghost.arguments)
    shown = [(each["type"], each["state"]) for each in editor.call("list_tasks")["tasks"]]
    assert sorted(shown) == [
        ("first", "failed"),
        ("ghost", "pending"),
        ("ghosts", "pending"),
        ("ghosts", "pending"),
        ("real", "pending"),
    ]


def test_d08_a_race_for_one_key_ends_in_one_task_and_no_error(
    daemon_home: DaemonHome, database: Path
) -> None:
    """The same idempotency key in the same workspace returns the same task, also at once."""
    keyed = {"idempotency_key": "k", "payload": {"a": 1}}
    ask = Ask("enqueue_task", {"task_type": "x", **keyed})
    ids: list[str] = []

    def race_by_rpc() -> None:
        with daemon_home.connect(workspace=HERE) as connection:
            for _ in range(5):
                answer = connection.call("job.enqueue", {"jobs": [{"type": "x", **keyed}]})
                ids.append(answer["jobs"][0]["id"])

    with Gate(daemon_home.folder / "gate") as gate:
        daemon_home.start(DJOBS_FP=f"store.commit=gate:{gate}")
        editors = [Editor(daemon_home, HERE) for _ in range(6)]
        try:
            for each in editors:
                each.open()
            programs = [threading.Thread(target=race_by_rpc) for _ in range(6)]
            asked = [(each, number) for each in editors for number in each.ask_all([ask] * 5)]
            for program in programs:
                program.start()
            gate.wait_reached()
            gate.open()
            outcomes = [each.outcome(number) for each, number in asked]
            for program in programs:
                program.join(PATIENCE_SECONDS)
        finally:
            for each in editors:
                each.close()
    assert not any(is_error for is_error, _ in outcomes), outcomes
    assert len(ids) == 30
    assert len({content["id"] for _, content in outcomes} | set(ids)) == 1
    with write_lock_held(database):
        pass


def test_d08_a_lone_surrogate_is_refused_and_locks_nobody_out(
    editor: Editor, database: Path
) -> None:
    """Text that is not Unicode is refused with a reason; nothing stays locked."""
    request = editor.tool_call(Ask("enqueue_task", {"task_type": "x", "payload": {"a": "\ud800"}}))
    editor.say(request)
    answer = editor.answer(request["id"])
    assert "error" in answer or answer["result"]["isError"]
    with write_lock_held(database):
        pass
    editor.call("enqueue_task", task_type="x")


def require_synced(exchanges: list[Exchange], count: int) -> None:
    assert len(exchanges) == count
    assert all(exchange.synced for exchange in exchanges), [
        exchange for exchange in exchanges if not exchange.synced
    ]


def test_d09_the_log_is_synced_before_each_answer(daemon_home: DaemonHome, editor: Editor) -> None:
    """An acknowledged write survives power loss: synchronous=FULL."""
    needs.program("strace")
    task = editor.call("enqueue_task", task_type="x")["id"]
    with traced_exchanges(daemon_home.pid(), "enqueue_task", "complete_task") as exchanges:
        for _ in range(20):
            editor.call("enqueue_task", task_type="x")
        editor.call("complete_task", task_id=task, evidence="done")
    require_synced(exchanges, 21)


def test_d09_writers_that_share_a_commit_are_all_answered_after_it(
    daemon_home: DaemonHome,
) -> None:
    """An acknowledged write survives power loss, also in a group."""
    needs.program("strace")
    daemon_home.start()
    writers, writes = 8, 20

    def write() -> None:
        with daemon_home.connect(workspace=HERE) as connection:
            for _ in range(writes):
                connection.call("job.enqueue", RPC_NEW)

    with traced_exchanges(daemon_home.pid(), "job.enqueue") as exchanges:
        threads = [threading.Thread(target=write) for _ in range(writers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE_SECONDS)
    require_synced(exchanges, writers * writes)


def test_d10_the_file_says_which_schema_it_has_and_a_newer_one_is_refused(
    daemon_home: DaemonHome, database: Path
) -> None:
    """A build never works on a schema it does not know."""
    daemon_home.start()
    daemon_home.stop()
    with opened(database) as db:
        assert db.execute("PRAGMA user_version").fetchone()[0] == SCHEMA_VERSION
        assert db.execute("PRAGMA application_id").fetchone()[0] != 0
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    with pytest.raises(StartFailed) as refused:
        daemon_home.start()
    assert refused.value.info["code"] == "db_newer"
    assert str(SCHEMA_VERSION + 1) in refused.value.info["text"]


def test_d10_a_second_home_on_the_same_database_is_refused(
    daemon_home: DaemonHome, tmp_path: Path
) -> None:
    """A database has one writer, and one build, also when two state folders name it."""
    shared = str(tmp_path / "shared.db")
    daemon_home.start(DJOBS_DB_PATH=shared)
    with DaemonHome(DJOBS_DB_PATH=shared) as second:
        with pytest.raises(StartFailed) as refused:
            second.start()
        assert refused.value.info["word"] == "failed"
        assert shared in refused.value.info["text"]
        assert daemon_home.state in refused.value.info["text"]
        with Editor(second, HERE) as editor:
            with pytest.raises(EditorGone):
                editor.open()
            assert daemon_home.state in editor.errors()
    with daemon_home.connect(workspace=HERE) as connection:
        connection.call("job.enqueue", RPC_NEW)


def test_d23_a_completion_whose_answer_was_lost_is_answered_as_the_first_time(
    daemon_home: DaemonHome, database: Path
) -> None:
    """A call that is repeated because the daemon died has its effect once and gets its answer."""
    gate = Gate(daemon_home.folder / "gate")
    gate.open()
    daemon_home.start(DJOBS_FP=f"store.committed=gate:{gate}")
    with gate, Editor(daemon_home, HERE) as editor:
        editor.open()
        task = editor.call("enqueue_task", task_type="x")["id"]
        gate.shut()
        (asked,) = editor.ask_all([Ask("complete_task", {"task_id": task, "evidence": "e"})])
        gate.wait_reached()
        assert states(database) == {"succeeded": 1}
        assert editor.heard(asked) is None
        daemon_home.kill9()
        is_error, content = editor.outcome(asked)
        assert (is_error, content["state"]) == (False, "succeeded")
        events = [event["event"] for event in editor.call("check_task", task_id=task)["events"]]
        assert events == ["enqueued", "succeeded"]


def test_d23_a_second_report_is_refused_in_a_form_a_program_reads(editor: Editor) -> None:
    """The first report stands; the refusal names it. Every error has code, message and hint."""
    task = editor.call("enqueue_task", task_type="x")["id"]
    editor.call("complete_task", task_id=task)
    again = editor.refusal("complete_task", task_id=task)
    assert again["error"] == "already_finished"
    assert "succeeded" in again["message"]
    assert "this session" in again["message"]
    missing = editor.refusal("complete_task", task_id="j999zz")
    assert missing.keys() == {"error", "message", "hint"}
