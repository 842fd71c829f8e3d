"""Looking at everything that is to be written before anything is."""

import os
import secrets
import stat
from collections.abc import Sequence
from dataclasses import dataclass

from djobs_files import record, tree
from djobs_files.limits import BYTES_MAX, FILE_BYTES_MAX, FILES_MAX
from djobs_files.names import Parts, check_together, parts
from djobs_files.record import Before, Entry
from djobs_files.refusals import changed
from djobs_files.tree import Tree
from djobs_files.values import NEW_FILE_MODE, NewFile
from djobs_protocol.errors import DjobsError, ErrorCode


@dataclass(frozen=True)
class Target:
    """One file to be written, and what is in its place now."""

    names: Parts
    content: bytes
    mode: int
    entry: Entry
    old: bytes | None
    seen: tuple[int, ...] | None
    """Tells whether what is there is still what was looked at; None: nothing is there."""


def print_of(found: os.stat_result | None) -> tuple[int, ...] | None:
    """Return what changes when a file is written, replaced, or its mode set."""
    if found is None:
        return None
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def survey(root: Tree, files: Sequence[NewFile]) -> tuple[list[Target], list[Parts]]:
    """Return what will be written and the folders that are missing, outer ones first."""
    check_sizes(files)
    paths = [parts(file.path) for file in files]
    check_together(paths)
    token = secrets.token_hex(8)
    targets: list[Target] = []
    missing: dict[Parts, None] = {}
    kept_bytes = 0
    for number, (file, names) in enumerate(zip(files, paths, strict=True)):
        missing.update(dict.fromkeys(_missing(root, names)))
        target = _target(root, file, names, f".djobs-{token}-{number}")
        kept_bytes += len(target.old or b"")
        if kept_bytes > BYTES_MAX:
            raise _too_large(f"What is to be replaced is over {BYTES_MAX} bytes.")
        targets.append(target)
    return targets, list(missing)


def check_sizes(files: Sequence[NewFile]) -> None:
    """Refuse too many files, and too much in them."""
    if len(files) > FILES_MAX:
        raise _too_large(f"{len(files)} files are more than {FILES_MAX}.")
    for file in files:
        if len(file.content) > FILE_BYTES_MAX:
            raise _too_large(f"{file.path!r} is over {FILE_BYTES_MAX} bytes.")
    if sum(len(file.content) for file in files) > BYTES_MAX:
        raise _too_large(f"All files together are over {BYTES_MAX} bytes.")


def _missing(root: Tree, names: Parts) -> list[Parts]:
    """Return the folders on the way that are not there, having looked at all others."""
    for depth in range(len(names)):
        with root.folder(names[:depth]) as folder:
            if folder is None:
                return [names[:each] for each in range(depth, len(names))]
            tree.check_letters(folder, names[depth], "/".join(names[: depth + 1]))
    return []


def _target(root: Tree, file: NewFile, names: Parts, temporary: str) -> Target:
    path = "/".join(names)
    found, old = None, None
    with root.folder(names[:-1]) as folder:
        if folder is not None and (found := tree.look(folder, names[-1], path)) is not None:
            old = tree.read(folder, names[-1], path, FILE_BYTES_MAX)
            if len(old) > FILE_BYTES_MAX:
                raise _too_large(
                    f"{path!r}, which is to be replaced, is over {FILE_BYTES_MAX} bytes."
                )
            if print_of(tree.look(folder, names[-1], path)) != print_of(found):
                raise changed(path, "is being changed by somebody else")
    old_mode = None if found is None else stat.S_IMODE(found.st_mode)
    before = None if old is None or old_mode is None else Before(record.digest(old), old_mode)
    mode = NEW_FILE_MODE if old_mode is None else old_mode
    return Target(
        names=names,
        content=file.content,
        mode=(mode if file.mode is None else file.mode) & 0o777,
        entry=Entry(path, temporary, record.digest(file.content), before),
        old=old,
        seen=print_of(found),
    )


def _too_large(message: str) -> DjobsError:
    return DjobsError(ErrorCode.TOO_LARGE, message)
