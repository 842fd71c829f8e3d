"""Nothing is coerced, passed over or unbounded; a refusal names what is wrong and its limit.

As in ``test_durability``: mistakes of an older tool, shown to be absent here.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from djobs_daemon.mcp_server.catalog import ALL_TOOLS
from djobs_protocol.limits import (
    BATCH_JOBS_MAX,
    CORRELATION_CHARS_MAX,
    DEPENDENCIES_MAX,
    NAME_CHARS_MAX,
    PAGE_ITEMS_MAX,
    PAYLOAD_BYTES_MAX,
    TEXT_BYTES_MAX,
)
from tests.harness.daemon import DaemonHome
from tests.harness.editor import Editor

NEW: dict[str, Any] = {"task_type": "x"}

WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("enqueue_task", {**NEW, "payload": [1]}, "payload"),
    ("enqueue_task", {**NEW, "payload": 5}, "payload"),
    ("enqueue_task", {**NEW, "payload": "words"}, "payload"),
    ("enqueue_task", {"task_type": ""}, "task_type"),
    ("enqueue_task", {}, "task_type"),
    ("enqueue_task", {**NEW, "max_attempts": -1}, "max_attempts"),
    ("enqueue_task", {**NEW, "max_attempts": 0}, "max_attempts"),
    ("enqueue_task", {**NEW, "priority": 99}, "priority"),
    ("enqueue_task", {**NEW, "priority": "5"}, "priority"),
    ("enqueue_task", {"tasks": [{**NEW, "no_such": 1}]}, "no_such"),
    ("enqueue_task", {"tasks": []}, "tasks"),
    ("list_tasks", {"status_filter": "[]"}, "status_filter"),
    ("list_tasks", {"status_filter": "bogus"}, "status_filter"),
    ("list_tasks", {"limit": -1}, "limit"),
    ("list_tasks", {"limit": 0}, "limit"),
    ("resume_session", {"limit": 0}, "limit"),
    ("audit_log", {"limit": -1}, "limit"),
    ("audit_log", {"event_type": "bogus"}, "event_type"),
    ("audit_log", {"since": "yesterday"}, "since"),
]

REQUIRED: dict[str, dict[str, Any]] = {
    "enqueue_task": NEW,
    "complete_task": {"task_id": "j1xx"},
    "fail_task": {"task_id": "j1xx", "error": "e"},
    "check_task": {"task_id": "j1xx"},
}


def refused(editor: Editor, tool: str, arguments: dict[str, Any], *words: str) -> None:
    """Require a refusal whose message has all of ``words``."""
    content = editor.refusal(tool, **arguments)
    said = (tool, {name: str(value)[:50] for name, value in arguments.items()}, content)
    assert content["error"] in ("invalid_params", "too_large"), said
    assert all(word in content["message"] for word in words), said


def test_d24_wrong_arguments_are_refused_by_name(editor: Editor) -> None:
    """Nothing is coerced, and the message names what is wrong."""
    for tool, arguments, culprit in WRONG:
        refused(editor, tool, arguments, culprit)
    assert editor.call("health")["total"] == 0


def test_d24_no_tool_passes_over_an_argument_it_does_not_know(editor: Editor) -> None:
    """A misspelt argument is an error that names it."""
    for tool in ALL_TOOLS:
        refused(editor, tool.name, {**REQUIRED.get(tool.name, {}), "no_such": 1}, "no_such")
    assert editor.call("health")["total"] == 0


def test_d24_a_payload_may_be_an_object_or_a_string_of_one(editor: Editor) -> None:
    """Agents send both."""
    for payload in ({"path": "a.py"}, '{"path": "a.py"}'):
        task = editor.call("enqueue_task", task_type="x", payload=payload)["id"]
        assert editor.call("check_task", task_id=task)["payload"] == {"path": "a.py"}


def text(size: int) -> str:
    return "ü" * size


def number(size: int) -> int:
    return size


def narrow(size: int) -> dict[str, str]:
    return {"x": "y" * (size - len('{"x":""}'))}


def wide(size: int) -> dict[str, str]:
    return {"x": "ü" * ((size - 8) // 2) + "y" * (size % 2)}


def batch(size: int) -> list[dict[str, Any]]:
    return [NEW] * size


COUNTED: list[tuple[str, int, Callable[[int], Any]]] = [
    # argument of enqueue_task, its limit, a value of a given size
    ("task_type", NAME_CHARS_MAX, text),
    ("idempotency_key", NAME_CHARS_MAX, text),
    ("resource_key", NAME_CHARS_MAX, text),
    ("correlation_id", CORRELATION_CHARS_MAX, text),
    ("max_attempts", 100, number),
    ("priority", 10, number),
    ("payload", PAYLOAD_BYTES_MAX, narrow),
    ("payload", PAYLOAD_BYTES_MAX, wide),
    ("tasks", BATCH_JOBS_MAX, batch),
]


@pytest.mark.parametrize(
    ("name", "limit", "value"), COUNTED, ids=lambda value: getattr(value, "__name__", None)
)
def test_d24_the_bound_itself_is_accepted_and_one_more_is_refused_by_name(
    editor: Editor, name: str, limit: int, value: Callable[[int], Any]
) -> None:
    """Every argument is bounded; the refusal names the argument and the limit."""
    editor.call("enqueue_task", **{**NEW, name: value(limit)})
    total = editor.call("health")["total"]
    refused(editor, "enqueue_task", {**NEW, name: value(limit + 1)}, name, str(limit))
    assert editor.call("health")["total"] == total


def test_d24_a_page_and_the_dependencies_of_a_task_are_bounded(editor: Editor) -> None:
    """The bound is accepted, one more is refused by name."""
    ids = editor.call("enqueue_task", tasks=[NEW] * (DEPENDENCIES_MAX + 1))["ids"]
    editor.call("enqueue_task", **NEW, depends_on=ids[:-1])
    too_many = {**NEW, "depends_on": ids}
    refused(editor, "enqueue_task", too_many, "depends_on", str(DEPENDENCIES_MAX))
    for tool in ("list_tasks", "resume_session", "audit_log"):
        editor.call(tool, limit=PAGE_ITEMS_MAX)
        refused(editor, tool, {"limit": PAGE_ITEMS_MAX + 1}, "limit", str(PAGE_ITEMS_MAX))


TEXTS = [
    ("complete_task", "evidence", "x" * TEXT_BYTES_MAX),
    ("complete_task", "evidence", "ü" * (TEXT_BYTES_MAX // 2)),
    ("fail_task", "error", "x" * TEXT_BYTES_MAX),
    ("fail_task", "error", "😀" * (TEXT_BYTES_MAX // 4)),
]


@pytest.mark.parametrize(
    ("tool", "name", "longest"), TEXTS, ids=["evidence", "wide evidence", "error", "wide error"]
)
def test_d24_evidence_and_errors_are_bounded_in_bytes(
    daemon_home: DaemonHome, database: Path, editor: Editor, tool: str, name: str, longest: str
) -> None:
    """64 KiB are kept whole, one byte more is refused, ten megabytes leave no trace."""
    task = editor.call("enqueue_task", task_type="x")["id"]
    for text in (longest + "x", "x" * 1_000_000, "x" * 10_000_000):
        refusal = editor.refusal(tool, task_id=task, **{name: text})
        assert refusal["error"] in ("invalid_params", "too_large", "frame_too_large"), refusal
    refused(editor, tool, {"task_id": task, name: longest + "x"}, name, str(TEXT_BYTES_MAX))
    assert editor.call("check_task", task_id=task)["state"] == "pending"
    editor.call(tool, task_id=task, **{name: longest})
    with daemon_home.connect() as connection:  # an agent is shown the beginning only
        kept = connection.call("job.get", {"job_id": task})["job"]
    assert kept["evidence" if name == "evidence" else "last_error"] == longest
    daemon_home.stop()
    assert database.stat().st_size < 1_000_000


def test_d25_an_unknown_dependency_is_refused_and_a_blocked_task_is_shown_as_such(
    editor: Editor,
) -> None:
    """A task waits only for tasks that exist, and every tool says what for, and what has failed."""
    unknown = editor.refusal("enqueue_task", task_type="x", depends_on=["j999zz"])
    assert unknown["error"] == "unknown_dependency"
    assert "j999zz" in unknown["message"]
    failing, pending = editor.call("enqueue_task", tasks=[NEW] * 2)["ids"]
    child = editor.call("enqueue_task", task_type="child", depends_on=[failing, pending])["id"]

    def blocked_by() -> list[list[str]]:
        pages = editor.call("resume_session"), editor.call("list_tasks")
        shown = [task for page in pages for task in page["tasks"] if task["id"] == child]
        return [each["blocked_by"] for each in (*shown, editor.call("check_task", task_id=child))]

    assert blocked_by() == [[failing, pending]] * 3
    editor.call("fail_task", task_id=failing, error="broken")
    assert blocked_by() == [[f"{failing} failed", pending]] * 3
    assert editor.call("resume_session")["blocked"] == 1


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
