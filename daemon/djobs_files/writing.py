"""Writing files into one folder: all of them, or none."""

import os
from collections.abc import Sequence

from djobs_files import record, tree
from djobs_files.record import Change
from djobs_files.refusals import changed, failed, refused
from djobs_files.survey import Target, print_of, survey
from djobs_files.tree import Tree
from djobs_files.undoing import take_back
from djobs_files.values import NewFile, Reached, Receipt, unnoticed
from djobs_protocol.errors import DjobsError


def write_all(
    root: str, files: Sequence[NewFile], undo_folder: str, reached: Reached = unnoticed
) -> list[Receipt]:
    """Write ``files`` below ``root``, and keep in ``undo_folder`` what ``undo`` needs.

    Everything is looked at first: a path that is absolute, climbs, goes through a symbolic link or
    names anything but a regular file, and two paths that some file system takes for one, are
    refused before anything is written. Then each file is replaced at once, its mode kept and
    missing folders made. A failure on the way is taken back. A process that is killed leaves each
    file old or new, and the undo works. A hard link is replaced, not written through. Owner, access
    lists and times are those of a new file. Each call has an undo folder of its own.

    Raises ``DjobsError``: ``PATH_REFUSED``, ``TOO_LARGE``, ``STORAGE_FULL``, and ``CONFLICT`` when
    somebody changed a file between the look and the writing, or the undo folder is not empty.
    """
    try:
        with Tree(root) as within:
            targets, folders = survey(within, files)
            reached("surveyed")
            change = Change(
                root=os.path.realpath(root),
                entries=tuple(target.entry for target in targets),
                folders=tuple("/".join(names) for names in folders),
            )
            _remember(undo_folder, change, targets, reached)
            try:
                for names in folders:
                    within.make_folder(names)
                    reached("folder")
                for target in targets:
                    _write(within, target, reached)
            except (DjobsError, OSError):
                take_back(within, change, undo_folder, unnoticed)
                raise
    except OSError as error:
        raise failed(root, error) from None
    return [_receipt(target) for target in targets]


def _remember(folder: str, change: Change, targets: Sequence[Target], reached: Reached) -> None:
    record.begin(folder)
    for number, target in enumerate(targets):
        if target.old is not None:
            record.keep(folder, number, target.old)
            reached("kept")
    record.write(folder, change)
    reached("remembered")


def _write(within: Tree, target: Target, reached: Reached) -> None:
    path, name, temporary = target.entry.path, target.names[-1], target.entry.temporary
    with within.folder(target.names[:-1]) as folder:
        if folder is None:
            raise refused(path, "its folder has gone")
        reached("opened")
        try:
            tree.write_new(folder, temporary, target.content, target.mode)
            reached("written")
            if print_of(tree.look(folder, name, path)) != target.seen:
                raise changed(path, "was changed by somebody else meanwhile")
            reached("looked")
            tree.replace(folder, temporary, name)
            reached("replaced")
        except OSError as error:
            raise failed(path, error) from None


def _receipt(target: Target) -> Receipt:
    before = target.entry.before
    return Receipt(
        path=target.entry.path,
        sha256=target.entry.sha256,
        bytes=len(target.content),
        before_sha256=None if before is None else before.sha256,
    )
