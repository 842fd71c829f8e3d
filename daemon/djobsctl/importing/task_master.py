"""task-master: ``.taskmaster/tasks/tasks.json``, a plan for each tag; older files have just one."""

from collections.abc import Iterator
from typing import Any, Final

from djobsctl.importing.files import Unreadable, identity_of, read_json
from djobsctl.importing.items import Item, Problem, Source, Standing
from djobsctl.importing.values import filled, objects, text, texts

KIND: Final = "task-master"
NAME: Final = "tasks.json"
_IN_PROJECT: Final = (f".taskmaster/tasks/{NAME}", f"tasks/{NAME}")
PLACES: Final = (*_IN_PROJECT, NAME)
"""Within a project, the newer first, or within its folder of tasks."""
_STANDINGS: Final = {
    "pending": Standing.OPEN,
    "blocked": Standing.OPEN,
    "in-progress": Standing.STARTED,
    "review": Standing.STARTED,
    "deferred": Standing.DEFERRED,
    "done": Standing.DONE,
    "completed": Standing.DONE,
    "cancelled": Standing.CANCELLED,
}
_PRIORITIES: Final = {"critical": 1, "high": 3, "medium": 5, "low": 7}
_LEGACY_TAG: Final = "master"
_CONTENT: Final = (
    *("description", "details", "testStrategy", "acceptanceCriteria", "complexity"),
    *("relevantFiles", "implementationApproach"),
)


def read(path: str) -> list[Source]:
    """Read a file of tasks: a plan for each tag, as tasks of different tags share their numbers."""
    value = read_json(path)
    if not looks_like(value):
        raise Unreadable(path, None, "It is no file of tasks: nothing in it has a list of `tasks`.")
    project = _project(path)
    root = identity_of(project or path)
    sources = []
    for tag, tasks in _tags(value):
        source = Source(KIND, path, f"{root}:{tag}", [], [], {}, tag, project)
        for number, task in enumerate(tasks, 1):
            _take(source, task, number, tag)
        sources.append(source)
    return sources


def looks_like(value: Any) -> bool:
    """Say whether a JSON value is a file of tasks, of either form."""
    return isinstance(value, dict) and any(True for _ in _tags(value))


def _project(path: str) -> str | None:
    for place in _IN_PROJECT:
        if path.endswith(f"/{place}"):
            return path.removesuffix(f"/{place}") or "/"
    return None


def _tags(value: dict[str, Any]) -> Iterator[tuple[str, list[Any]]]:
    if isinstance(value.get("tasks"), list):
        yield _LEGACY_TAG, value["tasks"]
        return
    for tag, plan in value.items():
        if isinstance(plan, dict) and isinstance(plan.get("tasks"), list):
            yield tag, plan["tasks"]


def _take(source: Source, task: Any, number: int, tag: str) -> None:
    own = text(task.get("id")) if isinstance(task, dict) else None
    if own is None:
        what = f"Task {number} of the tag {tag!r} has no id."
        source.problems.append(Problem(source.path, None, what, "the task"))
        return
    source.items.append(_item(source.path, task, own, _needs(task, None), None))
    for part in objects(task.get("subtasks")):
        within = text(part.get("id"))
        if within is None:
            what = f"A subtask of {own} of the tag {tag!r} has no id."
            source.problems.append(Problem(source.path, None, what, "the subtask"))
            continue
        source.items.append(_item(source.path, part, f"{own}.{within}", _needs(part, own), own))


def _needs(task: dict[str, Any], parent: str | None) -> tuple[str, ...]:
    """Return the ids that a task depends on; in a subtask a bare number is one beside it."""
    needs = texts(task.get("dependencies") or [])
    siblings = {text(each) for each in task.get("dependencies") or [] if isinstance(each, int)}
    return tuple(f"{parent}.{need}" if parent and need in siblings else need for need in needs)


def _item(
    path: str, task: dict[str, Any], identity: str, needs: tuple[str, ...], parent: str | None
) -> Item:
    state = text(task.get("status")) or "pending"
    kind = text(task.get("type"))
    return Item(
        id=identity,
        title=text(task.get("title")) or f"Task {identity}",
        standing=_STANDINGS.get(state, Standing.OPEN),
        state=state,
        path=path,
        type="task" if kind in (None, "standard") else str(kind),
        priority=_PRIORITIES.get(str(task.get("priority"))),
        needs=needs,
        parent=parent,
        content=filled(**{name: task.get(name) for name in _CONTENT}),
        holder=text(task.get("assignee")),
        finished=text(task.get("completedAt")),
    )
