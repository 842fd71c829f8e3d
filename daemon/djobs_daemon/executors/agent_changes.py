"""Applying what an agent changed to the workspace: all of it, or nothing.

Held against is what the agent began with, file by file and byte by byte: where somebody has changed
one of its files since, nothing is written. What was done before and interrupted is recognised.
"""

import os
import secrets
import stat
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Final, TypeAlias

from djobs_agent.contract import CONTENTS_FOLDER, Change
from djobs_daemon.executors.sandbox.secrets import RUNS_OUTSIDE_LATER
from djobs_files import tree
from djobs_files.limits import FILE_BYTES_MAX
from djobs_files.names import parts
from djobs_files.tree import Tree
from djobs_files.undoing import undo
from djobs_files.values import NewFile
from djobs_files.writing import write_all
from djobs_protocol.errors import DjobsError

UNDO_FOLDER: Final = "undo"
CONFLICTS_NAMED: Final = 20
_one_at_a_time: Final = Lock()


Changes: TypeAlias = Sequence[Change]
Act: TypeAlias = Callable[[str, Changes], bool]


class CannotApply(Exception):
    """Nothing was written; the message says why, ``conflicts`` file by file."""

    def __init__(self, message: str, conflicts: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.conflicts = tuple(conflicts)


def check(workspace: str, changes: Sequence[Change], *, unattended: bool = False) -> bool:
    """Say whether anything is left to apply; raise ``CannotApply`` where something is in the way.

    ``unattended``: nobody looks, so what runs by itself later is not written.
    """
    try:
        with Tree(workspace) as root:
            found = {each.path: _digest(root, each.path) for each in changes}
    except DjobsError as refusal:
        raise CannotApply(refusal.message, [refusal.message]) from None
    except OSError as error:
        raise CannotApply(f"{workspace} cannot be read: {error.strerror}.") from None
    if changes and all(_is_done(each, found[each.path]) for each in changes):
        return False
    conflicts = [*_conflicts(changes, found), *(_risks(changes) if unattended else ())]
    if conflicts:
        named = "; ".join(conflicts[:CONFLICTS_NAMED])
        more = len(conflicts) - CONFLICTS_NAMED
        raise CannotApply(f"{named}{f'; and {more} more' if more > 0 else ''}.", conflicts)
    return bool(changes)


def apply(
    workspace: str, folder: str, changes: Sequence[Change], *, unattended: bool = False
) -> bool:
    """Write the changes of the run in ``folder``; False when there was nothing left to write.

    ``CannotApply`` when something is in the way, and nothing was written then.
    """
    with _one_at_a_time:
        if not check(workspace, changes, unattended=unattended):
            return False
        kept = os.path.join(folder, f"{UNDO_FOLDER}-{secrets.token_hex(4)}")
        try:
            write_all(workspace, list(_new_files(folder, changes)), kept)
            _remove_all(workspace, changes, kept)
        except (DjobsError, OSError) as refusal:
            raise CannotApply(str(refusal)) from None
        return True


def _digest(root: Tree, path: str) -> str | None:
    """Return the digest of what is at a path; None when nothing is."""
    names = parts(path)
    with root.folder(names[:-1]) as folder:
        if folder is None or tree.look(folder, names[-1], path) is None:
            return None
        content = tree.read(folder, names[-1], path, FILE_BYTES_MAX)
        return sha256(content).hexdigest()


def _is_done(change: Change, found: str | None) -> bool:
    return change.kind != "other" and found == change.after_sha256 and change.mode is None


def _conflicts(changes: Sequence[Change], found: dict[str, str | None]) -> Iterator[str]:
    for each in changes:
        if each.kind == "other":
            yield f"{each.path} is a link, a repository or too large, which is not applied"
        elif found[each.path] not in (each.before_sha256, each.after_sha256):
            yield f"{each.path} {_since(each, found[each.path])} since the agent began"


def _since(change: Change, found: str | None) -> str:
    if found is None:
        return "was removed"
    return "was made" if change.before_sha256 is None else "was changed"


def _risks(changes: Sequence[Change]) -> Iterator[str]:
    for each in changes:
        if each.path.split("/")[0] in RUNS_OUTSIDE_LATER:
            yield f"{each.path} may run by itself later, so a person has to look at it"


def _new_files(folder: str, changes: Sequence[Change]) -> Iterator[NewFile]:
    for number, each in enumerate(changes):
        if each.kind in ("new", "changed"):
            content = Path(folder, CONTENTS_FOLDER, str(number)).read_bytes()
            yield NewFile(each.path, content, each.mode)


def _remove_all(workspace: str, changes: Sequence[Change], kept: str) -> None:
    """Remove what the agent removed; where that fails, put everything back and raise."""
    removed: list[NewFile] = []
    try:
        with Tree(workspace) as root:
            for each in changes:
                if each.kind == "deleted":
                    removed.extend(_removed(root, each.path))
    except (DjobsError, OSError):
        write_all(workspace, removed, f"{kept}-removed")
        undo(workspace, kept)
        raise


def _removed(root: Tree, path: str) -> Iterator[NewFile]:
    """Remove a file, and the folders that this leaves empty; yield what it was."""
    names = parts(path)
    with root.folder(names[:-1]) as folder:
        if folder is not None and (found := tree.look(folder, names[-1], path)) is not None:
            content = tree.read(folder, names[-1], path, FILE_BYTES_MAX)
            tree.remove(folder, names[-1])
            yield NewFile(path, content, stat.S_IMODE(found.st_mode))
    for end in range(len(names) - 1, 0, -1):
        root.remove_folder(names[:end])
