"""Where a new member goes in a JSON text, and what has to stand around it."""

from djobs_setup.editing.json_scan import Node
from djobs_setup.editing.json_style import (
    UNIT_DEFAULT,
    after_comments,
    in_lines,
    indent_before,
    line_indent,
    one_line,
    unit_of,
)
from djobs_setup.editing.json_style import member as written
from djobs_setup.editing.result import CannotEdit, Path, Undo
from djobs_setup.editing.text import Text


def member(source: Text, root: Node | None, path: Path, value: object) -> tuple[str, Undo]:
    """Return the text with a member that was not there, and what was made for it."""
    if root is None:
        return _document(source, path, value)
    node, depth = root, 0
    while (entry_here := node.named(path[depth])) is not None:
        node, depth = entry_here.value, depth + 1
        if node.opening != "{":
            raise CannotEdit(f"has no object as {'.'.join(path[:depth])}")
    for name in reversed(path[depth + 1 :]):
        value = {name: value}
    text, gap = entry(source, root, node, path[depth], value)
    return text, Undo(path[: depth + 1], gap)


def _document(source: Text, path: Path, value: object) -> tuple[str, Undo]:
    for name in reversed(path):
        value = {name: value}
    newline = source.newline
    before = source.text.rstrip()
    text = (before + newline if before else "") + in_lines(value, "", UNIT_DEFAULT, newline)
    return text + newline, Undo((), source.text)


def entry(
    source: Text, root: Node, container: Node, name: str | None, value: object
) -> tuple[str, str | None]:
    """Return the text with one more entry at the container's end, and what its gap was."""
    if not container.entries:
        return _into_empty(source, root, container, name, value)
    text = source.text
    first, last = container.entries[0], container.entries[-1]
    end = last.value.end if last.comma is None else last.comma + 1
    comma_in_front = "," if last.comma is None else ""
    comma_behind = "" if last.comma is None else ","
    indent = indent_before(text, first.start)
    if indent is None:
        new = comma_in_front + " " + written(name, one_line(value)) + comma_behind
        return text[:end] + new + text[end:], None
    at = after_comments(text, end)
    lines = in_lines(value, indent, unit_of(text, root), source.newline)
    new = source.newline + indent + written(name, lines) + comma_behind
    return text[:end] + comma_in_front + text[end:at] + new + text[at:], None


def _into_empty(
    source: Text, root: Node, container: Node, name: str | None, value: object
) -> tuple[str, str]:
    text, newline = source.text, source.newline
    start, close = container.start + 1, container.end - 1
    gap = text[start:close]
    outer = line_indent(text, container.start)
    unit = unit_of(text, root)
    new = newline + outer + unit + written(name, in_lines(value, outer + unit, unit, newline))
    if not gap.strip():
        return text[:start] + new + newline + outer + text[close:], gap
    at = len(text[:close].rstrip())  # behind the comments there are
    rest = text[at:close] if "\n" in text[at:close] else newline + outer
    return text[:at] + new + rest + text[close:], gap
