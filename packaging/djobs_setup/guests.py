"""What djobs puts into files that are somebody else's, and takes out again without a trace.

``written.json`` in the state folder says for each file what had to be made beside our part, so that
taking it out leaves the very bytes there were. Without it the part still goes, and at most an empty
line stays.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from djobs_local.records import read_record, remove_record, write_record
from djobs_setup import files
from djobs_setup.editing.result import CannotEdit, Edited, Undo
from djobs_setup.files import FileNow

RECORD = "written.json"
Kind = Literal["instructions", "hooks"]


class Editor(Protocol):
    """One part of ours in one kind of file; pure."""

    def has(self, content: bytes) -> bool:
        """Say whether the part is there."""

    def is_current(self, content: bytes) -> bool:
        """Say whether the part is there as it would be written now."""

    def put(self, content: bytes) -> Edited:
        """Return the content with the part; ``CannotEdit`` when that would damage it."""

    def take_out(self, content: bytes, undo: Undo) -> bytes:
        """Return the content without the part."""

    def is_empty(self, content: bytes) -> bool:
        """Say whether what is left is nobody's, so that a file that was made may go."""


@dataclass(frozen=True)
class Change:
    """What is to become of one file. ``after`` None: it is removed."""

    path: str
    host: str
    before: FileNow
    after: bytes | None
    note: dict[str, Any] | None
    """What the record says of the file from then on; None: nothing."""

    @property
    def action(self) -> str:
        """Name it: ``create``, ``change``, ``remove`` (the file itself) or ``same``."""
        if self.after == self.before.content:
            return "same"
        if self.before.content is None:
            return "create"
        return "remove" if self.after is None else "change"


class Record:
    """What was written where, of one kind."""

    def __init__(self, state: str, kind: Kind) -> None:
        self._path = os.path.join(state, RECORD)
        self._kind = kind

    def notes(self) -> dict[str, dict[str, Any]]:
        """Return what is noted, by file."""
        noted = (read_record(self._path) or {}).get(self._kind)
        found = noted if isinstance(noted, dict) else {}
        return {path: note for path, note in found.items() if isinstance(note, dict)}

    def note(self, path: str, note: dict[str, Any] | None) -> None:
        """Note something about a file, or with None forget it."""
        everything = {"schema": 1, **(read_record(self._path) or {})}
        mine = {**self.notes(), path: note}
        everything[self._kind] = {key: value for key, value in mine.items() if value is not None}
        if any(everything.get(kind) for kind in ("instructions", "hooks")):
            write_record(self._path, everything)
        else:
            remove_record(self._path)


def putting(path: str, host: str, editor: Editor, record: Record, mode: int) -> Change:
    """Return the change that has our part as it should be; ``CannotEdit``."""
    before = files.read(path, mode)
    content, note = before.content or b"", record.notes().get(path)
    if editor.is_current(content):
        return Change(path, host, before, content, note)
    edited = editor.put(_without(content, editor, note))
    made = files.missing_folders(os.path.dirname(before.target))
    fresh = {
        "undo": edited.undo.as_json(),
        "created": before.content is None,
        "folders": made,
        "host": host,
    }
    if note is not None:
        fresh = {**fresh, "created": note.get("created"), "folders": note.get("folders")}
    return Change(path, host, before, edited.content, fresh)


def removing(path: str, host: str, editor: Editor, record: Record) -> Change | None:
    """Return the change that has our part no more; None when it is not there."""
    before = files.read(path)
    if before.content is None or not editor.has(before.content):
        return None
    note = record.notes().get(path)
    left = _without(before.content, editor, note)
    made = note is not None and note.get("created") is True
    gone = made and editor.is_empty(left)
    return Change(path, host, before, None if gone else left, note)


def _without(content: bytes, editor: Editor, note: dict[str, Any] | None) -> bytes:
    if not editor.has(content):
        return content
    try:
        undo = Undo.from_json((note or {})["undo"])
    except (KeyError, TypeError):
        undo = Undo(("",), "\n")
    return editor.take_out(content, undo)


def apply(change: Change, record: Record, *, remove: bool) -> None:
    """Write the file, then what the record says of it; ``CannotEdit``, ``OSError``."""
    if change.action == "same":
        if remove:
            record.note(change.path, None)
        return
    if not remove:
        record.note(change.path, change.note)
    if change.after is None:
        folders = (change.note or {}).get("folders") or []
        files.delete(change.before, [each for each in folders if isinstance(each, str)])
    else:
        files.replace(change.before, change.after)
    if remove:
        record.note(change.path, None)


def attempt(
    make: Callable[[], Change | None], path: str
) -> tuple[Change | None, dict[str, str] | None]:
    """Return the change, or why there is none for this file, which stops no other."""
    try:
        return make(), None
    except CannotEdit as error:
        return None, {"path": path, "reason": f"{path} {error}; nothing was changed there."}
