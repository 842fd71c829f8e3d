"""Taking djobs out of a host's file again. The decision is pure; ``remove`` acts."""

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from djobs_setup import files
from djobs_setup.editing.result import CannotEdit, Path, Undo
from djobs_setup.editors import EDITORS
from djobs_setup.files import FileNow
from djobs_setup.ledger import Change, Ledger, digest
from djobs_setup.shapes import is_ours
from djobs_setup.wishes import Kind


@dataclass(frozen=True)
class Entry:
    """Something of djobs that no record tells of, because a person or a host's program made it."""

    host: str
    kind: Kind
    at: Path
    lock: bool


@dataclass(frozen=True)
class Removal:
    """What becomes of one file."""

    path: str
    hosts: tuple[str, ...]
    before: FileNow | None
    after: bytes | None = None
    """The content without djobs; None: the file goes, because djobs made it."""
    numbers: tuple[int, ...] = ()
    """The changes that no longer stand then."""
    folders: tuple[str, ...] = ()
    exact: bool = False
    """Whether ``after`` is the original, byte for byte."""
    lock: bool = False
    reason: str = ""
    """Why nothing is done; fits behind the file's name."""

    @property
    def changes_file(self) -> bool:
        """Whether there is anything to write."""
        return not self.reason and self.before is not None and self.after != self.before.content


def plan_removal(
    before: FileNow,
    changes: Mapping[int, Change],
    entries: list[Entry],
    original: Callable[[int], bytes | None],
) -> Removal:
    """Return what becomes of a file from all that djobs did to it, and what else of it is there."""
    hosts = dict.fromkeys(host for change in changes.values() for host in change.hosts)
    hosts.update(dict.fromkeys(entry.host for entry in entries))
    lock = any(each.lock for each in changes.values()) or any(each.lock for each in entries)
    try:
        content, exact = _without(before.content, changes, entries, original)
    except CannotEdit as refused:
        return Removal(before.path, tuple(hosts), before, reason=str(refused))
    folders = next((each.folders for each in changes.values() if each.folders), ())
    return Removal(before.path, tuple(hosts), before, content, tuple(changes), folders, exact, lock)


def _without(
    content: bytes | None,
    changes: Mapping[int, Change],
    entries: list[Entry],
    original: Callable[[int], bytes | None],
) -> tuple[bytes | None, bool]:
    exact = True
    for number, change in sorted(changes.items(), reverse=True):
        if content is None:
            break
        if change.exact and digest(content) == change.after:
            kept = original(number)
            if (kept is None) == (change.before is None):
                content = kept
                continue
        exact = False
        content = _edited(content, change)
    for entry in entries:
        if content is not None and is_ours(EDITORS[entry.kind].get(content, entry.at)):
            exact = False
            content = EDITORS[entry.kind].take_out(content, entry.at, None, Undo(entry.at))
    return content, exact


def _edited(content: bytes, change: Change) -> bytes | None:
    """Return the content without our entry, when somebody has changed the file since."""
    editor = EDITORS[change.kind]
    if change.kind in ("json", "toml"):
        there = editor.get(content, change.at)
        if there is None or not is_ours(there):
            return content
    left = editor.take_out(content, change.at, change.value, change.undo)
    return None if change.before is None and not left.strip() else left


def remove(removal: Removal, ledger: Ledger) -> None:
    """Do it. ``CannotEdit`` or ``OSError`` when it could not be done; then nothing has changed."""
    before = removal.before
    assert before is not None
    lock = files.host_lock(removal.path) if removal.lock else contextlib.nullcontext()
    with lock:
        if removal.changes_file and removal.after is None:
            files.delete(before, list(removal.folders))
        elif removal.changes_file and removal.after is not None:
            files.replace(before, removal.after)
    ledger.forget(removal.numbers)
