"""What would be done to a file to fulfil a wish, or why nothing is. Pure."""

import dataclasses
import difflib
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from djobs_setup.command import PORTABLE
from djobs_setup.editing.result import CannotEdit, Undo
from djobs_setup.editors import EDITORS
from djobs_setup.files import FileNow
from djobs_setup.shapes import command_of, is_ours
from djobs_setup.wishes import Wish

_OF_ONE_MACHINE: Final = frozenset({"type", "command", "args", "env", "environment"})
"""What an entry says of the program; an entry by name, which machines share, keeps its own."""


class Verdict(StrEnum):
    """What a step comes to."""

    ADD = "add"
    CHANGE = "change"
    WIRED = "wired"
    """It is there already."""
    REFUSED = "refused"


@dataclass(frozen=True)
class Step:
    """One wish, and what becomes of it."""

    wish: Wish
    verdict: Verdict
    before: FileNow | None = None
    after: bytes | None = None
    """The new content; None when nothing is to be written."""
    undo: Undo | None = None
    reason: str = ""
    """Why it is refused; fits behind the file's name."""


def decide(wish: Wish, before: FileNow) -> Step:
    """Return the step from a file as it is now."""
    try:
        return _decide(wish, before)
    except CannotEdit as refused:
        return Step(wish, Verdict.REFUSED, before, reason=str(refused))


def _decide(wish: Wish, before: FileNow) -> Step:
    editor, content = EDITORS[wish.kind], before.content or b""
    there = editor.get(content, wish.at)
    value, verdict = wish.value, Verdict.ADD if there is None else Verdict.CHANGE
    if wish.kind == "items":
        value = missing_items(there, wish.value)
    elif there is not None and wish.kind != "block":
        value = merged(there, wish.value, force=wish.force)
    if value in ([], there):
        return Step(wish, Verdict.WIRED, before)
    edited = editor.put(content, wish.at, value)
    wish = dataclasses.replace(wish, value=value)
    return Step(wish, verdict, before, edited.content, edited.undo)


def missing_items(there: object, wanted: list[Any]) -> list[Any]:
    """Return the items that a list lacks; ``CannotEdit`` when what is there is no list."""
    if there is not None and not isinstance(there, list):
        raise CannotEdit("has something else than a list where rules go")
    return [item for item in wanted if item not in (there or [])]


def merged(there: object, wanted: dict[str, Any], *, force: bool = False) -> dict[str, Any]:
    """Return an entry of ours brought up to date: what the user added or set in it stays.

    Only the command, and what is missing, come from ``wanted``. An entry whose command is by name
    works wherever djobs is on PATH, so of the program nothing is changed in it.
    ``CannotEdit`` for an entry that is not ours.
    """
    if not isinstance(there, dict) or not is_ours(there):
        raise CannotEdit("has another server of that name, which djobs leaves alone")
    if not force and (command_of(there) or [""])[0] == PORTABLE:
        wanted = {name: value for name, value in wanted.items() if name not in _OF_ONE_MACHINE}
    command: dict[str, Any] = {name: wanted[name] for name in ("command", "args") if name in wanted}
    return _deep({**wanted, **there, **command}, wanted)


def _deep(entry: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """Add what is missing in members that are objects themselves, such as the environment."""
    for name, value in wanted.items():
        if isinstance(value, dict) and isinstance(entry.get(name), dict):
            entry = {**entry, name: {**value, **entry[name]}}
    return entry


def diff(before: bytes | None, after: bytes | None, name: str) -> list[str]:
    """Return a unified diff, without line ends; None stands for no file."""
    old, new = (
        [] if content is None else content.decode(errors="replace").splitlines()
        for content in (before, after)
    )
    names = ("/dev/null" if before is None else name, "/dev/null" if after is None else name)
    return list(difflib.unified_diff(old, new, *names, n=2, lineterm=""))
