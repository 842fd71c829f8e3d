"""The tools agents see: names, descriptions, schemas, annotations.

Every word here is paid for in every session of every agent: the whole list stays under 900 tokens,
which a test counts. Names and parameters are those agents already know.
"""

from typing import Any, Final, NamedTuple


class Tool(NamedTuple):
    """One tool as ``tools/list`` shows it."""

    name: str
    title: str
    description: str
    properties: dict[str, Any]
    required: tuple[str, ...] = ()
    read_only: bool = False
    idempotent: bool = False
    destructive: bool = False

    @property
    def input_schema(self) -> dict[str, Any]:
        """JSON Schema of the arguments."""
        schema: dict[str, Any] = {"type": "object", "properties": self.properties}
        if self.required:
            schema["required"] = list(self.required)
        schema["additionalProperties"] = False
        return schema


_STRING: Final = {"type": "string"}
_INTEGER: Final = {"type": "integer"}
_TASK_ID: Final = {"task_id": _STRING}
_PAGING: Final = {"limit": _INTEGER, "cursor": _STRING}
_GROUP: Final = {"correlation_id": _STRING}
_GROUP_OR_ALL: Final = {
    "correlation_id": {"type": "string", "description": "Default: this workspace; *: all"}
}

TOOLS: Final = (
    Tool(
        "enqueue_task",
        "Record tasks",
        "Record a durable task, or many at once with tasks (all or nothing). One task per file or "
        "step. Survives crashes. Returns ids.",
        {
            "task_type": {"type": "string", "description": "e.g. docstring"},
            "payload": {
                "anyOf": [{"type": "object"}, {"type": "string"}],
                "description": 'What to do, e.g. {"path":"src/a.py"}',
            },
            "tasks": {
                "type": "array",
                "items": {"type": "object"},
                "description": "Up to 500 objects of these fields; missing ones come from the call",
            },
            "priority": {"type": "integer", "description": "1 (first) to 10, default 5"},
            "max_attempts": _INTEGER,
            "correlation_id": {"type": "string", "description": "Group; default: this workspace"},
            "idempotency_key": {
                "type": "string",
                "description": "Same key, same task: safe to repeat",
            },
            "depends_on": {
                "type": "array",
                "items": _STRING,
                "description": "Task ids to finish first",
            },
            "resource_key": _STRING,
        },
        # Neither idempotent (without a key) nor destructive: it only adds.
    ),
    Tool(
        "complete_task",
        "Report success",
        "Mark a task done, after the work is really done.",
        {
            **_TASK_ID,
            "evidence": {"type": "string", "description": "What changed: files, tests run"},
        },
        ("task_id",),
        idempotent=True,
    ),
    Tool(
        "fail_task",
        "Report failure",
        "Mark a task failed; it stays visible.",
        {**_TASK_ID, "error": _STRING},
        ("task_id", "error"),
        idempotent=True,
    ),
    Tool(
        "resume_session",
        "Find unfinished tasks",
        "List what earlier sessions left unfinished. Call first in every session.",
        {**_GROUP, **_PAGING},
        read_only=True,
        idempotent=True,
    ),
    Tool(
        "check_task",
        "Look at a task",
        "Show one task: state, payload, evidence, history.",
        _TASK_ID,
        ("task_id",),
        read_only=True,
        idempotent=True,
    ),
    Tool(
        "list_tasks",
        "List tasks",
        "List tasks, newest first.",
        {
            **_GROUP_OR_ALL,
            "status_filter": {
                "type": "string",
                "description": "all, unfinished, pending, running, succeeded, failed, …",
            },
            **_PAGING,
        },
        read_only=True,
        idempotent=True,
    ),
    Tool(
        "audit_log",
        "Read the history",
        "What happened when, by whom. Default: summary of the last 24 h.",
        {
            "since": {"type": "string", "description": "RFC 3339"},
            "until": _STRING,
            **_GROUP_OR_ALL,
            "event_type": {"type": "string", "description": "e.g. failed"},
            "summary": {"type": "boolean", "description": "false: the events"},
            **_PAGING,
        },
        read_only=True,
        idempotent=True,
    ),
    Tool(
        "health",
        "Check djobs",
        "Counts of all tasks by state, and problems.",
        {},
        read_only=True,
        idempotent=True,
    ),
)

TOOL_NAMES: Final = frozenset(tool.name for tool in TOOLS)
