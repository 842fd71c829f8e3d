"""The tools that hand work over: the daemon does it in the background, the agent goes on."""

from typing import Final

from djobs_daemon.mcp_server.tool import GROUP, INTEGER, STRING, TASK_ID, TIME, VERIFY, Tool

_STRINGS: Final = {"type": "array", "items": STRING}

HANDING_OVER: Final = (
    Tool(
        "submit_task",
        "Hand work over",
        "Have djobs do something in the background: shell runs spec, a command, in the workspace; "
        "write_file, code_task, test_gen, refactor, review, summarize ask a model and write files; "
        "agent: a coding agent works on spec in a copy.",
        {
            "task_type": STRING,
            "spec": {
                "anyOf": [STRING, _STRINGS],
                "description": "What to do; shell: a command, no pipes",
            },
            "cwd": STRING,
            "output_path": {"type": "string", "description": "File to write"},
            "context_files": _STRINGS,
            "model": {"type": "string", "description": "default auto"},
            "large_context": {"type": "boolean"},
            "priority": INTEGER,
            "max_duration": {"type": "string", "description": "90s, 1h, 7d"},
            "max_attempts": INTEGER,
            "depends_on": _STRINGS,
            "resource_key": STRING,
            "idempotency_key": STRING,
            "verify": VERIFY,
            "budget": {"type": "object", "description": "usd, tokens, minutes"},
            "env": {"type": "object", "description": "null: from secrets.env"},
            **GROUP,
        },
        ("task_type", "spec"),
    ),
    Tool(
        "submit_batch",
        "Hand over many",
        "submit_task for many, all or nothing; depends_on may name another's graph_key.",
        {"tasks": {"type": "array", "items": {"type": "object"}}, **GROUP},
        ("tasks",),
    ),
    Tool(
        "task_log",
        "Read a task's output",
        "What a handed-over task printed: the end, or from an offset on.",
        {
            **TASK_ID,
            "after": INTEGER,
            "limit_bytes": INTEGER,
            "wait_seconds": {"type": "number", "description": "for more"},
        },
        ("task_id",),
        read_only=True,
        idempotent=True,
    ),
    Tool(
        "stats",
        "Counts and costs",
        "Tasks by state, and tokens and dollars by model.",
        {"since": TIME, "workspace": STRING, **GROUP},
        read_only=True,
        idempotent=True,
    ),
)
