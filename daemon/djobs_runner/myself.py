"""Identity of this process, as ``djobs_local.identity`` reads it, without what that imports."""

import os
import sys


def identity_record() -> "dict[str, int | str | None]":
    """Return the record that ``djobs_local.identity.of_self().to_record()`` would be."""
    return identity_of(os.getpid())


def identity_of(pid: int) -> "dict[str, int | str | None]":
    """Return the record of a process that cannot vanish: this one, or an uncollected child."""
    if not sys.platform.startswith("linux"):
        from djobs_local import identity

        found = identity.of_process(pid)
        return found.to_record() if found else {"pid": pid}
    with open(f"/proc/{pid}/stat", "rb") as stat:
        start = int(stat.read().rpartition(b")")[2].split()[19])
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as boot_id:
        boot = boot_id.read().strip()
    return {"pid": pid, "start": start, "boot": boot, "pidns": os.stat("/proc/self/ns/pid").st_ino}
