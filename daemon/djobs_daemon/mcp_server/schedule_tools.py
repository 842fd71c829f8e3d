"""The tools about schedules."""

from typing import Final

from djobs_daemon.mcp_server.tool import GROUP, INTEGER, STRING, Tool

SCHEDULING: Final = (
    Tool(
        "schedule_task",
        "Schedule tasks",
        "Make a task whenever cron says; the same name replaces. With name and paused alone: pause "
        "or go on.",
        {
            "name": STRING,
            "cron": {"type": "string", "description": "e.g. 0 9 * * MON-FRI, @daily"},
            "zone": {"type": "string", "description": "IANA name; default: this machine's"},
            "task_type": STRING,
            "payload": {"type": "object"},
            "priority": INTEGER,
            "resource_key": STRING,
            **GROUP,
            "missed": {"enum": ["once", "skip", "all"]},
            "overlap": {"enum": ["skip", "allow"]},
            "paused": {"type": "boolean"},
        },
        ("name",),
        idempotent=True,
    ),
    Tool(
        "list_schedules",
        "List schedules",
        "This workspace's schedules.",
        {"workspace": {"type": "string", "description": "*: all"}},
        read_only=True,
        idempotent=True,
    ),
    Tool(
        "unschedule_task",
        "Remove a schedule",
        "Remove a schedule; its tasks stay.",
        {"name": STRING},
        ("name",),
    ),
)
"""For whoever has tasks made at times of day."""
