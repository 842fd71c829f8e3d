"""A block of Markdown that is ours, between two comments, in a file that is somebody else's."""

import re
from typing import Final

from djobs_setup.editing.result import CannotEdit, Edited, Undo
from djobs_setup.editing.text import decode, joined, separator, without_separator

_BEGIN: Final = "<!-- {}:begin -->"
_END: Final = "<!-- {}:end -->"


def get(content: bytes, name: str) -> str | None:
    """Return what stands between the marks; None when the block is not there."""
    source = decode(content)
    place = _place(source.text, name)
    if place is None:
        return None
    lines = source.text[slice(*place)].splitlines()
    return "\n".join(lines[1:-1])


def put(content: bytes, name: str, body: str) -> Edited:
    """Set the block: behind everything when it is new, in its place otherwise."""
    source = decode(content)
    text, newline = source.text, source.newline
    if _BEGIN.format(name) in body or _END.format(name) in body:
        raise ValueError("the body has a mark in it")
    lines = [_BEGIN.format(name), *body.splitlines(), _END.format(name)]
    block = "".join(line + newline for line in lines)
    place = _place(text, name)
    if place is not None:
        if place[1] == len(text) and not text.endswith("\n"):
            block = block.removesuffix(newline)
        return Edited(source.encode(text[: place[0]] + block + text[place[1] :]), Undo((name,)))
    gap = separator(source)
    return Edited(source.encode(text + gap + block), Undo((name,), gap))


def take_out(content: bytes, name: str, undo: Undo) -> bytes:
    """Remove the block, and the empty line that was put before it."""
    source = decode(content)
    place = _place(source.text, name)
    if place is None:
        return content
    head, rest = source.text[: place[0]], source.text[place[1] :]
    head = without_separator(head, undo.gap or "")
    return source.encode(joined(head, rest, source.newline))


def _place(text: str, name: str) -> tuple[int, int] | None:
    """Return where the block is, with its last line end; ``CannotEdit`` when marks do not pair."""
    begins, ends = (
        list(
            re.finditer(
                rf"^[ \t]*{re.escape(mark.format(name))}[ \t]*(?:\r?\n|$)", text, re.MULTILINE
            )
        )
        for mark in (_BEGIN, _END)
    )
    if not begins and not ends:
        return None
    if len(begins) != 1 or len(ends) != 1 or ends[0].start() < begins[0].end():
        raise CannotEdit(f"has the marks of {name} not as one pair")
    return begins[0].start(), ends[0].end()
