"""The tools about policies: limits, defaults, what is over and what does not get on."""

from typing import Final

from djobs_daemon.mcp_server.tool import GROUP, INTEGER, RETRY, STRING, Tool

KEEPING: Final = (
    Tool(
        "archive_workflow",
        "Archive a workflow",
        "Take a workflow's ended tasks out of lists and counts; undo brings them back.",
        {**GROUP, "status_filter": STRING, "undo": {"type": "boolean"}},
    ),
    Tool(
        "purge_tasks",
        "Remove old tasks",
        "Show ended tasks older than 30 days; dry_run false removes them.",
        {
            "older_than_days": {"type": "number"},
            "status_filter": STRING,
            **GROUP,
            "archived_only": {"type": "boolean"},
            "dry_run": {"type": "boolean"},
            "cursor": STRING,
        },
        destructive=True,
    ),
    Tool(
        "stale_tasks",
        "Find stuck tasks",
        "Tasks that do not get on: holder silent, never taken, overdue, blocked for good, failed.",
        {
            **GROUP,
            "running_seconds": {"type": "number"},
            "ready_seconds": {"type": "number"},
        },
        read_only=True,
        idempotent=True,
    ),
    Tool(
        "deliver_notice",
        "Tell somebody once",
        "Ask before telling somebody something: deliver is true for one asker per window.",
        {
            "kind": STRING,
            "key": STRING,
            "recipient": STRING,
            "window_seconds": {"type": "number"},
            "cooldown_seconds": {"type": "number"},
        },
        ("kind", "key", "recipient"),
    ),
    Tool(
        "list_notices",
        "List notices",
        "Who was told what, latest first.",
        {"cursor": STRING},
        read_only=True,
        idempotent=True,
    ),
    Tool(
        "set_type_defaults",
        "Set a type's defaults",
        "What later tasks of a type get unless they say otherwise.",
        {
            "task_type": STRING,
            "priority": INTEGER,
            "max_attempts": INTEGER,
            "lease_seconds": {"type": "number"},
            "retry": RETRY,
            "reset": {"type": "boolean"},
        },
        ("task_type",),
        idempotent=True,
    ),
    Tool(
        "list_type_defaults",
        "List types' defaults",
        "The types that have defaults.",
        {},
        read_only=True,
        idempotent=True,
    ),
    Tool(
        "limit_work",
        "Limit work",
        "Bound how many tasks of a type, workspace or resource run at once, or start in a window. "
        "Without numbers: no bound.",
        {
            "scope": {"enum": ["type", "workspace", "resource"]},
            "subject": STRING,
            "everywhere": {"type": "boolean", "description": "A resource of all workspaces"},
            "running": INTEGER,
            "starts": INTEGER,
            "window_seconds": {"type": "number"},
        },
        ("scope",),
        idempotent=True,
    ),
    Tool(
        "list_limits",
        "List limits",
        "Limits, and how they stand.",
        {},
        read_only=True,
        idempotent=True,
    ),
    Tool("back_up", "Back up", "Copy the database now.", {}),
)
"""For whoever looks after the work of others."""
