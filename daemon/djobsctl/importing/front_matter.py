"""The part of YAML that stands at the head of Markdown files: names with texts, or lists of them.

djobs has no YAML of its own, and a general reader can be made to build anything. What is nested
deeper than a list is passed over.
"""

import json
import re
from typing import Final, TypeAlias

Value: TypeAlias = str | list[str]

FENCE: Final = "---"
_MEMBER: Final = re.compile(r"(?P<name>[A-Za-z_][\w-]*):(?:[ \t]+(?P<value>.*))?")
_BLOCK: Final = re.compile(r"[>|][+-]?")
_COMMENT: Final = re.compile(r"[ \t]#.*")


class Malformed(ValueError):
    """A line is not what this reads; the argument is its number, counted from 1."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line}")
        self.line = line


def split(text: str) -> tuple[dict[str, Value], str]:
    """Return the members of the front matter, and what follows it; raise ``Malformed``."""
    lines = text.replace("\r\n", "\n").split("\n")
    if lines[0].rstrip() != FENCE:
        raise Malformed(1)
    for end, line in enumerate(lines[1:], 1):
        if line.rstrip() == FENCE:
            return members(lines[1:end], first=2), "\n".join(lines[end + 1 :]).strip()
    raise Malformed(len(lines))


def members(lines: list[str], first: int = 1) -> dict[str, Value]:
    """Return what lines of YAML say; ``first`` is the number of the first one in its file."""
    found: dict[str, Value] = {}
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _MEMBER.fullmatch(line.rstrip())
        if match is None:
            raise Malformed(first + at - 1)
        begin, at = at, _end_of_value(lines, at)
        found[match["name"]] = _value((match["value"] or "").strip(), lines[begin:at])
    return found


def _end_of_value(lines: list[str], at: int) -> int:
    """Return where the next member begins: what belongs to one is indented, or begins with "- "."""
    while at < len(lines) and (not lines[at].strip() or lines[at][0] in " \t-"):
        at += 1
    return at


def _value(head: str, below: list[str]) -> Value:
    inner = [line.strip() for line in below]
    if _BLOCK.fullmatch(head):
        return ("\n" if head[0] == "|" else " ").join(inner).strip()
    if head.startswith("["):
        return _flow_list(" ".join([head, *inner]))
    if not head and any(line.startswith("- ") for line in inner):
        return [_scalar(line[2:].strip()) for line in inner if line.startswith("- ")]
    return _scalar(" ".join([head, *filter(None, inner)])) if head else ""


def _flow_list(text: str) -> list[str]:
    body = text[1:].rpartition("]")[0]
    pieces = re.findall(r"""\s*("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^,]+)""", body)
    return [_scalar(piece.strip()) for piece in pieces if piece.strip()]


def _scalar(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] == '"':
        try:
            return str(json.loads(text))
        except ValueError:
            return text[1:-1]
    if len(text) > 1 and text[0] == text[-1] == "'":
        return text[1:-1].replace("''", "'")
    return _COMMENT.sub("", text)
