"""Taking back what a job's runs wrote into its workspace: all of it, or nothing. Blocking."""

import glob
import os
import secrets
from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import Final, NamedTuple

from djobs_daemon.executors.file_changes import REMOVED, CannotApply, carry_out, check
from djobs_daemon.executors.kept_writes import (
    BACK_FOLDER,
    Plan,
    Writing,
    name_of,
    plan,
    writings_of,
)
from djobs_files import record
from djobs_files.names import parts
from djobs_files.record import Before
from djobs_files.tree import Tree
from djobs_files.undoing import clear
from djobs_protocol.errors import DjobsError

SINCE: Final = "it was written"


class TakenBack(NamedTuple):
    """What is taken back, or would be."""

    name: str
    """The same for whoever takes back the same writings."""
    writings: Sequence[Writing]
    """Those that were not taken back before."""
    plan: Plan
    earlier: bool
    """There are some that were."""
    done: bool
    """Something was written just now, or by an undo that was cut off before it could say so."""


def look(workspace: str, run_folders: Sequence[str], *, refuse: bool = True) -> TakenBack:
    """Say what would be taken back; with ``refuse`` raise ``CannotApply`` as ``take_back``."""
    found = _found(workspace, run_folders)
    if refuse:
        check(workspace, found.plan.changes, since=SINCE)
    return found


def take_back(workspace: str, run_folders: Sequence[str]) -> TakenBack:
    """Put back what runs replaced and removed, remove what they made; the newest run comes last.

    May be called again, also after it was killed: it goes on where it was. ``CannotApply`` when a
    file is neither what was written nor what was there before, and nothing was written then.
    """
    found = _found(workspace, run_folders)
    if not found.writings:
        return found
    begun = glob.glob(os.path.join(glob.escape(run_folders[-1]), f"{BACK_FOLDER}-{found.name}-*"))
    _clear(workspace, [*(each.folder for each in found.writings), *begun])

    def content_of(number: int) -> bytes:
        path, after = found.plan.kept[number], found.plan.changes[number].after_sha256
        assert after is not None
        return record.kept(os.path.dirname(path), int(os.path.basename(path)), Before(after, 0))

    written = carry_out(
        workspace,
        found.plan.changes,
        content_of,
        os.path.join(run_folders[-1], f"{BACK_FOLDER}-{found.name}-{secrets.token_hex(4)}"),
        since=SINCE,
        prune=False,
    )
    _remove_empty(workspace, found.plan.folders)
    return found._replace(done=written or bool(begun))


def _clear(workspace: str, folders: Sequence[str]) -> None:
    """Remove what a writing that was killed has left half-written."""
    try:
        for folder in folders:
            if not folder.endswith(REMOVED):
                clear(workspace, folder)
    except DjobsError as refusal:
        raise CannotApply(refusal.message, [refusal.message]) from None


def _remove_empty(workspace: str, folders: Collection[str]) -> None:
    with suppress(DjobsError, OSError), Tree(workspace) as root:
        for each in sorted(folders, reverse=True):  # inner ones first
            root.remove_folder(parts(each))


def _found(workspace: str, run_folders: Sequence[str]) -> TakenBack:
    try:
        known = writings_of(run_folders)
    except DjobsError as refusal:
        raise CannotApply(refusal.message, [refusal.message]) from None
    writings = [each for each in known if not each.was_taken_back()]
    place = os.path.realpath(workspace)
    for each in writings:
        if each.change.root != place:
            raise CannotApply(f"It was written into {each.change.root}, and that is not {place}.")
    earlier = len(writings) < len(known)
    return TakenBack(name_of(writings), writings, plan(writings), earlier, done=False)
