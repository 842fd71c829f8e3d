"""What runs wrote into a workspace, as the records beside their output have it. Blocking.

Each writing left a folder with what its files held before; a file in it says that the writing was
taken back. ``plan`` tells from all of a job's writings what taking them back means. Pure.
"""

import os
from collections.abc import Sequence
from hashlib import sha256
from typing import Final, NamedTuple

from djobs_agent.contract import Change
from djobs_daemon.executors.file_changes import REMOVED, in_the_way
from djobs_files import record
from djobs_files.record import Before, Entry
from djobs_llm.contract import UNDO_FOLDER
from djobs_local.run_folder import write_durably

TAKEN_BACK: Final = "taken-back"
"""A file in the folder of a writing."""
BACK_FOLDER: Final = "back"
"""Begins the names of the folders that keep what an undo replaces."""


class Writing(NamedTuple):
    """One time that files of a workspace were written."""

    folder: str
    change: record.Change

    @property
    def removes(self) -> bool:
        """Say whether it removed its files."""
        return self.folder.endswith(REMOVED)

    def was_taken_back(self) -> bool:
        """Say whether it was undone, and that is known."""
        return os.path.lexists(os.path.join(self.folder, TAKEN_BACK))


class Plan(NamedTuple):
    """How a workspace becomes what it was before some writings."""

    changes: tuple[Change, ...]
    kept: tuple[str, ...]
    """Of each change, where the content is that comes back; empty where the file goes."""
    folders: frozenset[str]
    """Those that the writings made."""


class _Step(NamedTuple):
    before: Before | None
    after: str | None
    kept: str


def writings_of(run_folders: Sequence[str]) -> list[Writing]:
    """Return the writings of runs, the oldest first.

    ``run_folders`` come in the order of the runs. ``DjobsError`` when a record is damaged.
    """
    found = []
    for run_folder in run_folders:
        for folder in sorted(_record_folders(run_folder), key=_begun_at):
            change = record.read(folder)
            if change is not None:
                found.append(Writing(folder, change))
    return found


def note_taken_back(writings: Sequence[Writing]) -> None:
    """Let later calls pass over these writings."""
    for each in writings:
        write_durably(each.folder, TAKEN_BACK, b"")


def name_of(writings: Sequence[Writing]) -> str:
    """Return a name for taking back just these writings."""
    names = "\n".join(os.path.join(*each.folder.split(os.sep)[-2:]) for each in writings)
    return sha256(names.encode()).hexdigest()[:8]


def plan(writings: Sequence[Writing]) -> Plan:
    """Return what leads back to before the first of the writings.

    ``CannotApply`` where a file was changed by somebody else between two of them.
    """
    steps: dict[str, list[_Step]] = {}
    for writing in reversed(writings):
        for number, entry in enumerate(writing.change.entries):
            step = _step(writing, number, entry)
            steps.setdefault(entry.path, []).append(step)
    conflicts: list[str] = []
    firsts = {path: _first(path, newest_first, conflicts) for path, newest_first in steps.items()}
    if conflicts:
        raise in_the_way(conflicts)
    return Plan(
        tuple(_back(path, steps[path][0], first) for path, first in firsts.items()),
        tuple(first.kept if first.before is not None else "" for first in firsts.values()),
        frozenset(name for writing in writings for name in writing.change.folders),
    )


def _step(writing: Writing, number: int, entry: Entry) -> _Step:
    kept = os.path.join(writing.folder, str(number))
    return _Step(entry.before, None if writing.removes else entry.sha256, kept)


def _first(path: str, newest_first: Sequence[_Step], conflicts: list[str]) -> _Step:
    """Return the step that led away from what the file was at first."""
    first = newest_first[0]
    for older in newest_first[1:]:
        if older.after == _digest(first.before):
            first = older
        elif _digest(older.before) != _digest(first.before):  # else it had not come to this file
            conflicts.append(f"{path} was changed by somebody else between two of its writings")
            break
    return first


def _digest(before: Before | None) -> str | None:
    return None if before is None else before.sha256


def _back(path: str, newest: _Step, first: _Step) -> Change:
    before = first.before
    if before is None:
        return Change(path=path, kind="deleted", before_sha256=newest.after)
    return Change(
        path=path,
        kind="new" if newest.after is None else "changed",
        before_sha256=newest.after,
        after_sha256=before.sha256,
        mode=before.mode & 0o777,
    )


def _record_folders(run_folder: str) -> list[str]:
    try:
        names = os.listdir(run_folder)
    except FileNotFoundError:
        return []
    kept = [name for name in names if name == UNDO_FOLDER or name.startswith(f"{UNDO_FOLDER}-")]
    return [os.path.join(run_folder, name) for name in kept if not name.endswith("-put-back")]


def _begun_at(folder: str) -> tuple[int, str]:
    """Return what records of one run are ordered by; a removal comes after its writing."""
    name = folder.removesuffix(REMOVED)
    return os.stat(name if os.path.isdir(name) else folder).st_mtime_ns, folder
