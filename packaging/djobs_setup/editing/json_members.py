"""Putting one member into a JSON file, and taking it out, with every other byte kept.

``put`` and ``take_out`` are each other's inverse: the second, told what the first had to make,
returns the very bytes there were. ``put_item`` and ``take_out_item`` do the same for an array.
"""

from collections.abc import Callable
from functools import partial

from djobs_setup.editing import json_insert, json_remove
from djobs_setup.editing.json_scan import Node, plain, scan, value_of
from djobs_setup.editing.json_style import in_lines, line_indent, one_line, unit_of
from djobs_setup.editing.result import CannotEdit, Edited, Path, Undo
from djobs_setup.editing.text import Text, decode


def read(content: bytes) -> object:
    """Return the document as ``json.loads`` would; None when there is none."""
    text = decode(content).text
    root = scan(text)
    return None if root is None else value_of(text, root)


def get(content: bytes, path: Path) -> object:
    """Return the member at a path; None when it is not there.

    ``CannotEdit`` when the file is no JSON, or has something else than an object on the way.
    """
    text = decode(content).text
    node = _find(scan(text), path)
    return None if node is None else value_of(text, node)


def put(content: bytes, path: Path, value: object) -> Edited:
    """Set the member at ``path``, and make the objects on the way that are not there.

    A member that is there is replaced in its place; then there is nothing to undo but the value.
    """
    source = decode(content)
    root = scan(source.text)
    here = _find(root, path)
    if root is not None and here is not None:
        text = _replaced(source, root, here, path[-1], value)
        undo = Undo(path)
    else:
        text, undo = json_insert.member(source, root, path, value)
    _verify(source, text, partial(_set, path=path, value=_plain(value)))
    return Edited(source.encode(text), undo)


def put_item(content: bytes, path: Path, value: object) -> Edited:
    """Add an item to the end of the array at ``path``, which is made when it is not there."""
    source = decode(content)
    root = scan(source.text)
    array = _find(root, path)
    if root is None or array is None:
        return put(content, path, [value])
    if array.opening != "[":
        raise CannotEdit(f"has no list as {'.'.join(path)}")
    text, gap = json_insert.entry(source, root, array, None, value)
    items = plain(source.text, array)
    assert isinstance(items, tuple)
    _verify(source, text, partial(_set, path=path, value=(*items, _plain(value))))
    return Edited(source.encode(text), Undo((*path, ""), gap))


def take_out(content: bytes, path: Path, undo: Undo) -> bytes:
    """Remove the member at ``path``, and what was made for it when nothing else is in it now."""
    source = decode(content)
    if _find(scan(source.text), path) is None:
        return content
    text = json_remove.member(source.text, path)
    _verify(source, text, partial(_unset, path=path))
    return source.encode(_tidy(source, text, path[:-1], undo))


def take_out_item(content: bytes, path: Path, index: int, undo: Undo) -> bytes:
    """Remove an item of the array at ``path``, and what was made for it when that is empty now."""
    source = decode(content)
    array = _find(scan(source.text), path)
    if array is None or not 0 <= index < len(array.entries):
        return content
    text = json_remove.entry(source.text, array, index)
    items = plain(source.text, array)
    assert isinstance(items, tuple)
    left = items[:index] + items[index + 1 :]
    _verify(source, text, partial(_set, path=path, value=left))
    return source.encode(_tidy(source, text, path, undo))


def _tidy(source: Text, text: str, container: Path, undo: Undo) -> str:
    """Remove the containers that were made, and put back what stood in the one that was not."""
    while len(container) >= max(1, len(undo.made)) and _is_bare(text, container):
        before, text = text, json_remove.member(text, container)
        _verify(Text(b"", before), text, partial(_unset, path=container))
        container = container[:-1]
    if undo.gap is None:
        return text
    return json_remove.with_gap(text, container, undo, source.newline)


def _is_bare(text: str, container: Path) -> bool:
    node = _find(scan(text), container)
    return node is not None and text[node.start + 1 : node.end - 1].strip() == ""


def _replaced(source: Text, root: Node, node: Node, name: str, value: object) -> str:
    text = source.text
    line = text[text.rfind("\n", 0, node.start) + 1 : node.start].lstrip(" \t")
    if "\n" in text[node.start : node.end] or line.startswith(one_line(name)):
        indent, unit = line_indent(text, node.start), unit_of(text, root)
        new = in_lines(value, indent, unit, source.newline)
    else:
        new = one_line(value)
    return text[: node.start] + new + text[node.end :]


def _find(root: Node | None, path: Path) -> Node | None:
    """Return the value at a path; ``CannotEdit`` when what is on the way is no object."""
    node = root
    for depth, name in enumerate(path):
        if node is None:
            return None
        if node.opening != "{":
            where = ".".join(path[:depth])
            raise CannotEdit(f"has no object as {where}" if where else "is not one JSON object")
        entry = node.named(name)
        node = entry.value if entry else None
    return node


def _verify(source: Text, text: str, intended: Callable[[object], object]) -> None:
    """Refuse what does not read as it was meant to, whatever the reason."""
    before = scan(source.text)
    had = [] if before is None else plain(source.text, before)
    try:
        after = scan(text)
    except CannotEdit:
        after = None
    if after is None or plain(text, after) != intended(had):
        raise CannotEdit("cannot be changed without changing something else")


def _plain(value: object) -> object:
    text = one_line(value)
    node = scan(text)
    assert node is not None
    return plain(text, node)


def _set(document: object, path: Path, value: object) -> object:
    """Return an object, as ``plain`` gives it, with a member set."""
    if not path:
        return value
    assert isinstance(document, list)
    names = [name for name, _ in document]
    if path[0] not in names:
        return [*document, (path[0], _set([], path[1:], value))]
    return [
        (name, _set(each, path[1:], value) if name == path[0] else each) for name, each in document
    ]


def _unset(document: object, path: Path) -> object:
    assert isinstance(document, list)
    if len(path) == 1:
        return [(name, each) for name, each in document if name != path[0]]
    return [(name, _unset(each, path[1:]) if name == path[0] else each) for name, each in document]
