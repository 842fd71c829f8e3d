"""Backlog.md: a Markdown file for each task in ``backlog/tasks`` and ``backlog/completed``."""

import os
import re
from typing import Final

from djobsctl.importing import front_matter
from djobsctl.importing.files import Unreadable, identity_of, names_in, read_text
from djobsctl.importing.front_matter import Malformed, Value
from djobsctl.importing.items import Item, Source, Standing
from djobsctl.importing.values import filled, text, texts

KIND: Final = "backlog"
FOLDERS: Final = ("backlog", ".backlog")
TASKS: Final = "tasks"
_COMPLETED: Final = "completed"
_CONFIGS: Final = ("config.yml", "config.yaml")
_STATUSES: Final = ("To Do", "In Progress", "Done")
_NO_WORK: Final = {"drafts": "drafts", "archive/tasks": "archived tasks"}
_PRIORITIES: Final = {"high": 3, "medium": 5, "low": 7}
_SUMMARY: Final = re.compile(r"^## Final Summary[ \t]*\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_MARKER: Final = re.compile(r"^<!-- (?:SECTION|AC|DOD):[A-Z_]*:?(?:BEGIN|END) -->\n?", re.MULTILINE)


def read(folder: str) -> Source:
    """Read the folder ``backlog`` of a project."""
    project = os.path.dirname(os.path.realpath(folder))
    source = Source(KIND, folder, identity_of(folder), [], [], {}, workspace=project)
    statuses = _statuses(folder)
    for part in (TASKS, _COMPLETED):
        for path in _markdown_in(os.path.join(folder, part)):
            try:
                source.items.append(_item(path, statuses, completed=part == _COMPLETED))
            except Unreadable as error:
                source.problems.append(error.problem._replace(left_out="the file"))
    for part, what in _NO_WORK.items():
        count = len(_markdown_in(os.path.join(folder, part)))
        if count:
            source.passed_over[what] = count
    return source


def is_folder(path: str) -> bool:
    """Say whether a folder is one that ``read`` takes."""
    known = any(os.path.exists(os.path.join(path, name)) for name in _CONFIGS)
    return os.path.isdir(os.path.join(path, TASKS)) and (known or os.path.basename(path) in FOLDERS)


def _markdown_in(folder: str) -> list[str]:
    return [os.path.join(folder, name) for name in names_in(folder) if name.endswith(".md")]


def _statuses(folder: str) -> list[str]:
    """Return the project's statuses in their order, as its config says, in lower case."""
    for name in _CONFIGS:
        path = os.path.join(folder, name)
        if not os.path.exists(path):
            continue
        try:
            said = front_matter.members(read_text(path).splitlines()).get("statuses")
        except (Malformed, Unreadable):
            continue
        if isinstance(said, list) and said:
            return [status.lower() for status in said]
    return [status.lower() for status in _STATUSES]


def _item(path: str, statuses: list[str], *, completed: bool) -> Item:
    try:
        head, body = front_matter.split(read_text(path))
    except Malformed as error:
        what = "The front matter cannot be read here."
        raise Unreadable(path, error.line, what) from None
    identity = text(head.get("id"))
    if identity is None:
        raise Unreadable(path, 1, "The front matter has no id.")
    state = text(head.get("status")) or statuses[0]
    summary = _SUMMARY.search(plain := _MARKER.sub("", body))
    return Item(
        id=_canonical(identity),
        title=text(head.get("title")) or identity,
        standing=Standing.DONE if completed else _standing(state, statuses),
        state=state,
        path=path,
        line=1,
        type=text(head.get("type")) or "task",
        priority=_PRIORITIES.get(str(head.get("priority")).lower()),
        needs=tuple(_canonical(need) for need in texts(head.get("dependencies") or [])),
        parent=_parent(head.get("parent_task_id")),
        content=filled(
            description=plain.strip(),
            labels=list(texts(head.get("labels") or [])),
            milestone=text(head.get("milestone")),
            references=list(texts(head.get("references") or [])),
        ),
        holder=", ".join(texts(head.get("assignee") or [])) or None,
        created=text(head.get("created_date")),
        said=summary[1].strip() if summary else None,
    )


def _standing(state: str, statuses: list[str]) -> Standing:
    """Return where a task stands: a project's last status is its end, its first the beginning."""
    word = state.lower()
    if word in (statuses[-1], "done"):
        return Standing.DONE
    return Standing.OPEN if word == statuses[0] or word not in statuses else Standing.STARTED


def _parent(value: Value | None) -> str | None:
    named = text(value)
    return None if named is None else _canonical(named)


def _canonical(identity: str) -> str:
    """Return an id as it is compared: the files say TASK-1 and task-1 of the same."""
    return identity.upper()
