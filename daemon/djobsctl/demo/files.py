"""Which files the demo works on, and the work: read each one, nothing is ever written."""

import hashlib
import os
from collections.abc import Iterator
from typing import Final, NamedTuple

from djobs_protocol.errors import DjobsError, ErrorCode
from djobsctl.present.text import plural

FILES_MAX: Final = 40
FILES_MIN: Final = 4
"""Fewer files leave nothing to lose and nothing to find again."""
FILE_BYTES_MAX: Final = 1024 * 1024

_SKIPPED_FOLDERS: Final = frozenset({"node_modules", "__pycache__", "venv", "target", "dist"})
_DIGEST_CHARS_SHOWN: Final = 16
_OTHER_FOLDER: Final = "Name another folder, or none: the demo brings its own files."


class Found(NamedTuple):
    """The files chosen."""

    root: str
    files: list[str]
    """Paths relative to ``root``, sorted."""
    more: bool
    """There were more than ``FILES_MAX``; the rest is left alone."""


def find_files(root: str) -> Found:
    """Return the files of a folder.

    ``DjobsError``: ``INVALID_PARAMS`` when it is none or has too few, ``PERMISSION`` when it may
    not be read.
    """
    if not os.path.isdir(root):
        raise DjobsError(ErrorCode.INVALID_PARAMS, f"{root} is not a folder.", hint=_OTHER_FOLDER)
    if not os.access(root, os.R_OK | os.X_OK):
        raise DjobsError(ErrorCode.PERMISSION, f"{root} may not be read.", hint=_OTHER_FOLDER)
    files: list[str] = []
    for path in _suitable(root):
        if len(files) == FILES_MAX:
            return Found(root, files, more=True)
        files.append(path)
    if len(files) < FILES_MIN:
        raise DjobsError(
            ErrorCode.INVALID_PARAMS,
            f"{root} has {plural(len(files), 'suitable file')} (readable, up to 1 MiB, not "
            f"hidden); the demo needs {FILES_MIN} or more.",
            hint=_OTHER_FOLDER,
        )
    return Found(root, files, more=False)


def _suitable(root: str) -> Iterator[str]:
    for folder, subfolders, names in os.walk(root):
        subfolders[:] = sorted(name for name in subfolders if not _is_skipped(name))
        for name in sorted(names):
            path = os.path.join(folder, name)
            if not name.startswith(".") and _is_small_file(path) and _has_utf8_name(path):
                yield os.path.relpath(path, root)


def _is_skipped(folder: str) -> bool:
    return folder.startswith(".") or folder in _SKIPPED_FOLDERS


def _has_utf8_name(path: str) -> bool:
    """Return whether a path can be put into JSON."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_small_file(path: str) -> bool:
    try:
        return (
            os.path.isfile(path)
            and not os.path.islink(path)
            and os.access(path, os.R_OK)
            and os.path.getsize(path) <= FILE_BYTES_MAX
        )
    except OSError:
        return False


def work_on(path: str) -> str:
    """Do one task: read the file, count and fingerprint it. The result is the task's evidence."""
    with open(path, "rb") as file:
        content = file.read(FILE_BYTES_MAX)
    digest = hashlib.sha256(content).hexdigest()[:_DIGEST_CHARS_SHOWN]
    return f"{plural(len(content.splitlines()), 'line')}, sha256 {digest}"
