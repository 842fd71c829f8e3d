"""What ``--fix`` does: little, to what was judged, and only if it is still the same (R51)."""

import os
import stat

from djobsctl.doctor.finding import Kind, Repair

_OPEN = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_OTHERS = 0o077


class NotTheSame(Exception):
    """What was judged is not there any more, or is not this user's own; nothing was touched."""


def identity_of(found: os.stat_result) -> tuple[int, int]:
    """Return what tells one file from all others of this moment."""
    return found.st_dev, found.st_ino


def apply(repair: Repair) -> None:
    """Make the change. ``NotTheSame`` when it is not to be made, ``OSError`` when it cannot be."""
    if repair.kind is Kind.PRIVATE:
        _make_private(repair)
    else:
        _remove(repair)


def _make_private(repair: Repair) -> None:
    """Change the mode through a descriptor, so that nothing can be put in its place meanwhile."""
    if stat.S_ISSOCK(_verified(repair, os.lstat(repair.path)).st_mode):
        os.chmod(repair.path, 0o600)  # a socket cannot be opened; its folder is private
        return
    fd = os.open(repair.path, _OPEN)
    try:
        mode = _verified(repair, os.fstat(fd)).st_mode
        os.fchmod(fd, stat.S_IMODE(mode) & ~_OTHERS)
    finally:
        os.close(fd)


def _remove(repair: Repair) -> None:
    if not stat.S_ISREG(_verified(repair, os.lstat(repair.path)).st_mode):
        raise NotTheSame(f"{repair.path} is no regular file")
    os.unlink(repair.path)


def _verified(repair: Repair, there: os.stat_result) -> os.stat_result:
    if identity_of(there) != repair.identity:
        raise NotTheSame(f"{repair.path} is another file by now")
    if there.st_uid != os.geteuid():
        raise NotTheSame(f"{repair.path} belongs to uid {there.st_uid}")
    return there
