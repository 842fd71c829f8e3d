"""What the server tells a model at the start of every session. At most 2 KB survives in clients."""

from datetime import UTC, datetime
from typing import Final

FOLDER_CHARS_MAX: Final = 80
"""Codex shows its model the first 250 characters only; the count and what to do must be among them,
however deep the workspace is."""

HOW_TO = (
    "Work of more than about three steps or files: record it first with one enqueue_task call "
    "(tasks=[…], one per file), then after each finished file call complete_task with evidence of "
    "what changed, or fail_task with the error. Everything is on disk at once and survives "
    "crashes, closed chats and lost context; the next session finds the rest with "
    "resume_session. Before redoing a resumed task, look at the file: it may be done already."
)


def instructions(workspace: str, unfinished: int, since_ms: int | None) -> str:
    """Return the text for one workspace; its first sentence stands alone."""
    return f"{_first_sentence(workspace, unfinished, since_ms)} {HOW_TO}"


def uncounted(workspace: str, why: str) -> str:
    """Return the text for a workspace whose unfinished tasks cannot be counted now."""
    return f"djobs cannot say what is unfinished in {_end_of(workspace)}: {why} {HOW_TO}"


def _first_sentence(workspace: str, unfinished: int, since_ms: int | None) -> str:
    folder = _end_of(workspace)
    if not unfinished or since_ms is None:
        return f"djobs keeps a durable task list for {folder}; nothing is unfinished there now."
    tasks = "1 task is" if unfinished == 1 else f"{unfinished} tasks are"
    since = datetime.fromtimestamp(since_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return (
        f"djobs keeps a durable task list for {folder}: {tasks} unfinished since {since}; "
        "call resume_session now, before other work, to get them."
    )


def _end_of(workspace: str) -> str:
    """Return the path, or its end where it is long: the end is what tells folders apart."""
    if len(workspace) <= FOLDER_CHARS_MAX:
        return workspace
    return "…" + workspace[1 - FOLDER_CHARS_MAX :]
