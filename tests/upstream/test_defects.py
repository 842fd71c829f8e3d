"""Mistakes that were demonstrated in an older tool of this kind, each shown to be absent here.

Through the real daemon and the real shim, as an agent would meet them. A docstring quotes what
djobs promises instead.
"""

import importlib.metadata
import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from djobs_protocol.limits import PAYLOAD_BYTES_MAX, TEXT_BYTES_MAX
from djobs_protocol.version import SCHEMA_VERSION
from tests.harness import needs
from tests.harness.daemon import DaemonHome, StartFailed
from tests.harness.editor import Ask, Editor, EditorGone
from tests.upstream.syscalls import count_syncs

HERE = "/repo/here"


@pytest.fixture
def editor(daemon_home: DaemonHome) -> Iterator[Editor]:
    """Return an agent's client on a daemon of its own."""
    with Editor(daemon_home, HERE) as opened:
        opened.open()
        opened.call("health")
        yield opened


@contextmanager
def database(home: DaemonHome) -> Iterator[sqlite3.Connection]:
    """Open the database beside the daemon, as another program would."""
    with closing(sqlite3.connect(home.folder / "jobs.db", isolation_level=None, timeout=1)) as db:
        yield db


@contextmanager
def locked(home: DaemonHome) -> Iterator[None]:
    """Keep every writer out."""
    with database(home) as db:
        db.execute("BEGIN IMMEDIATE")
        yield
        db.execute("ROLLBACK")


def test_d01_what_is_acknowledged_after_a_lock_timeout_survives_a_kill(
    daemon_home: DaemonHome, editor: Editor
) -> None:
    """An acknowledged write is committed and synced, whatever failed before it."""
    task = editor.call("enqueue_task", task_type="x")["id"]
    with locked(daemon_home):
        assert editor.refusal("complete_task", task_id=task)["error"] == "storage_failed"
    ids = [editor.call("enqueue_task", task_type="x")["id"] for _ in range(5)]
    with locked(daemon_home):
        pass  # no transaction was left open
    daemon_home.kill9()
    with database(daemon_home) as db:
        assert db.execute("SELECT count(*) FROM jobs").fetchone()[0] == 6
    assert all(editor.call("check_task", task_id=each)["state"] == "pending" for each in ids)
    assert editor.call("complete_task", task_id=task)["state"] == "succeeded"


def test_d04_an_enqueue_that_was_refused_is_not_committed_later(
    daemon_home: DaemonHome, editor: Editor
) -> None:
    """An error means that nothing was written."""
    with locked(daemon_home):
        refused = editor.refusal("enqueue_task", task_type="ghost")
        assert refused["error"] == "storage_failed"
    editor.call("enqueue_task", task_type="real")
    assert [task["type"] for task in editor.call("list_tasks")["tasks"]] == ["real"]


def test_d08_a_race_for_one_key_ends_in_one_task_and_no_error(daemon_home: DaemonHome) -> None:
    """The same idempotency key in the same workspace returns the same task, also at once."""
    ask = Ask("enqueue_task", {"task_type": "x", "idempotency_key": "k", "payload": {"a": 1}})
    with ExitStack() as stack:
        editors = [stack.enter_context(Editor(daemon_home, HERE)) for _ in range(8)]
        for each in editors:
            each.open()
        asked = [(each, number) for each in editors for number in each.ask_all([ask] * 5)]
        outcomes = [each.outcome(number) for each, number in asked]
        assert not any(is_error for is_error, _ in outcomes), outcomes
        assert len({content["id"] for _, content in outcomes}) == 1
        with locked(daemon_home):
            pass


def test_d08_a_lone_surrogate_is_refused_and_locks_nobody_out(
    daemon_home: DaemonHome, editor: Editor
) -> None:
    """Text that is not Unicode is refused with a reason; nothing stays locked."""
    request = editor.tool_call(Ask("enqueue_task", {"task_type": "x", "payload": {"a": "\ud800"}}))
    editor.say(request)
    answer = editor.answer(request["id"])
    assert "error" in answer or answer["result"]["isError"]
    with locked(daemon_home):
        pass
    editor.call("enqueue_task", task_type="x")


def test_d09_every_acknowledged_write_is_synced_to_disk(
    daemon_home: DaemonHome, editor: Editor
) -> None:
    """An acknowledged write survives power loss: synchronous=FULL."""
    needs.program("strace")
    with count_syncs(daemon_home.pid()) as counted:
        for _ in range(50):
            editor.call("enqueue_task", task_type="x")
    assert counted.number >= 50


def test_d10_the_file_says_which_schema_it_has_and_a_newer_one_is_refused(
    daemon_home: DaemonHome,
) -> None:
    """A build never works on a schema it does not know."""
    daemon_home.start()
    daemon_home.stop()
    with database(daemon_home) as db:
        assert db.execute("PRAGMA user_version").fetchone()[0] == SCHEMA_VERSION
        assert db.execute("PRAGMA application_id").fetchone()[0] != 0
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    with pytest.raises(StartFailed) as refused:
        daemon_home.start()
    assert refused.value.info["code"] == "db_newer"
    assert str(SCHEMA_VERSION + 1) in refused.value.info["text"]


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


def bytes_read_to_open(home: DaemonHome) -> int:
    """Start the daemon; return how many bytes it read until it was ready."""
    home.start(DJOBS_BACKUP_GENERATIONS="0")
    counts = dict(line.split(": ") for line in home.proc("io").decode().splitlines())
    return int(counts["rchar"])


@pytest.mark.timeout(120)
def test_d16_opening_a_database_costs_the_same_however_long_its_history(
    daemon_home: DaemonHome,
) -> None:
    """Nothing that is done at open grows with the number of jobs."""
    sizes, costs = [], []
    for batches in (10, 60):
        daemon_home.start()
        with daemon_home.connect(workspace=HERE) as connection:
            jobs = [{"type": "x", "payload": {"x": "y" * 300}}] * 500
            for _ in range(batches):
                connection.call("job.enqueue", {"jobs": jobs})
        daemon_home.stop()
        sizes.append((daemon_home.folder / "jobs.db").stat().st_size)
        costs.append(bytes_read_to_open(daemon_home))
        daemon_home.stop()
    assert sizes[1] - sizes[0] > 10_000_000
    assert abs(costs[1] - costs[0]) < 1_000_000


def test_d17_a_session_is_answered_while_a_write_waits_for_the_lock(
    daemon_home: DaemonHome, editor: Editor
) -> None:
    """No call holds up another: reads, pings and other sessions go on."""
    with Editor(daemon_home, HERE) as other:
        other.open()
        with locked(daemon_home):
            (slow,) = editor.ask_all([Ask("enqueue_task", {"task_type": "x"})])
            editor.result(editor.ask("ping", {}))
            editor.call("health")
            other.call("health")
            other.call("resume_session")
            assert editor.heard(slow) is None
        assert not editor.outcome(slow)[0]


def test_d19_a_client_that_never_answers_about_its_roots_gets_its_answer(
    daemon_home: DaemonHome,
) -> None:
    """Only a client that declares roots is asked, and one call waits at most 2 s, once."""
    with Editor(daemon_home, None, capabilities={"roots": {}}, cwd=daemon_home.state) as mute:
        mute.open()
        mute.call("enqueue_task", task_type="x")
        mute.call("health")
        assert [each["method"] for each in mute.questions] == ["roots/list"]
    with Editor(daemon_home, None, cwd=daemon_home.state) as plain:
        plain.open()
        plain.call("health")
        assert plain.strays == []


def snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    """Return size and time of everything below a folder."""
    found = {}
    for each in folder.rglob("*"):
        status = each.lstat()
        found[str(each)] = (status.st_size, status.st_mtime_ns)
    return found


def use_every_tool(editor: Editor) -> None:
    task, other = editor.call("enqueue_task", tasks=[{"task_type": "x"}] * 2)["ids"]
    editor.call("complete_task", task_id=task, evidence="done")
    editor.call("fail_task", task_id=other, error="no")
    for tool in ("resume_session", "list_tasks", "audit_log", "health"):
        editor.call(tool)
    editor.call("check_task", task_id=task)


@pytest.mark.parametrize("client", ["CLAUDECODE", "CODEX_SESSION_ID", "GEMINI_CLI"])
def test_d20_no_tool_call_changes_a_file_outside_the_daemons_home(
    daemon_home: DaemonHome, tmp_path: Path, client: str
) -> None:
    """Only DJOBS_HOME is written to; nobody's configuration is edited."""
    for name in (".claude", ".codex", ".gemini", ".copilot", ".config/Code/User"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / ".claude/settings.json").write_text("{}")
    workspace = tmp_path / "project"
    workspace.mkdir()
    daemon_home.env["HOME"] = str(tmp_path)
    before = snapshot(tmp_path)
    daemon_home.env[client] = "1"
    with Editor(daemon_home, None, cwd=str(workspace)) as editor:
        editor.open()
        use_every_tool(editor)
    daemon_home.stop()
    assert snapshot(tmp_path) == before


def test_d21_a_database_of_garbage_is_named_to_the_agent_and_kept(daemon_home: DaemonHome) -> None:
    """Refuse to start with the reason; touch nothing; no traceback."""
    garbage = os.urandom(8192)
    path = daemon_home.folder / "jobs.db"
    path.write_bytes(garbage)
    with Editor(daemon_home, HERE) as editor:
        with pytest.raises(EditorGone):
            editor.open()
        assert str(path) in editor.errors()
        assert "not an SQLite database" in editor.errors()
        assert "Traceback" not in editor.errors()
    assert path.read_bytes() == garbage


def test_d23_a_completion_whose_answer_was_lost_is_answered_as_the_first_time(
    daemon_home: DaemonHome, editor: Editor
) -> None:
    """A call that is repeated because the daemon died has its effect once and gets its answer."""
    for _ in range(3):
        task = editor.call("enqueue_task", task_type="x")["id"]
        (asked,) = editor.ask_all([Ask("complete_task", {"task_id": task, "evidence": "e"})])
        daemon_home.kill9()
        is_error, content = editor.outcome(asked)
        assert (is_error, content["state"]) == (False, "succeeded")


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


ENQUEUE: dict[str, Any] = {"task_type": "x"}

WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("enqueue_task", {**ENQUEUE, "payload": [1]}, "payload"),
    ("enqueue_task", {**ENQUEUE, "payload": 5}, "payload"),
    ("enqueue_task", {**ENQUEUE, "payload": "words"}, "payload"),
    ("enqueue_task", {"task_type": ""}, "task_type"),
    ("enqueue_task", {}, "task_type"),
    ("enqueue_task", {**ENQUEUE, "max_attempts": -1}, "max_attempts"),
    ("enqueue_task", {**ENQUEUE, "max_attempts": 0}, "max_attempts"),
    ("enqueue_task", {**ENQUEUE, "priority": 99}, "priority"),
    ("enqueue_task", {**ENQUEUE, "no_such": 1}, "no_such"),
    ("enqueue_task", {"tasks": [{"task_type": "x", "no_such": 1}]}, "no_such"),
    ("enqueue_task", {"tasks": []}, "tasks"),
    ("list_tasks", {"status_filter": "[]"}, "status_filter"),
    ("list_tasks", {"status_filter": "bogus"}, "status_filter"),
    ("audit_log", {"limit": -1}, "limit"),
    ("audit_log", {"event_type": "bogus"}, "event_type"),
    ("audit_log", {"since": "yesterday"}, "since"),
    ("health", {"no_such": 1}, "no_such"),
]


def test_d24_wrong_arguments_are_refused_by_name(editor: Editor) -> None:
    """Nothing is coerced, no unknown argument is passed over, the message names what is wrong."""
    for tool, arguments, culprit in WRONG:
        refused = editor.refusal(tool, **arguments)
        assert refused["error"] == "invalid_params", (tool, arguments, refused)
        assert culprit in refused["message"], (tool, arguments, refused)
    assert editor.call("health")["total"] == 0


def test_d24_a_payload_may_be_an_object_or_a_string_of_one(editor: Editor) -> None:
    """Agents send both."""
    for payload in ({"path": "a.py"}, '{"path": "a.py"}'):
        task = editor.call("enqueue_task", task_type="x", payload=payload)["id"]
        assert editor.call("check_task", task_id=task)["payload"] == {"path": "a.py"}


def test_d24_every_text_has_a_limit(daemon_home: DaemonHome, editor: Editor) -> None:
    """Payload, evidence and error are bounded; at the bound is an error that names it."""
    task = editor.call("enqueue_task", task_type="x")["id"]
    payload = {"x": "y" * PAYLOAD_BYTES_MAX}
    assert (
        str(PAYLOAD_BYTES_MAX)
        in editor.refusal("enqueue_task", **ENQUEUE, payload=payload)["message"]
    )
    for size in (TEXT_BYTES_MAX + 1, 1_000_000, 10_000_000):
        long = "x" * size
        assert editor.refusal("complete_task", task_id=task, evidence=long)["message"]
        assert editor.refusal("fail_task", task_id=task, error=long)["message"]
    assert editor.call("check_task", task_id=task)["state"] == "pending"
    daemon_home.stop()
    assert (daemon_home.folder / "jobs.db").stat().st_size < 1_000_000


def test_d25_an_unknown_dependency_is_refused_and_a_blocked_task_is_shown_as_such(
    editor: Editor,
) -> None:
    """A task waits only for tasks that exist, and resume says what for."""
    refused = editor.refusal("enqueue_task", task_type="x", depends_on=["j999zz"])
    assert refused["error"] == "unknown_dependency"
    assert "j999zz" in refused["message"]
    parent = editor.call("enqueue_task", task_type="parent")["id"]
    child = editor.call("enqueue_task", task_type="child", depends_on=[parent])["id"]
    editor.call("fail_task", task_id=parent, error="broken")
    page = editor.call("resume_session")
    assert page["blocked"] == 1
    (shown,) = (task for task in page["tasks"] if task["id"] == child)
    assert shown["blocked_by"] == [parent]


def test_d26_a_batch_with_one_bad_task_enqueues_none(editor: Editor) -> None:
    """All or nothing."""
    good: dict[str, Any] = {"task_type": "x", "payload": {}}
    bad_ones: list[dict[str, Any]] = [
        {**good, "payload": {"x": "y" * PAYLOAD_BYTES_MAX}},
        {**good, "depends_on": ["j999zz"]},
        {**good, "priority": 0},
    ]
    for bad in bad_ones:
        editor.refusal("enqueue_task", tasks=[good, good, bad])
    assert editor.call("health")["total"] == 0


SECRETS = {
    "slack": "xoxb-1234567890-abcdefghijklmnop",
    "pem": "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA7\n-----END RSA PRIVATE KEY-----",
    "password": "DB_PASS=hunter2hunter2",
    "card": "4111 1111 1111 1111",
}


def test_d30_secrets_do_not_reach_the_disk(daemon_home: DaemonHome, editor: Editor) -> None:
    """What looks like a secret is replaced before it is stored, in every text."""
    naked = ["xoxb-1234567890", "MIIEowIBAAKCAQEA7", "hunter2hunter2", "4111 1111 1111 1111"]
    for text in SECRETS.values():
        payload = {"note": f"use {text} for it", "list": [text]}
        first = editor.call("enqueue_task", task_type="x", payload=payload)["id"]
        second = editor.call("enqueue_task", task_type="x")["id"]
        editor.call("complete_task", task_id=first, evidence=f"used {text} here")
        editor.call("fail_task", task_id=second, error=f"{text} did not work")
    stored = b"".join(path.read_bytes() for path in daemon_home.folder.glob("*") if path.is_file())
    assert b"redacted" in stored
    assert [text for text in naked if text.encode() in stored] == []


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


def test_d32_no_dependency_is_held_back_and_the_server_starts_with_those_installed(
    daemon_home: DaemonHome,
) -> None:
    """Only the next major version of the MCP SDK is left out, as it changes its interface."""
    needed = [each for each in importlib.metadata.requires("djobs") or [] if "extra ==" not in each]
    capped = {re.split(r"[<>=!~ ]", each)[0] for each in needed if re.search(r"<|==|~=", each)}
    assert capped == {"mcp"}
    assert importlib.metadata.version("mcp").split(".")[0] == "2"
    check = [sys.executable, "-m", "pip", "check"]
    checked = subprocess.run(check, capture_output=True, text=True, timeout=50, check=False)
    assert "djobs" not in checked.stdout, checked.stdout
    with Editor(daemon_home, HERE) as editor:
        editor.open()
        editor.call("enqueue_task", task_type="x")
        daemon_home.wait_sdk()
        assert json.dumps(editor.result(editor.ask("tools/list", {})))
