"""Names of tools that agents know from other queues; no list shows them, so they cost nothing."""

from collections.abc import Mapping
from typing import Final

ALIASES: Final[Mapping[str, str]] = {
    "get_task": "check_task",
    "task_status": "check_task",
    "get_task_status": "check_task",
    "get_stats": "stats",
    "get_status": "health",
    "get_task_log": "task_log",
    "create_task": "enqueue_task",
    "add_task": "enqueue_task",
    "unfinished_tasks": "resume_session",
}
"""The tool that each means, with that tool's arguments."""


def meant(name: str) -> str:
    """Return the name of the tool that a call means."""
    return ALIASES.get(name, name)
