"""Which tool wrote what is at a path, told by its content, and reading it."""

import os
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, NamedTuple

from djobsctl.importing import backlog, beads, claude_tasks, task_master, upstream
from djobsctl.importing.files import Unreadable, read_json, read_lines
from djobsctl.importing.items import Problem, Source


class Found(NamedTuple):
    """Something that can be read, and how."""

    kind: str
    path: str
    reader: Callable[[], list[Source]]

    def read(self) -> list[Source]:
        """Read it; what cannot be read is a source with nothing but the problem."""
        try:
            return self.reader()
        except Unreadable as error:
            return [unreadable(self.kind, self.path, error.problem)]


KINDS: Final = (upstream.KIND, claude_tasks.KIND, beads.KIND, backlog.KIND, task_master.KIND)


def unreadable(kind: str, path: str, problem: Problem) -> Source:
    """Return a source of which only is known what is wrong with it."""
    return Source(kind, path, "", [], [problem], {})


def find(path: str, kind: str | None = None) -> list[Found]:
    """Return what there is at a path, of one kind or of any; raise ``Unreadable`` if nothing is.

    A folder may be a tool's own, or a project in which several keep theirs.
    """
    if not os.path.exists(path):
        raise Unreadable(path, None, "There is no such file or folder.")
    candidates = _in_folder(path) if os.path.isdir(path) else _file(path)
    found = [each for each in candidates if kind in (None, each.kind)]
    if not found:
        what = f"nothing of {kind}" if kind else f"nothing of {', '.join(KINDS)}"
        raise Unreadable(path, None, f"There is {what} in it.")
    return found


def _in_folder(folder: str) -> Iterator[Found]:
    for name in ("", *backlog.FOLDERS):
        path = os.path.join(folder, name) if name else folder
        if backlog.is_folder(path):
            yield Found(backlog.KIND, path, partial(_one, backlog.read, path))
    yield from _first(folder, beads.PLACES)
    yield from _first(folder, task_master.PLACES)
    for path in (folder, os.path.join(folder, "tasks")):
        lists = [path] if claude_tasks.is_list(path) else claude_tasks.lists_in(path)
        for each in lists:
            yield Found(claude_tasks.KIND, each, partial(_one, claude_tasks.read_list, each))
    for path in (folder, os.path.join(folder, "todos")):
        for each in claude_tasks.todo_files(path):
            yield Found(claude_tasks.KIND, each, partial(_one, claude_tasks.read_todos, each))
    for name in upstream.PLACES:
        yield from _file(os.path.join(folder, name))


def _first(folder: str, places: tuple[str, ...]) -> list[Found]:
    """Return the newest form of a tool's file: what is at the first place where there is one."""
    for place in places:
        found = list(_file(os.path.join(folder, place)))
        if found:
            return found
    return []


def _file(path: str) -> Iterator[Found]:
    if not os.path.isfile(path):
        return
    if upstream.is_database(path):
        yield Found(upstream.KIND, path, partial(_one, upstream.read, path))
    elif path.endswith(".jsonl") and (beads.is_at_home(path) or _is_beads(path)):
        yield Found(beads.KIND, path, partial(_one, beads.read, path))
    elif path.endswith(".json"):
        yield from _json_file(path)


def _json_file(path: str) -> Iterator[Found]:
    try:
        value = read_json(path)
    except Unreadable as error:
        if os.path.basename(path) == task_master.NAME:
            broken = unreadable(task_master.KIND, path, error.problem)
            yield Found(task_master.KIND, path, lambda: [broken])
        return
    if task_master.looks_like(value):
        yield Found(task_master.KIND, path, partial(task_master.read, path))
    elif value and claude_tasks.looks_like_todos(value):
        yield Found(claude_tasks.KIND, path, partial(_one, claude_tasks.read_todos, path))


def _is_beads(path: str) -> bool:
    """Say whether any line is an issue: the first may be the one that is damaged."""
    try:
        return any(beads.looks_like(line.text) for line in read_lines(path))
    except Unreadable:
        return False


def _one(read: Callable[[str], Source], path: str) -> list[Source]:
    return [read(path)]
