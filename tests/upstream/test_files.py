"""Only djobs' own files are written, none of them stalls a start, and damage is named.

As in ``test_durability``: mistakes of an older tool, shown to be absent here.
"""

import os
import time
from pathlib import Path

import pytest

from tests.harness import needs
from tests.harness.daemon import PATIENCE_SECONDS, DaemonHome
from tests.harness.editor import Ask, Editor, EditorGone
from tests.harness.waiting import wait_until
from tests.upstream.agents import HERE
from tests.upstream.files import TRACER, changed

STALE_SECONDS = 10.0
"""So long a stale lock file held up the first call of the older tool."""


def use_every_tool(editor: Editor) -> None:
    task, other = editor.call("enqueue_task", tasks=[{"task_type": "x"}] * 2)["ids"]
    editor.call("complete_task", task_id=task, evidence="done")
    editor.call("fail_task", task_id=other, error="no")
    for tool in ("resume_session", "list_tasks", "audit_log", "health"):
        editor.call(tool)
    editor.call("check_task", task_id=task)


def is_own(path: str, home: DaemonHome) -> bool:
    """Say whether a path is djobs' to write: its home, or what the interpreter keeps for itself."""
    is_cache = "__pycache__" in Path(path).parts
    return Path(path).is_relative_to(home.folder) or is_cache or path == os.devnull


@pytest.mark.parametrize("client", ["claude-code", "codex", "copilot", "gemini", "kimi"])
def test_d20_no_file_outside_the_daemons_home_is_written(
    daemon_home: DaemonHome, tmp_path: Path, client: str
) -> None:
    """Only DJOBS_HOME is written to, by shim and daemon; nobody's configuration is edited."""
    needs.program("strace")
    trace = tmp_path / "trace"
    under = [*TRACER, "-o", str(trace)]
    with Editor(daemon_home, None, cwd=str(tmp_path), name=client, under=under) as editor:
        editor.open()
        use_every_tool(editor)
        daemon_home.wait_sdk()
        editor.answer(editor.ask("prompts/list", {}))  # by the SDK
        editor.close_input()
        wait_until(lambda: len(daemon_home.status()["connections"]) == 1, "the shim has gone")
        daemon_home.stop()
        editor.process.wait(PATIENCE_SECONDS)  # strace ends with the last process it traces
    paths = changed(trace)
    for name in ("spawn.lock", "daemon.lock", "jobs.db", "run/d.sock"):
        assert str(daemon_home.folder / name) in paths, "the trace is blind"
    assert {path for path in paths if not is_own(path, daemon_home)} == set()


def test_d20_lock_files_left_behind_do_not_stall_the_start(daemon_home: DaemonHome) -> None:
    """A lock is the kernel's, not a file: what a crash leaves behind means nothing."""
    for name in ("daemon.lock", "spawn.lock"):
        path = daemon_home.folder / name
        path.write_text('{"pid": 1}')
        path.chmod(0o600)
    began = time.monotonic()
    with Editor(daemon_home, HERE) as editor:
        editor.open()
        editor.call("enqueue_task", task_type="x")
    assert time.monotonic() - began < STALE_SECONDS
    assert len(daemon_home.births()) == 1


def test_d21_a_database_of_garbage_is_named_to_the_agent_and_kept(
    daemon_home: DaemonHome, database: Path
) -> None:
    """Refuse to start with the reason; touch nothing; no traceback."""
    garbage = os.urandom(8192)
    database.write_bytes(garbage)
    with Editor(daemon_home, HERE) as editor:
        with pytest.raises(EditorGone):
            editor.open()
        assert str(database) in editor.errors()
        assert "not an SQLite database" in editor.errors()
        assert "Traceback" not in editor.errors()
    assert database.read_bytes() == garbage


PAGE_BYTES = 4096


def fill(home: DaemonHome) -> None:
    home.start()
    with home.connect(workspace=HERE) as connection:
        for _ in range(10):
            jobs = [{"type": "x", "payload": {"x": "y" * 20_000}}] * 20
            connection.call("job.enqueue", {"jobs": jobs})
    home.stop()


def break_chains(page: bytes) -> bytes:
    return os.urandom(len(page))


def break_text(page: bytes) -> bytes:
    return page[:100] + b"\xff" * 100 + page[200:]


def break_json(page: bytes) -> bytes:
    return page.replace(b"y", b'"')


@pytest.mark.parametrize("harm", [break_chains, break_text, break_json])
def test_d21_damage_in_the_middle_is_named_to_the_model_with_a_way_on(
    daemon_home: DaemonHome, database: Path, harm: object
) -> None:
    """What meets the damage is refused and says so; what does not goes on."""
    assert callable(harm)
    # Reading all of it in the background would find the damage too, and end the daemon.
    daemon_home.env["DJOBS_FP"] = "soundness.read=raise:EIO"
    fill(daemon_home)
    content = database.read_bytes()
    with database.open("r+b") as file:
        for start in range(0, len(content), PAGE_BYTES):
            page = content[start : start + PAGE_BYTES]
            in_the_middle = len(content) < start * 3 < 2 * len(content)
            if in_the_middle and b"y" * 3000 in page:
                file.seek(start)
                file.write(harm(page))
    with Editor(daemon_home, HERE) as editor:
        editor.open()
        told = first_refusal(editor)
        assert told["error"] == "db_corrupt"
        assert "damaged" in told["message"]
        assert str(database) in told["message"] or harm is break_json
        assert "djobsctl help db verify" in told["hint"]
        editor.call("enqueue_task", task_type="x")
        assert editor.call("health")["total"] == 201


def first_refusal(editor: Editor) -> dict[str, str]:
    """Page through all tasks until an answer is an error; return that."""
    cursor: dict[str, str] = {}
    while True:
        (number,) = editor.ask_all([Ask("list_tasks", {"limit": 500, **cursor})])
        is_error, content = editor.outcome(number)
        if is_error:
            return content
        cursor = {"cursor": content["next_cursor"]}
