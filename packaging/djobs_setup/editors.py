"""The four kinds of edits behind one face: plans and records need not tell them apart. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from djobs_setup.editing import json_members, marked_block, toml_tables
from djobs_setup.editing.result import Edited, Path, Undo


@dataclass(frozen=True)
class Editor:
    """One kind."""

    get: Callable[[bytes, Path], Any]
    put: Callable[[bytes, Path, Any], Edited]
    take_out: Callable[[bytes, Path, Any, Undo], bytes]
    """From the content, the place, the value that was put, and what that had to make."""


def _put_table(content: bytes, path: Path, table: dict[str, Any]) -> Edited:
    """Change only what differs, so that comments inside the table stay."""
    before = toml_tables.get(content, path)
    if not isinstance(before, dict):
        return toml_tables.put(content, path, table)
    for name, value in table.items():
        if before.get(name) == value:
            continue
        if isinstance(value, dict):
            content = _put_table(content, (*path, name), value).content
        else:
            content = toml_tables.put_pair(content, path, name, value)
    return Edited(content, Undo(path))


def _put_items(content: bytes, path: Path, values: list[Any]) -> Edited:
    if json_members.get(content, path) is None:
        return json_members.put(content, path, values)
    undo = None
    for value in values:
        edited = json_members.put_item(content, path, value)
        content, undo = edited.content, undo or edited.undo
    return Edited(content, undo or Undo(path))


def _take_out_items(content: bytes, path: Path, values: list[Any], undo: Undo) -> bytes:
    there = json_members.get(content, path)
    for index in reversed(range(len(there) if isinstance(there, list) else 0)):
        assert isinstance(there, list)
        if there[index] in values:
            content = json_members.take_out_item(content, path, index, undo)
    return content


EDITORS: Final = {
    "json": Editor(
        json_members.get,
        json_members.put,
        lambda content, path, _, undo: json_members.take_out(content, path, undo),
    ),
    "toml": Editor(
        toml_tables.get,
        _put_table,
        lambda content, path, _, undo: toml_tables.take_out(content, path, undo),
    ),
    "items": Editor(json_members.get, _put_items, _take_out_items),
    "block": Editor(
        lambda content, path: marked_block.get(content, path[0]),
        lambda content, path, body: marked_block.put(content, path[0], body),
        lambda content, path, _, undo: marked_block.take_out(content, path[0], undo),
    ),
}
