"""What belongs to one workspace stays there, and what is done stays done.

As in ``test_durability``: mistakes of an older tool, shown to be absent here.
"""

from pathlib import Path

from tests.harness.daemon import DaemonHome
from tests.harness.editor import Editor


def test_d11_an_idempotency_key_belongs_to_its_workspace(
    daemon_home: DaemonHome, editor: Editor
) -> None:
    """The same key in another workspace is another task."""
    keyed = {"task_type": "refactor", "idempotency_key": "refactor:src/main.py"}
    ours = editor.call("enqueue_task", **keyed)["id"]
    with Editor(daemon_home, "/repo/there") as other:
        other.open()
        theirs = other.call("enqueue_task", **keyed)
        assert theirs["id"] != ours
        assert "existing" not in theirs
        assert other.call("resume_session")["unfinished"] == 1


def test_d11_a_key_with_another_payload_is_refused_and_outlives_success(editor: Editor) -> None:
    """A key never silently names a different task, and done work is not enqueued again."""
    first = editor.call("enqueue_task", task_type="x", idempotency_key="k", payload={"n": 1})
    conflict = editor.refusal("enqueue_task", task_type="x", idempotency_key="k", payload={"n": 2})
    assert conflict["error"] == "idempotency_conflict"
    assert first["id"] in conflict["message"]
    other_type = editor.refusal(
        "enqueue_task", task_type="y", idempotency_key="k", payload={"n": 1}
    )
    assert other_type["error"] == "idempotency_conflict"
    editor.call("complete_task", task_id=first["id"])
    again = editor.call("enqueue_task", task_type="x", idempotency_key="k", payload={"n": 1})
    assert (again["id"], again["existing"], again["state"]) == (first["id"], True, "succeeded")


def test_d31_a_task_without_a_correlation_id_is_found_by_the_next_session_here(
    daemon_home: DaemonHome, tmp_path: Path
) -> None:
    """The workspace is the default group, wherever in its tree the next session starts."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "src").mkdir()
    chosen = tmp_path / "elsewhere.db"
    daemon_home.env["DJOBS_DB_PATH"] = str(chosen)
    with Editor(daemon_home, None, cwd=str(tmp_path)) as first:
        first.open()
        task = first.call("enqueue_task", task_type="x")["id"]
    with Editor(daemon_home, None, cwd=str(tmp_path / "src")) as second:
        second.open()
        assert [each["id"] for each in second.call("resume_session")["tasks"]] == [task]
        assert second.call("resume_session", correlation_id=str(tmp_path))["unfinished"] == 1
    assert chosen.exists()
    assert not (daemon_home.folder / "jobs.db").exists()
