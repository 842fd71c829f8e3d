"""JSON as editors' settings have it, with comments and trailing commas, and where everything is.

The grammar is that of RFC 8259 with what VS Code's "JSON with Comments" adds and nothing more.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Final, NoReturn

from djobs_setup.editing.result import CannotEdit

DEPTH_MAX: Final = 200
"""Far beyond any configuration, and below what the interpreter's stack bears."""

TRIVIA: Final = re.compile(r"(?:[ \t\r\n]+|//[^\r\n]*|/\*[\s\S]*?\*/)*")
COMMENT: Final = re.compile(r"//[^\r\n]*|/\*[\s\S]*?\*/")
_STRING: Final = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"')
_NUMBER: Final = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
_SCALAR: Final = re.compile(_NUMBER + "|true|false|null")
_CLOSING: Final = {"{": "}", "[": "]"}


@dataclass(frozen=True)
class Literal:
    """A number, ``true``, ``false`` or ``null``, as it is written."""

    raw: str


@dataclass(frozen=True)
class Entry:
    """A member of an object, or an item of an array."""

    name: str | None
    start: int
    value: "Node"
    comma: int | None
    """Where the comma behind it is."""


@dataclass(frozen=True)
class Node:
    """A value; ``text[start:end]`` is all of it."""

    start: int
    end: int
    opening: str
    """``{``, ``[``, or nothing for a scalar."""
    entries: list[Entry] = field(default_factory=list)

    def named(self, name: str) -> Entry | None:
        """Return the member of an object; ``CannotEdit`` when it is there twice."""
        found = [entry for entry in self.entries if entry.name == name]
        if len(found) > 1:
            raise CannotEdit(f"has {json.dumps(name)} twice")
        return found[0] if found else None


def scan(text: str) -> Node | None:
    """Return the document; None when there is nothing but space and comments."""
    scanner = _Scanner(text)
    start = scanner.skip(0)
    if start == len(text):
        return None
    node = scanner.value(start, 0)
    if (rest := scanner.skip(node.end)) != len(text):
        scanner.wrong(rest, "something follows the end")
    return node


def plain(text: str, node: Node) -> object:
    """Return the value with its order and the very digits of its numbers, to be compared."""
    if node.opening == "{":
        return [(entry.name, plain(text, entry.value)) for entry in node.entries]
    if node.opening:
        return (*(plain(text, entry.value) for entry in node.entries),)
    raw = text[node.start : node.end]
    return json.loads(raw) if raw.startswith('"') else Literal(raw)


def value_of(text: str, node: Node) -> object:
    """Return the value as ``json.loads`` would."""
    if node.opening == "{":
        return {entry.name: value_of(text, entry.value) for entry in node.entries}
    if node.opening:
        return [value_of(text, entry.value) for entry in node.entries]
    return json.loads(text[node.start : node.end])


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text

    def skip(self, at: int) -> int:
        found = TRIVIA.match(self.text, at)
        assert found is not None  # it matches nothing, too
        return found.end()

    def value(self, at: int, depth: int) -> Node:
        opening = self.text[at : at + 1]
        if opening in _CLOSING:
            if depth >= DEPTH_MAX:
                self.wrong(at, "it is nested too deeply")
            return self.container(at, opening, depth)
        found = _STRING.match(self.text, at) or _SCALAR.match(self.text, at)
        if not found:
            self.wrong(at, "a value is expected")
        return Node(at, found.end(), "")

    def container(self, start: int, opening: str, depth: int) -> Node:
        entries: list[Entry] = []
        at = self.skip(start + 1)
        while not self.text.startswith(_CLOSING[opening], at):
            if entries and entries[-1].comma is None:
                self.wrong(at, f"a comma or {_CLOSING[opening]} is expected")
            name, value_at = self.name(at) if opening == "{" else (None, at)
            value = self.value(value_at, depth + 1)
            after = self.skip(value.end)
            comma = after if self.text.startswith(",", after) else None
            entries.append(Entry(name, at, value, comma))
            at = after if comma is None else self.skip(comma + 1)
        return Node(start, at + 1, opening, entries)

    def name(self, at: int) -> tuple[str, int]:
        found = _STRING.match(self.text, at)
        if not found:
            self.wrong(at, "a name in quotes is expected")
        colon = self.skip(found.end())
        if not self.text.startswith(":", colon):
            self.wrong(colon, "a colon is expected")
        return json.loads(found[0]), self.skip(colon + 1)

    def wrong(self, at: int, what: str) -> NoReturn:
        line = self.text.count("\n", 0, at) + 1
        column = at - self.text.rfind("\n", 0, at)
        raise CannotEdit(f"is not valid JSON: {what} in line {line}, column {column}")
