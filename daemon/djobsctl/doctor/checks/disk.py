"""Whether the home lies on a disk that a database can live on."""

from dataclasses import dataclass

from djobsctl.doctor.finding import Finding, Level, Trouble, found, well
from djobsctl.present.text import size

FREE_BYTES_MIN = 100 * 1024 * 1024
"""A write-ahead log alone may take this much for a moment."""
FREE_INODES_MIN = 100

NETWORK = Trouble(
    "disk-network",
    Level.PROBLEM,
    "The home, or the database, lies on a network file system.",
    "Locks are not kept there as on a disk of this machine, and SQLite's log needs shared memory: "
    "two daemons may write at once, and damage the database.",
    "a folder on a local disk: `djobsctl stop`, move the home, set `DJOBS_HOME` to its new place",
)
READ_ONLY = Trouble(
    "disk-read-only",
    Level.PROBLEM,
    "The file system of the home, or of the database, is read-only.",
    "Nothing can be recorded; no daemon can start. Linux mounts a failing disk so.",
    "`sudo mount -o remount,rw MOUNT`, after a look at why: `sudo dmesg | tail`",
)
FULL = Trouble(
    "disk-full",
    Level.PROBLEM,
    "The disk is nearly full.",
    "Writes are refused when it is; what was acknowledged stays.",
    "free space; `djobsctl purge --older-than 30d --yes` removes old jobs of djobs itself",
)
TROUBLES = (NETWORK, READ_ONLY, FULL)

NETWORKED = frozenset(
    {"9p", "afs", "afpfs", "beegfs", "ceph", "cifs", "fuse.sshfs", "fuse.s3fs", "fuse.gcsfuse",
     "fuse.glusterfs", "gfs2", "lustre", "ncpfs", "nfs", "nfs4", "prl_fs", "smb3", "smbfs",
     "virtiofs", "webdav"}
)  # fmt: skip
"""File systems whose locks, or shared memory, are not those of this machine's kernel."""


@dataclass(frozen=True)
class Disk:
    """The file system below one path of ours."""

    what: str
    """``The home`` or ``The database``."""
    path: str
    mount: str
    type: str
    """As in /proc/mounts; empty where the system does not tell."""
    read_only: bool
    free_bytes: int
    free_inodes: int | None
    """None where there is no such bound."""


def look(disks: list[Disk]) -> list[Finding]:
    """Judge every file system that is used."""
    findings = [finding for disk in disks for finding in _one(disk)]
    free = min(disk.free_bytes for disk in disks)
    return findings or well(f"{disks[0].type or 'a local disk'}, {size(free)} free")


def _one(disk: Disk) -> list[Finding]:
    where = f"{disk.what} ({disk.path}) lies on {disk.mount}"
    if disk.type in NETWORKED:
        says = f"{where}, which is {disk.type}."
        return [found(NETWORK, says, steps=_MOVE[disk.what])]
    if disk.read_only:
        return [found(READ_ONLY, f"{where}, which is read-only.", steps=_REMOUNT + disk.mount)]
    if disk.free_bytes < FREE_BYTES_MIN:
        says = f"{where}, where {size(disk.free_bytes)} are free."
        return [found(FULL, says, steps=f"Free space on {disk.mount}.")]
    if disk.free_inodes is not None and disk.free_inodes < FREE_INODES_MIN:
        says = f"{where}, where {disk.free_inodes} more files fit."
        return [found(FULL, says, steps=f"Remove files on {disk.mount}.")]
    return []


_MOVE = {
    "The home": "`djobsctl stop`, move the home to a local disk, set DJOBS_HOME to its new place.",
    "The database": "`djobsctl stop`, move the database to a local disk, set db_path to its place.",
}
_REMOUNT = "Look at why (`sudo dmesg | tail`), then: sudo mount -o remount,rw "
