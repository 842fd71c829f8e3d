"""Which paths may be written, and which of them cannot be written together. Pure.

Checked is what a path says, before the disk is looked at. Letters of both cases count as one, and
so do the ways to compose an accent, because on macOS and Windows they name one file.
"""

import unicodedata
from collections.abc import Iterable
from typing import Final

from djobs_files.limits import DEPTH_MAX, NAME_BYTES_MAX, PATH_BYTES_MAX
from djobs_files.refusals import refused

Parts = tuple[str, ...]
"""The names of a path, outermost first; never empty, absolute or climbing."""

_GIT: Final = ".git"
"""Git executes what its folder says, hooks and settings, outside of any sandbox."""


def parts(path: str) -> Parts:
    """Return the names in a path; ``DjobsError(PATH_REFUSED)`` saying what is wrong with it.

    ``./`` in front and doubled slashes are forgiven; they change nothing.
    """
    if not path:
        raise refused(path, "it is empty")
    if "\0" in path:
        raise refused(path, "it has a NUL in it")
    if path.startswith("/"):
        raise refused(path, "it is absolute; paths are relative to the workspace")
    if path.endswith(("/", "/.")) or path == ".":
        raise refused(path, "it names a folder")
    names = tuple(name for name in path.split("/") if name not in ("", "."))
    if ".." in names:
        raise refused(path, "it has .. in it")
    _check_lengths(path, names)
    if any(folded(name) == _GIT for name in names):
        raise refused(path, "git's own folder is not for files")
    return names


def _check_lengths(path: str, names: Parts) -> None:
    try:
        longest = max(len(name.encode()) for name in names)
        total = len(path.encode())
    except UnicodeEncodeError:
        raise refused(path, "it is not Unicode") from None
    if longest > NAME_BYTES_MAX or total > PATH_BYTES_MAX or len(names) > DEPTH_MAX:
        raise refused(path[:100], "it is too long")


def folded(name: str) -> str:
    """Return what is the same for all names that some file system takes for one.

    Apple's ignores characters that are not seen, Windows' dots and spaces at the end.
    """
    seen = "".join(letter for letter in name if unicodedata.category(letter) != "Cf")
    composed = unicodedata.normalize("NFC", unicodedata.normalize("NFD", seen).casefold())
    return composed.rstrip(". ") or composed


def check_together(paths: Iterable[Parts]) -> None:
    """Refuse paths of which one names another file's folder, or another's name in other letters."""
    files: dict[Parts, str] = {}
    folders: dict[Parts, Parts] = {}
    for names in paths:
        path = "/".join(names)
        key = tuple(map(folded, names))
        if key in files:
            same = files[key] == path
            raise refused(path, "it is there twice" if same else f"{files[key]!r} is as good as it")
        files[key] = path
        for depth in range(1, len(names)):
            first = folders.setdefault(key[:depth], names[:depth])
            if first != names[:depth]:
                raise refused(path, f"the folder {'/'.join(first)!r} is as good as its own")
    for key, path in files.items():
        if key in folders:
            raise refused(path, "it is to be a file and a folder")
