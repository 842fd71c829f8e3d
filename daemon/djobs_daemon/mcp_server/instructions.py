"""What the server tells a model at the start of every session. At most 2 KB survives in clients."""

from datetime import UTC, datetime
from typing import Final

from djobs_daemon.mcp_server.workspace import Workspace

FOLDER_CHARS_MAX: Final = 80
"""Codex shows its model the first 250 characters only; the count and what to do must be among them,
however deep the workspace is."""

HOW_TO: Final = (
    "Work of more than about three steps or files: record it first with one enqueue_task call "
    "(tasks=[…], one per file), then after each finished file call complete_task with evidence of "
    "what changed, or fail_task with the error. Everything is on disk at once and survives "
    "crashes, closed chats and lost context; the next session finds the rest with "
    "resume_session. Before redoing a resumed task, look at the file: it may be done already."
)

NO_PROJECT: Final = (
    "This session was started outside of any project and shares that list with every other such "
    "session: give each project's tasks a correlation_id, such as the project's folder, and name "
    "it in resume_session too."
)


def instructions(
    workspace: Workspace, unfinished: int, since_ms: int | None, failed: int = 0
) -> str:
    """Return the text for one workspace; its first sentence stands alone."""
    return _joined(brief(workspace.path, unfinished, since_ms, failed), workspace)


def brief(path: str, unfinished: int, since_ms: int | None, failed: int = 0) -> str:
    """Return what is left in a workspace, and what to do first."""
    said = _first_sentence(path, unfinished, since_ms)
    return f"{said} {_about_failed(failed)}" if failed else said


def _about_failed(failed: int) -> str:
    what = "1 failed task waits" if failed == 1 else f"{failed} failed tasks wait"
    return f"{what} for a decision: list_tasks(status_filter=failed,dead_lettered) shows them."


def uncounted(workspace: Workspace, why: str) -> str:
    """Return the text for a workspace whose unfinished tasks cannot be counted now."""
    said = f"djobs cannot say what is unfinished in {quoted(workspace.path)}: {why}"
    return _joined(said, workspace)


def undecided(workspace: Workspace) -> str:
    """Return the text for a client that will yet say which folder it works in."""
    said = (
        "djobs keeps a durable task list for the folder you work in; call resume_session first, "
        "before other work, to see whether tasks of it are unfinished."
    )
    return _joined(said, workspace._replace(is_project=True))


def _joined(said: str, workspace: Workspace) -> str:
    parts = (said, "" if workspace.is_project else NO_PROJECT, HOW_TO, workspace.remark)
    return " ".join(part for part in parts if part)


def _first_sentence(path: str, unfinished: int, since_ms: int | None) -> str:
    folder = quoted(path)
    if not unfinished or since_ms is None:
        return f"djobs keeps a durable task list for {folder}; nothing is unfinished there now."
    tasks = "1 task is" if unfinished == 1 else f"{unfinished} tasks are"
    since = datetime.fromtimestamp(since_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return (
        f"djobs keeps a durable task list for {folder}: {tasks} unfinished since {since}; "
        "call resume_session now, before other work, to get them."
    )


def quoted(path: str) -> str:
    """Return a path in quotes, or its end where it is long: the end is what tells folders apart.

    A folder's name is not ours: what could end the line or the quotes is escaped.
    """
    safe = "".join(_escaped(character) for character in path)
    if len(safe) > FOLDER_CHARS_MAX:
        safe = "…" + safe[1 - FOLDER_CHARS_MAX :]
    return f'"{safe}"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    return character if character.isprintable() else ascii(character)[1:-1]
