"""Claude Code: ``~/.claude/tasks/<list>/<n>.json``, and the older ``~/.claude/todos/*.json``."""

import hashlib
import os
from typing import Any, Final

from djobsctl.importing.files import Unreadable, names_in, read_json
from djobsctl.importing.items import Item, Problem, Source, Standing
from djobsctl.importing.values import filled, text, texts

KIND: Final = "claude"
_STANDINGS: Final = {
    "pending": Standing.OPEN,
    "in_progress": Standing.STARTED,
    "completed": Standing.DONE,
    "cancelled": Standing.CANCELLED,
}
_PRIORITIES: Final = {"high": 3, "medium": 5, "low": 7}
_HASH_CHARS: Final = 12
_FORGOTTEN: Final = "tasks that others name and that are gone: they were done or deleted"


def read_list(folder: str) -> Source:
    """Read a list of tasks: a folder with a file for each."""
    source = Source(KIND, folder, os.path.basename(os.path.realpath(folder)), [], [], {})
    tasks: list[tuple[str, dict[str, Any]]] = []
    for name in task_files(folder):
        path = os.path.join(folder, name)
        try:
            tasks.append((path, _task(path)))
        except Unreadable as error:
            source.problems.append(error.problem._replace(left_out="the file"))
    blocked_by = _blocked_by(tasks)
    for path, task in tasks:
        _take(source, path, task, blocked_by.get(str(task["id"]), ()))
    return _without_the_forgotten(source)


def read_todos(path: str) -> Source:
    """Read a file of todos, which have neither ids nor dependencies."""
    source = Source(KIND, path, os.path.basename(path).removesuffix(".json"), [], [], {})
    seen: dict[str, int] = {}
    for number, todo in enumerate(read_json(path), 1):
        title = text(todo.get("content")) if isinstance(todo, dict) else None
        if title is None:
            what = f"Todo {number} has no content."
            source.problems.append(Problem(path, None, what, "the todo"))
            continue
        seen[title] = seen.get(title, 0) + 1
        source.items.append(_todo(path, todo, title, seen[title]))
    return source


def task_files(folder: str) -> list[str]:
    """Return the names of the files in a list's folder that hold tasks."""
    return [
        name
        for name in names_in(folder)
        if name.endswith(".json") and name.removesuffix(".json").isdecimal()
    ]


def is_list(folder: str) -> bool:
    """Say whether a folder holds a list: any of its files is a task."""
    return any(_is_task(os.path.join(folder, name)) for name in task_files(folder))


def lists_in(folder: str) -> list[str]:
    """Return the lists in ``~/.claude/tasks``."""
    return [path for name in names_in(folder) if is_list(path := os.path.join(folder, name))]


def todo_files(folder: str) -> list[str]:
    """Return the files in ``~/.claude/todos`` that hold any; most are left empty."""
    paths = [os.path.join(folder, name) for name in names_in(folder) if name.endswith(".json")]
    return [path for path in paths if _holds_todos(path)]


def looks_like_todos(value: Any) -> bool:
    """Say whether a JSON value is a list of todos."""
    return isinstance(value, list) and all(
        isinstance(each, dict) and {"content", "status"} <= each.keys() for each in value
    )


def _is_task(path: str) -> bool:
    try:
        return bool(_task(path))
    except Unreadable:
        return False


def _holds_todos(path: str) -> bool:
    try:
        value = read_json(path)
    except Unreadable:
        return False
    return bool(value) and looks_like_todos(value)


def _task(path: str) -> dict[str, Any]:
    value = read_json(path)
    if not isinstance(value, dict) or text(value.get("id")) is None:
        raise Unreadable(path, None, "It is no task: an object with an id.")
    if text(value.get("subject")) is None:
        raise Unreadable(path, None, "The task has no subject.")
    return value


def _blocked_by(tasks: list[tuple[str, dict[str, Any]]]) -> dict[str, tuple[str, ...]]:
    """Return what each task waits for, whichever of the two wrote it down."""
    found: dict[str, tuple[str, ...]] = {}
    for _, task in tasks:
        own = str(task["id"])
        found[own] = (*found.get(own, ()), *texts(task.get("blockedBy") or []))
        for other in texts(task.get("blocks") or []):
            found[other] = (*found.get(other, ()), own)
    return {name: tuple(dict.fromkeys(needs)) for name, needs in found.items()}


def _take(source: Source, path: str, task: dict[str, Any], needs: tuple[str, ...]) -> None:
    metadata = task.get("metadata")
    state = text(task.get("status")) or "pending"
    if state == "deleted":
        _pass_over(source, "deleted tasks")
    elif isinstance(metadata, dict) and metadata.get("_internal"):
        _pass_over(source, "tasks that only Claude Code itself sees")
    else:
        source.items.append(
            Item(
                id=str(task["id"]),
                title=str(task["subject"]).strip(),
                standing=_STANDINGS.get(state, Standing.OPEN),
                state=state,
                path=path,
                needs=needs,
                content=filled(description=text(task.get("description")), metadata=metadata),
                holder=text(task.get("owner")),
            )
        )


def _without_the_forgotten(source: Source) -> Source:
    """Claude Code removes tasks and leaves what others say of them; none of that blocks there."""
    known = {item.id for item in source.items}
    forgotten = {need for item in source.items for need in item.needs} - known
    if not forgotten:
        return source
    source.passed_over[_FORGOTTEN] = len(forgotten)
    kept = [
        item._replace(needs=tuple(need for need in item.needs if need in known))
        for item in source.items
    ]
    return source._replace(items=kept)


def _todo(path: str, todo: dict[str, Any], title: str, occurrence: int) -> Item:
    state = text(todo.get("status")) or "pending"
    digest = hashlib.sha256(f"{occurrence} {title}".encode()).hexdigest()[:_HASH_CHARS]
    return Item(
        id=digest,
        title=title,
        standing=_STANDINGS.get(state, Standing.OPEN),
        state=state,
        path=path,
        content={},
        priority=_PRIORITIES.get(str(todo.get("priority"))),
    )


def _pass_over(source: Source, what: str) -> None:
    source.passed_over[what] = source.passed_over.get(what, 0) + 1
