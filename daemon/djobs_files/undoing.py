"""Taking a change back, file by file, but nothing that somebody has changed since."""

import os
import stat
from contextlib import suppress

from djobs_files import record, tree
from djobs_files.limits import FILE_BYTES_MAX
from djobs_files.names import parts
from djobs_files.record import Change, Entry
from djobs_files.refusals import changed, failed
from djobs_files.survey import print_of
from djobs_files.tree import Tree
from djobs_files.values import Outcome, Reached, Undone, unnoticed
from djobs_protocol.errors import DjobsError


def undo(root: str, undo_folder: str, reached: Reached = unnoticed) -> list[Undone]:
    """Put back what ``write_all`` found, contents and modes, and remove what it made.

    A file that is neither what was written nor what was there before is refused, and left alone.
    May be called again, also after it was killed. Returns one line for each file; none when nothing
    had been written. ``DjobsError(CONFLICT)`` when the record is damaged or is of another root.
    """
    change = record.read(undo_folder)
    if change is None:
        return []
    if change.root != os.path.realpath(root):
        raise changed(root, f"is not what was changed; that was {change.root!r}")
    try:
        with Tree(root) as within:
            return take_back(within, change, undo_folder, reached)
    except OSError as error:
        raise failed(root, error) from None


def take_back(within: Tree, change: Change, undo_folder: str, reached: Reached) -> list[Undone]:
    """Undo a change in a tree that is open."""
    for entry in change.entries:  # first, because they may be what fills the disk
        _clear(within, entry)
    done = [
        _take_back(within, number, entry, undo_folder, reached)
        for number, entry in reversed(list(enumerate(change.entries)))
    ]
    for path in reversed(change.folders):
        with suppress(DjobsError):
            within.remove_folder(parts(path))
    return done[::-1]


def _clear(within: Tree, entry: Entry) -> None:
    """Remove what a write, or an undo, that did not come to its end has left."""
    with suppress(DjobsError, OSError), within.folder(entry.names[:-1]) as folder:
        if folder is not None:
            tree.remove(folder, entry.temporary)


def _take_back(
    within: Tree, number: int, entry: Entry, undo_folder: str, reached: Reached
) -> Undone:
    try:
        with within.folder(entry.names[:-1]) as folder:
            if folder is None:
                return _gone(entry)
            return Undone(entry.path, _put_back(folder, number, entry, undo_folder, reached))
    except DjobsError as refusal:
        _clear(within, entry)
        return Undone(entry.path, Outcome.REFUSED, refusal.message)
    except OSError as error:
        _clear(within, entry)
        return Undone(entry.path, Outcome.REFUSED, failed(entry.path, error).message)


def _gone(entry: Entry) -> Undone:
    if entry.before is None:
        return Undone(entry.path, Outcome.UNTOUCHED)
    return Undone(entry.path, Outcome.REFUSED, f"The folder of {entry.path!r} has gone.")


def _put_back(
    folder: int, number: int, entry: Entry, undo_folder: str, reached: Reached
) -> Outcome:
    name, path, before = entry.names[-1], entry.path, entry.before
    found = tree.look(folder, name, path)
    if found is None:
        if before is None:
            return Outcome.UNTOUCHED
        raise changed(path, "has been removed since it was written")
    now = record.digest(tree.read(folder, name, path, FILE_BYTES_MAX))
    if before is not None and now == before.sha256:
        same_mode = stat.S_IMODE(found.st_mode) == before.mode
        if same_mode or entry.sha256 != before.sha256:
            return Outcome.UNTOUCHED
    if now != entry.sha256:
        raise changed(path, "has been changed since it was written")
    if before is not None:
        content = record.kept(undo_folder, number, before)
        tree.write_new(folder, entry.temporary, content, before.mode)
        reached("restoring")
    if print_of(tree.look(folder, name, path)) != print_of(found):
        raise changed(path, "is being changed by somebody else")
    if before is None:
        tree.remove(folder, name)
        reached("removed")
        return Outcome.REMOVED
    tree.replace(folder, entry.temporary, name)
    reached("restored")
    return Outcome.RESTORED


def clear(root: str, undo_folder: str) -> None:
    """Remove the half-written files that a writing which was killed has left, and nothing else."""
    change = record.read(undo_folder)
    if change is None or change.root != os.path.realpath(root):
        return
    try:
        with Tree(root) as within:
            for entry in change.entries:
                _clear(within, entry)
    except OSError as error:
        raise failed(root, error) from None
