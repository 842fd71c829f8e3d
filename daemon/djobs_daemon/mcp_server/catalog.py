"""The tools agents see: names, descriptions, schemas, annotations.

Every word here is paid for in every session of every agent: the core stays under 900 tokens, all
of them under 3000, which a test counts. Names and parameters are those agents already know.
"""

from typing import Final

from djobs_daemon.mcp_server.handing_tools import HANDING_OVER
from djobs_daemon.mcp_server.keeping_tools import KEEPING
from djobs_daemon.mcp_server.schedule_tools import SCHEDULING
from djobs_daemon.mcp_server.tool import (
    GROUP,
    GROUP_OR_ALL,
    INTEGER,
    PAGING,
    RETRY,
    SCOPE,
    STRING,
    TASK_ID,
    TIME,
    VERIFY,
    Tool,
)

CORE: Final = (
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
            "max_attempts": INTEGER,
            "run_at": TIME,
            "delay_seconds": {"type": "number"},
            "retry": RETRY,
            "correlation_id": {"type": "string", "description": "Group; default: this workspace"},
            "idempotency_key": {
                "type": "string",
                "description": "Same key, same task: safe to repeat",
            },
            "key_scope": SCOPE,
            "key_states": {"enum": ["successful", "incomplete"]},
            "key_seconds": {"type": "number", "description": "Key counts so long"},
            "depends_on": {
                "type": "array",
                "items": STRING,
                "description": "Task ids, or graph_keys of tasks, to finish first",
            },
            "on_dependency_failure": {"enum": ["block", "cancel", "run"]},
            "graph_key": {"type": "string", "description": "Name within tasks"},
            "resource_key": STRING,
            "resource_scope": SCOPE,
            "verify": {
                **VERIFY,
                "description": "djobs checks before it succeeds: {command} {file_exists} "
                "{path,sha256} {path,json_schema}",
            },
        },
        # Neither idempotent (without a key) nor destructive: it only adds.
    ),
    Tool(
        "complete_task",
        "Report success",
        "Mark a task done, after the work is really done.",
        {
            **TASK_ID,
            "evidence": {"type": "string", "description": "What changed: files, tests run"},
        },
        ("task_id",),
        idempotent=True,
    ),
    Tool(
        "fail_task",
        "Report failure",
        "Mark a task failed; it stays visible.",
        {**TASK_ID, "error": STRING},
        ("task_id", "error"),
        idempotent=True,
    ),
    Tool(
        "resume_session",
        "Find unfinished tasks",
        "List what earlier sessions left unfinished. Call first in every session.",
        {**GROUP, **PAGING, "known_hash": STRING},
        read_only=True,
        idempotent=True,
    ),
    Tool(
        "check_task",
        "Look at a task",
        "Show one task: state, payload, evidence, history.",
        TASK_ID,
        ("task_id",),
        read_only=True,
        idempotent=True,
    ),
    Tool(
        "list_tasks",
        "List tasks",
        "List tasks, newest first.",
        {
            **GROUP_OR_ALL,
            "status_filter": {
                "type": "string",
                "description": "all, unfinished, pending, running, succeeded, failed, …",
            },
            "archived": {"type": "boolean"},
            **PAGING,
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
            "until": STRING,
            **GROUP_OR_ALL,
            "workspace": {"type": "string", "description": "All groups of that folder"},
            "agent": STRING,
            "task_type": STRING,
            "event_type": {"type": "string", "description": "e.g. failed"},
            "summary": {"type": "boolean", "description": "false: the events"},
            **PAGING,
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

_PAUSED: Final = {
    "scope": {"enum": ["everything", "workspace", "type", "task"]},
    "subject": {"type": "string", "description": "Its path, name or id; default: this workspace"},
}
_CLAIMED: Final = {**TASK_ID, "reason": STRING}

SHARING: Final = (
    Tool(
        "claim_task",
        "Take a task",
        "Take the next task of this workspace so that no other agent gets it. Then work on it and "
        "report; other calls keep it yours.",
        {
            "task_id": {"type": "string", "description": "This one; default: the next"},
            "task_types": {"type": "array", "items": STRING},
            "agent_id": STRING,
            "lease_seconds": {"type": "number", "description": "default 600"},
            "wait_seconds": {"type": "number", "description": "Wait for one; up to 300"},
            **GROUP,
        },
    ),
    Tool(
        "heartbeat_task",
        "Keep a task",
        "Keep a claimed task yours for longer; any call does, too.",
        {**TASK_ID, "lease_seconds": {"type": "number"}},
        ("task_id",),
        idempotent=True,
    ),
    Tool(
        "release_task",
        "Give a task back",
        "Give a claimed task back, undone.",
        _CLAIMED,
        ("task_id",),
    ),
    Tool(
        "why_task",
        "Ask why a task waits",
        "Why a task is not running, and until when.",
        TASK_ID,
        ("task_id",),
        read_only=True,
        idempotent=True,
    ),
    Tool(
        "wait_task",
        "Wait for tasks",
        "Wait until tasks of others have ended.",
        {
            "task_ids": {"type": "array", "items": STRING},
            "any": {"type": "boolean", "description": "One of them suffices"},
            "timeout_seconds": {"type": "number", "description": "default 30, up to 300"},
        },
        ("task_ids",),
        read_only=True,
        idempotent=True,
    ),
    Tool("retry_task", "Do a task again", "Open an ended task again.", _CLAIMED, ("task_id",)),
    Tool(
        "retry_failed",
        "Do failed tasks again",
        "Open every failed task again.",
        {
            **GROUP_OR_ALL,
            "task_types": {"type": "array", "items": STRING},
            "reason": STRING,
            "cursor": STRING,
        },
    ),
    Tool(
        "cancel_task",
        "Cancel a task",
        "End a task that is no longer wanted, also one in work.",
        _CLAIMED,
        ("task_id",),
        destructive=True,
    ),
    Tool(
        "skip_task",
        "Accept a task undone",
        "End a task as accepted without doing it; what depends on it may start.",
        _CLAIMED,
        ("task_id",),
    ),
    Tool(
        "amend_task",
        "Change a task",
        "Change a task that has not started.",
        {
            **TASK_ID,
            "payload": {"type": "object"},
            "priority": INTEGER,
            "max_attempts": INTEGER,
            "run_at": TIME,
            "revision": {"type": "integer", "description": "Refuse if changed since"},
            "reason": STRING,
        },
        ("task_id",),
    ),
    Tool(
        "accept_before",
        "Accept what came before",
        "Report every earlier open task of this task's workflow as done.",
        {**TASK_ID, "evidence": STRING, "cursor": STRING},
        ("task_id",),
    ),
    Tool(
        "pause_work",
        "Pause work",
        "Let nobody start tasks of all, a workspace or a type; what runs goes on.",
        {**_PAUSED, "reason": STRING},
        idempotent=True,
    ),
    Tool("resume_work", "End a pause", "Let tasks start again.", _PAUSED),
    Tool(
        "register_agent",
        "Register an agent",
        "Give this agent a name that others see.",
        {
            "agent_id": STRING,
            "capabilities": {"type": "array", "items": STRING},
            "metadata": {"type": "object"},
        },
        ("agent_id",),
        idempotent=True,
    ),
    Tool(
        "agent_heartbeat",
        "Stay online",
        "Say that an agent is there.",
        {"agent_id": STRING},
        ("agent_id",),
        idempotent=True,
    ),
    Tool(
        "list_agents",
        "List agents",
        "Registered agents, last seen first.",
        {"status": {"enum": ["online", "offline"]}},
        read_only=True,
        idempotent=True,
    ),
)
"""For several agents that share work."""

ALL_TOOLS: Final = (*CORE, *HANDING_OVER, *SHARING, *KEEPING, *SCHEDULING)
PROFILES: Final = {
    "core": frozenset(tool.name for tool in CORE),
    "full": frozenset(tool.name for tool in ALL_TOOLS),
}
"""Which tools a session is shown; any tool may be called. Chosen where the shim is configured."""
PROFILE_DEFAULT: Final = "core"

TOOL_NAMES: Final = PROFILES["full"]
