"""Looking at the file systems below the home and the database."""

import os

from djobsctl.doctor.check import Check
from djobsctl.doctor.checks.disk import TROUBLES, Disk, look
from djobsctl.doctor.place import Place


def gather(place: Place) -> list[Disk]:
    """Look at the home's file system, and the database's where that is another."""
    disks = [_disk("The home", place.home, place.mountinfo)]
    folder = os.path.dirname(os.path.realpath(place.database))
    database = _disk("The database", folder, place.mountinfo)
    return disks if database.mount == disks[0].mount else [*disks, database]


def _disk(what: str, path: str, mountinfo: str) -> Disk:
    """Look at the nearest folder that is there."""
    there = path
    while not os.path.isdir(there):
        there = os.path.dirname(there)
    found = os.statvfs(there)
    mount, type_name = mounted_at(os.path.realpath(there), _read(mountinfo))
    return Disk(
        what=what,
        path=path,
        mount=mount,
        type=type_name,
        read_only=bool(found.f_flag & os.ST_RDONLY),
        free_bytes=found.f_bavail * found.f_frsize,
        free_inodes=found.f_favail if found.f_files else None,
    )


def _read(mountinfo: str) -> str:
    try:
        with open(mountinfo, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""  # not Linux


def mounted_at(path: str, mountinfo: str) -> tuple[str, str]:
    """Return the mount that a path lies on, and its type; see proc_pid_mountinfo(5)."""
    best, best_type = "/", ""
    for line in mountinfo.splitlines():
        fields, _, rest = line.partition(" - ")
        words = fields.split()
        if len(words) < 5 or not rest:
            continue
        mount = words[4].replace("\\040", " ")
        inside = path == mount or path.startswith(mount.rstrip("/") + "/")
        if inside and len(mount) >= len(best):  # a later line covers an earlier one
            best, best_type = mount, rest.split()[0]
    return best, best_type


CHECK = Check("disk", "Disk", TROUBLES, gather, look)
