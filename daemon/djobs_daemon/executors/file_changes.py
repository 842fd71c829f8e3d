"""Changes of several files of a workspace, carried out together: all of them, or none.

Each file is held against what it was before the change, byte by byte: where somebody has changed
one since, nothing is written. What was done before and interrupted is recognised.
"""

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from threading import Lock
from typing import Final, NamedTuple, TypeAlias

from djobs_agent.contract import Change
from djobs_daemon.executors.sandbox.secrets import RUNS_OUTSIDE_LATER
from djobs_files import record, tree
from djobs_files.limits import FILE_BYTES_MAX
from djobs_files.names import parts
from djobs_files.record import Before, Entry
from djobs_files.tree import Tree
from djobs_files.undoing import undo
from djobs_files.values import NewFile
from djobs_files.writing import write_all
from djobs_protocol.errors import DjobsError

REMOVED: Final = "-removed"
"""Ends the name of the folder that keeps what a change removed."""
CONFLICTS_NAMED: Final = 20
_one_at_a_time: Final = Lock()

Changes: TypeAlias = Sequence[Change]
ContentOf: TypeAlias = Callable[[int], bytes]
"""Gives the new content of a change by its number."""


class CannotApply(Exception):
    """Nothing was written; the message says why, ``conflicts`` file by file."""

    def __init__(self, message: str, conflicts: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.conflicts = tuple(conflicts)


class _Found(NamedTuple):
    digest: str
    mode: int


def check(
    workspace: str, changes: Changes, *, unattended: bool = False, since: str = "the agent began"
) -> bool:
    """Say whether anything is left to do; raise ``CannotApply`` where something is in the way.

    ``unattended``: nobody looks, so what runs by itself later is not written. ``since``: what the
    changes were before is what the files were then.
    """
    try:
        with Tree(workspace) as root:
            found = {each.path: _look(root, each.path) for each in changes}
    except DjobsError as refusal:
        raise CannotApply(refusal.message, [refusal.message]) from None
    except OSError as error:
        raise CannotApply(f"{workspace} cannot be read: {error.strerror}.") from None
    if changes and all(_is_done(each, found[each.path]) for each in changes):
        return False
    conflicts = [*_conflicts(changes, found, since), *(_risks(changes) if unattended else ())]
    if conflicts:
        raise in_the_way(conflicts)
    return bool(changes)


def in_the_way(conflicts: Sequence[str]) -> CannotApply:
    """Return the refusal that names what is in the way, of many things the first."""
    named = "; ".join(conflicts[:CONFLICTS_NAMED])
    more = len(conflicts) - CONFLICTS_NAMED
    return CannotApply(f"{named}{f'; and {more} more' if more > 0 else ''}.", conflicts)


def carry_out(
    workspace: str,
    changes: Changes,
    content_of: ContentOf,
    kept: str,
    *,
    unattended: bool = False,
    since: str = "the agent began",
    prune: bool = True,
) -> bool:
    """Write the changes; False when there was nothing left to write.

    What the files held before is put into ``kept`` and its sibling for what is removed, folders
    that are not there yet. With ``prune`` the folders that a removal leaves empty go, too.
    ``CannotApply`` when something is in the way, and nothing was written then.
    """
    with _one_at_a_time:
        if not check(workspace, changes, unattended=unattended, since=since):
            return False
        try:
            write_all(workspace, list(_new_files(changes, content_of)), kept)
            _remove_all(workspace, changes, kept, prune=prune)
        except (DjobsError, OSError) as refusal:
            raise CannotApply(str(refusal)) from None
        return True


def _look(root: Tree, path: str) -> _Found | None:
    """Return what is at a path; None when nothing is."""
    names = parts(path)
    with root.folder(names[:-1]) as folder:
        if folder is None or (about := tree.look(folder, names[-1], path)) is None:
            return None
        content = tree.read(folder, names[-1], path, FILE_BYTES_MAX)
        return _Found(sha256(content).hexdigest(), stat.S_IMODE(about.st_mode))


def _digest(found: _Found | None) -> str | None:
    return None if found is None else found.digest


def _is_done(change: Change, found: _Found | None) -> bool:
    if change.kind == "other" or _digest(found) != change.after_sha256:
        return False
    return found is None or change.mode in (None, found.mode)


def _conflicts(changes: Changes, found: dict[str, _Found | None], since: str) -> Iterator[str]:
    for each in changes:
        now = _digest(found[each.path])
        if each.kind == "other":
            yield f"{each.path} is a link, a repository or too large, which is not applied"
        elif now not in (each.before_sha256, each.after_sha256):
            yield f"{each.path} {_what_happened(each, now)} since {since}"


def _what_happened(change: Change, found: str | None) -> str:
    if found is None:
        return "was removed"
    return "was made" if change.before_sha256 is None else "was changed"


def _risks(changes: Changes) -> Iterator[str]:
    for each in changes:
        if each.path.split("/")[0] in RUNS_OUTSIDE_LATER:
            yield f"{each.path} may run by itself later, so a person has to look at it"


def _new_files(changes: Changes, content_of: ContentOf) -> Iterator[NewFile]:
    for number, each in enumerate(changes):
        if each.kind in ("new", "changed"):
            yield NewFile(each.path, content_of(number), each.mode)


def _remove_all(workspace: str, changes: Changes, kept: str, *, prune: bool) -> None:
    """Remove what is to go; where that fails, put everything back and raise."""
    gone = [each.path for each in changes if each.kind == "deleted"]
    if not gone:
        return
    removed: list[NewFile] = []
    try:
        with Tree(workspace) as root:
            _keep(root, gone, kept + REMOVED, os.path.realpath(workspace))
            for path in gone:
                removed.extend(_removed(root, path, prune=prune))
    except (DjobsError, OSError):
        write_all(workspace, removed, f"{kept}-put-back")
        undo(workspace, kept)
        raise


def _keep(root: Tree, paths: Sequence[str], kept: str, place: str) -> None:
    """Put what is removed next on the disk, and what it is."""
    record.begin(kept)
    entries: list[Entry] = []
    for path in paths:
        names = parts(path)
        with root.folder(names[:-1]) as folder:
            if folder is None or (about := tree.look(folder, names[-1], path)) is None:
                continue
            content = tree.read(folder, names[-1], path, FILE_BYTES_MAX)
        record.keep(kept, len(entries), content)
        before = Before(record.digest(content), stat.S_IMODE(about.st_mode))
        entries.append(Entry(path, ".djobs-none", "", before))
    record.write(kept, record.Change(place, tuple(entries), ()))


def _removed(root: Tree, path: str, *, prune: bool) -> Iterator[NewFile]:
    """Remove a file, and folders that this leaves empty; yield what it was."""
    names = parts(path)
    with root.folder(names[:-1]) as folder:
        if folder is not None and (found := tree.look(folder, names[-1], path)) is not None:
            content = tree.read(folder, names[-1], path, FILE_BYTES_MAX)
            tree.remove(folder, names[-1])
            yield NewFile(path, content, stat.S_IMODE(found.st_mode))
    for end in range(len(names) - 1 if prune else 0, 0, -1):
        root.remove_folder(names[:end])
