"""Putting one table into a TOML file, and taking it out, with every other byte kept.

A new table goes to the end, where it can be in nobody's way. A table includes its sub-tables.
"""

import json
import re
from typing import Final

from djobs_setup.editing.result import CannotEdit, Edited, Path, Undo
from djobs_setup.editing.text import decode, joined, separator, without_separator
from djobs_setup.editing.toml_scan import parse, statements

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")


def get(content: bytes, path: Path) -> object:
    """Return what is at a path; None when it is not there."""
    value: object = parse(decode(content).text)
    for depth, name in enumerate(path):
        if not isinstance(value, dict):
            raise CannotEdit(f"has no table as {'.'.join(path[:depth])}")
        if name not in value:
            return None
        value = value[name]
    return value


def put(content: bytes, path: Path, table: dict[str, object]) -> Edited:
    """Set the table at ``path``: behind everything when it is new, in its place otherwise."""
    source = decode(content)
    before = get(content, path)
    if before is None:
        gap = separator(source)
        text = source.text + gap + _rendered(path, table, source.newline)
        undo = Undo(path, gap)
    else:
        blocks = _blocks(source.text, path)
        new = _rendered(path, table, source.newline)
        text = _without(source.text, blocks[1:])
        text = text[: blocks[0][0]] + new + text[blocks[0][1] :]
        undo = Undo(path)
    _verify(text, _set(parse(source.text), path, table))
    return Edited(source.encode(text), undo)


def put_pair(content: bytes, path: Path, key: str, value: object) -> bytes:
    """Set one key of a table that is there, in its place or else right below the header."""
    source = decode(content)
    table = get(content, path)
    found = statements(source.text)
    at = next((number for number, each in enumerate(found) if each.header == path), None)
    if not isinstance(table, dict) or at is None:
        raise CannotEdit(f"has no table [{_dotted(path)}]")
    line = f"{_key(key)} = {_value(value)}{source.newline}"
    start = end = found[at].end
    for each in found[at + 1 :]:
        if each.header is not None:
            break
        if key in parse(source.text[each.start : each.end]):
            start, end = each.start, each.end
    if start and source.text[start - 1] != "\n":
        line = source.newline + line
    text = source.text[:start] + line + source.text[end:]
    _verify(text, _set(parse(source.text), path, {**table, key: value}))
    return source.encode(text)


def take_out(content: bytes, path: Path, undo: Undo) -> bytes:
    """Remove the table at ``path`` with its sub-tables, and the blank line that was put before."""
    source = decode(content)
    if get(content, path) is None:
        return content
    (first, first_end), *others = _blocks(source.text, path)
    rest = _without(source.text, [(0, first_end), *others])
    head = without_separator(source.text[:first], undo.gap or "")
    text = joined(head, rest, source.newline)
    _verify(text, _unset(parse(source.text), path), led_there=path[:-1])
    return source.encode(text)


def _blocks(text: str, path: Path) -> list[tuple[int, int]]:
    """Return the ranges of a table and its sub-tables; a comment above another table is its own."""
    blocks: list[tuple[int, int]] = []
    ours = False
    for each in statements(text):
        if each.header is not None:
            ours = each.header[: len(path)] == path
            if ours:
                blocks.append((each.start, each.end))
        elif ours:
            blocks[-1] = (blocks[-1][0], each.end)
    if not blocks:
        raise CannotEdit(f"has {_dotted(path)}, but not as a table [{_dotted(path)}]")
    return _joined(text, blocks)


def _joined(text: str, blocks: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined = blocks[:1]
    for start, end in blocks[1:]:
        if text[joined[-1][1] : start].strip():
            joined.append((start, end))
        else:
            joined[-1] = (joined[-1][0], end)
    return joined


def _without(text: str, ranges: list[tuple[int, int]]) -> str:
    for start, end in reversed(ranges):
        text = text[:start] + text[end:]
    return text


def _rendered(path: Path, table: dict[str, object], newline: str) -> str:
    """Return a table and its sub-tables, each line ended."""
    lines = [f"[{_dotted(path)}]"]
    inner = {name: each for name, each in table.items() if isinstance(each, dict)}
    if len(inner) == len(table) > 1:  # a table of many small ones is a line for each
        inner = {}
    lines += [f"{_key(name)} = {_value(each)}" for name, each in table.items() if name not in inner]
    text = "".join(line + newline for line in lines)
    for name, each in inner.items():
        text += newline + _rendered((*path, name), each, newline)
    return text


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, dict):
        pairs = (f"{_key(name)} = {_value(each)}" for name, each in value.items())
        return f"{{ {', '.join(pairs)} }}"
    raise TypeError(f"{value!r} is not written here")


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _value(name)


def _dotted(path: Path) -> str:
    return ".".join(map(_key, path))


def _verify(text: str, intended: dict[str, object], led_there: Path = ()) -> None:
    """Refuse what does not read as it was meant to, whatever the reason.

    An empty table that only led to the one that is gone may be there or not.
    """
    try:
        has = parse(text)
    except CannotEdit:
        has = {"": ""}
    had = [_comparable(_pruned(each, led_there)) for each in (has, intended)]
    if had[0] != had[1]:
        raise CannotEdit("cannot be changed without changing something else")


def _comparable(value: object) -> object:
    """Return what is equal only for the same values of the same types, NaN included."""
    if isinstance(value, dict):
        return {name: _comparable(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_comparable(each) for each in value]
    return repr(value)


def _set(document: dict[str, object], path: Path, value: object) -> dict[str, object]:
    inner = document.get(path[0], {})
    if len(path) == 1:
        return {**document, path[0]: value}
    if not isinstance(inner, dict):
        raise CannotEdit(f"has no table as {path[0]}")
    return {**document, path[0]: _set(inner, path[1:], value)}


def _unset(document: dict[str, object], path: Path) -> dict[str, object]:
    inner = document[path[0]]
    if len(path) == 1:
        return {name: each for name, each in document.items() if name != path[0]}
    assert isinstance(inner, dict)
    return {**document, path[0]: _unset(inner, path[1:])}


def _pruned(document: dict[str, object], path: Path) -> dict[str, object]:
    """Return the document without the tables on a path in which there is nothing."""
    if not path or not isinstance(inner := document.get(path[0]), dict):
        return document
    if inner := _pruned(inner, path[1:]):
        return {**document, path[0]: inner}
    return {name: each for name, each in document.items() if name != path[0]}
