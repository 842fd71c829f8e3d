"""One look at a file or folder, or at a command line in one, as plain values."""

import os
import shlex
import stat
from dataclasses import dataclass

from djobsctl.doctor.finding import Kind, Repair
from djobsctl.doctor.repairing import identity_of

OTHERS_MASK = 0o077


@dataclass(frozen=True)
class Seen:
    """What is at a path; a link is not followed."""

    path: str
    kind: str
    """``folder``, ``file``, ``link``, ``socket`` or ``other``."""
    mode: int
    """The permission bits alone."""
    uid: int
    size: int
    changed_ms: int
    """When its content changed last."""
    identity: tuple[int, int]

    @property
    def open_to_others(self) -> bool:
        """Whether anybody but its owner has any right."""
        return bool(self.mode & OTHERS_MASK)

    def repair(self, kind: Kind) -> Repair:
        """Return a change to this very file."""
        return Repair(kind, self.path, self.identity)


def words_of(line: str) -> list[str]:
    """Return the words of a command line in somebody's file; none where its quotes do not end."""
    try:
        return shlex.split(line)
    except ValueError:
        return []


def see(path: str) -> Seen | None:
    """Return what is there; None when nothing is. ``OSError`` when it may not be looked at."""
    try:
        there = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return Seen(
        path=path,
        kind=_kind(there.st_mode),
        mode=stat.S_IMODE(there.st_mode),
        uid=there.st_uid,
        size=there.st_size,
        changed_ms=there.st_mtime_ns // 1_000_000,
        identity=identity_of(there),
    )


def _kind(mode: int) -> str:
    for name, is_one in (
        ("link", stat.S_ISLNK),
        ("folder", stat.S_ISDIR),
        ("file", stat.S_ISREG),
        ("socket", stat.S_ISSOCK),
    ):
        if is_one(mode):
            return name
    return "other"
