"""What goes with a member that is removed from a JSON text: its comma, its line, nothing else."""

from djobs_setup.editing.json_scan import COMMENT, Node, scan
from djobs_setup.editing.result import Path, Undo


def member(text: str, path: Path) -> str:
    """Return the text without the member at a path that is there."""
    container = _at(text, path[:-1])
    index = next(at for at, each in enumerate(container.entries) if each.name == path[-1])
    return entry(text, container, index)


def entry(text: str, container: Node, index: int) -> str:
    """Return the text without one entry of an object or array."""
    gone = container.entries[index]
    is_last = index + 1 == len(container.entries)
    end = gone.value.end
    cuts = [] if gone.comma is None else [(gone.comma, gone.comma + 1)]
    if is_last and index and gone.comma is None:
        before = container.entries[index - 1].comma
        assert before is not None
        cuts.append((before, before + 1))
    if not is_last and _same_line(text, gone.value.end, container.entries[index + 1].start):
        next_start = container.entries[index + 1].start
        space = text[end:next_start].replace(",", "", 1)
        cut = (gone.start, next_start) if not space.strip() else (gone.start, end)
        return _without(text, [cut] if cut[1] == next_start else [*cuts, cut])
    begin = len(text[: gone.start].rstrip())
    if _would_join_comment(text, container, index, begin):
        begin = gone.start
    return _without(text, [*cuts, (begin, end)])


def with_gap(text: str, container: Path, undo: Undo, newline: str) -> str:
    """Return the text with what stood in an empty container, if nothing else came into it."""
    gap = undo.gap
    assert gap is not None
    if undo.made == ():
        root = scan(text)
        if root is None or root.entries or _comments(text) != _comments(gap):
            return text
        return gap
    node = _at(text, container)
    inner = text[node.start + 1 : node.end - 1]
    if node.entries or _comments(inner) != _comments(gap):
        return text
    return text[: node.start + 1] + gap + text[node.end - 1 :]


def _at(text: str, path: Path) -> Node:
    node = scan(text)
    for name in path:
        assert node is not None
        found = node.named(name)
        node = found.value if found else None
    assert node is not None
    return node


def _without(text: str, cuts: list[tuple[int, int]]) -> str:
    for start, end in sorted(set(cuts), reverse=True):
        text = text[:start] + text[end:]
    return text


def _same_line(text: str, start: int, end: int) -> bool:
    return "\n" not in text[start:end]


def _would_join_comment(text: str, container: Node, index: int, begin: int) -> bool:
    """Say whether what follows would become part of a comment that runs to its line's end."""
    gone = container.entries[index]
    rest = text[gone.value.end if gone.comma is None else gone.comma + 1 :].lstrip(" \t")
    if rest.startswith(("\n", "\r\n")):
        return False
    before = container.entries[index - 1] if index else None
    start = container.start + 1 if before is None else before.comma or before.value.end
    last = (_comments(text[start:begin]) or [""])[-1]
    return last.startswith("//") and text[:begin].endswith(last)


def _comments(text: str) -> list[str]:
    return [found[0] for found in COMMENT.finditer(text)]
