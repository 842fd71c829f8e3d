"""beads: ``.beads/issues.jsonl``, one issue a line."""

import json
import os
from typing import Any, Final

from djobsctl.importing.files import Unreadable, identity_of, loads, read_lines
from djobsctl.importing.items import Item, Problem, Source, Standing
from djobsctl.importing.values import filled, objects, text, texts

KIND: Final = "beads"
FOLDER: Final = ".beads"
PLACES: Final = (".beads/issues.jsonl", ".beads/beads.jsonl", "issues.jsonl", "beads.jsonl")
"""Within a project or its ``.beads``, the newer name first."""

_STANDINGS: Final = {
    "open": Standing.OPEN,
    "blocked": Standing.OPEN,
    "in_progress": Standing.STARTED,
    "hooked": Standing.STARTED,
    "deferred": Standing.DEFERRED,
    "closed": Standing.DONE,
}
"""A status of one's own is as open as it is to ``bd``: not closed."""
_PRIORITY_STEP: Final = 2
"""P0 to P4 become 1, 3, 5, 7, 9."""
_BLOCKING: Final = frozenset({"blocks", "waits-for"})
_ON_FAILURE: Final = frozenset({"conditional-blocks"})
"""Waits for a failure: the one dependency that a job cannot have."""
_PARENT: Final = "parent-child"
_OUTSIDE: Final = ("external:", "[deleted:")
_DROPPED: Final = (
    "dependencies on what is deleted, no work or in another project; they block nothing"
)
_NO_WORK: Final = {"message": "messages", "event": "events"}
_MARKED: Final = {
    "is_template": "templates",
    "ephemeral": "ephemeral issues",
    "pinned": "pinned context",
}


def read(path: str) -> Source:
    """Read a file of issues."""
    folder = os.path.dirname(path)
    project = os.path.dirname(folder) if os.path.basename(folder) == FOLDER else None
    source = Source(KIND, path, identity_of(project or path), [], [], {}, workspace=project)
    no_work: set[str] = set()
    for line in read_lines(path):
        if line.problem is not None:
            source.problems.append(line.problem)
            continue
        try:
            issue = _issue(path, line.number, line.text)
            if not _pass_over(source, issue):
                _take(source, issue, line.number)
            elif (gone := text(issue.get("id"))) is not None:
                no_work.add(gone)
        except Unreadable as error:
            source.problems.append(error.problem)
    return _without_the_deleted(source, no_work)


def is_at_home(path: str) -> bool:
    """Say whether a file lies where issues do; it may be empty or all damaged then."""
    return any(path.endswith(f"/{place}") for place in PLACES if place.startswith(FOLDER))


def looks_like(first_line: str) -> bool:
    """Say whether a file that begins so is one of issues."""
    try:
        value = json.loads(first_line)
    except ValueError:
        return False
    return isinstance(value, dict) and "id" in value and {"title", "status"} & value.keys() != set()


def _issue(path: str, number: int, line: str) -> dict[str, Any]:
    try:
        value = loads(line)
    except (ValueError, RecursionError):
        raise Unreadable(path, number, "It is no JSON, perhaps cut off.", "the line") from None
    if not isinstance(value, dict):
        raise Unreadable(path, number, "It is no JSON object.", "the line")
    return value


def _pass_over(source: Source, issue: dict[str, Any]) -> bool:
    no_work = _no_work(issue)
    if no_work is not None:
        source.passed_over[no_work] = source.passed_over.get(no_work, 0) + 1
    return no_work is not None


def _without_the_deleted(source: Source, no_work: set[str]) -> Source:
    """Drop what nobody can wait for: what is deleted or no work, and issues of other projects."""
    dropped = 0
    kept = []
    for item in source.items:
        needs = tuple(
            need for need in item.needs if need not in no_work and not need.startswith(_OUTSIDE)
        )
        dropped += len(item.needs) - len(needs)
        kept.append(item._replace(needs=needs))
    if dropped:
        source.passed_over[_DROPPED] = dropped
    return source._replace(items=kept)


def _take(source: Source, issue: dict[str, Any], number: int) -> None:
    identity, title = text(issue.get("id")), text(issue.get("title"))
    if identity is None or title is None:
        lacks = "id" if identity is None else "title"
        source.problems.append(
            Problem(source.path, number, f"The issue has no {lacks}.", "the line")
        )
        return
    source.items.append(_item(source.path, number, issue, identity, title))
    for other in _targets(objects(issue.get("dependencies")), _ON_FAILURE):
        what = f"{identity} is to start only if {other} fails, and no job can wait for that."
        source.problems.append(Problem(source.path, number, what, "the dependency"))


def _no_work(issue: dict[str, Any]) -> str | None:
    if issue.get("_type", "issue") != "issue":
        return "records that are no issues"
    if issue.get("status") == "tombstone":
        return "deleted issues"
    if issue.get("status") == "pinned":
        return _MARKED["pinned"]
    marks = [name for mark, name in _MARKED.items() if issue.get(mark) is True]
    return marks[0] if marks else _NO_WORK.get(str(issue.get("issue_type")))


def _item(path: str, number: int, issue: dict[str, Any], identity: str, title: str) -> Item:
    state = text(issue.get("status")) or "open"
    edges = objects(issue.get("dependencies"))
    parents = _targets(edges, frozenset({_PARENT}))
    return Item(
        id=identity,
        title=title,
        standing=_STANDINGS.get(state, Standing.OPEN),
        state=state,
        path=path,
        line=number,
        type=text(issue.get("issue_type")) or "task",
        priority=_priority(issue.get("priority")),
        needs=_targets(edges, _BLOCKING),
        parent=parents[0] if parents else None,
        content=_content(issue),
        holder=text(issue.get("assignee")),
        created=text(issue.get("created_at")),
        finished=text(issue.get("closed_at")),
        said=text(issue.get("close_reason")),
        run_at=text(issue.get("defer_until")),
    )


def _priority(value: Any) -> int:
    """Return beads' priority, 0 to 4, as ours; one that is left out is 0 to ``bd`` as well."""
    level = value if isinstance(value, int) else 0
    return 1 + _PRIORITY_STEP * min(max(level, 0), 4)


def _targets(edges: list[dict[str, Any]], kinds: frozenset[str]) -> tuple[str, ...]:
    return texts([edge.get("depends_on_id") for edge in edges if edge.get("type") in kinds])


def _content(issue: dict[str, Any]) -> dict[str, Any]:
    names = ("description", "design", "acceptance_criteria", "notes", "labels", "external_ref")
    comments = [text(each.get("text")) for each in objects(issue.get("comments"))]
    return filled(
        **{name: issue.get(name) for name in names},
        due_at=issue.get("due_at"),
        comments=[each for each in comments if each],
    )
