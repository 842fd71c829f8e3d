"""One database has one daemon, whichever state folder that daemon lives in (R6).

The lock of a state folder cannot tell that another folder's settings name the same file. So the
database has a lock of its own beside it, for whoever opens the file: daemons and offline tools.
What stands in the lock file only says who holds it; the lock is the authority.
"""

import json
import os

from djobs_local import records
from djobs_local.locks import KernelLock, holder_pid
from djobs_protocol.errors import DjobsError, ErrorCode

PROBE_SECONDS = 0.05
"""Nobody but a holder has the lock for so long."""
PREDECESSOR_SECONDS = 5.0
"""A killed daemon's locks become free one after the other; its heir waits for the last of them."""


def lock_path(database: str) -> str:
    """Return the lock of a database; the same by whatever symbolic links it is reached."""
    return os.path.realpath(database) + ".lock"


def lock_database(database: str, home: str) -> KernelLock:
    """Return the lock, held until it is released or this process ends.

    The caller has the lock of ``home``, its state folder. ``DjobsError``: ``CONFIG_INVALID`` naming
    the holder when another folder's daemon has the database, ``STORAGE_FAILED`` or ``PERMISSION``
    when the lock file cannot be opened.
    """
    path = lock_path(database)
    try:
        lock = _acquire(path, home)
    except OSError as error:
        raise _not_lockable(path, error) from None
    if lock is None:
        raise _taken(database, path)
    _sign(lock, home)
    return lock


def _acquire(path: str, home: str) -> KernelLock | None:
    lock = KernelLock.acquire(path, PROBE_SECONDS)
    if lock is None and _holder(path)[1] in ("", home):
        return KernelLock.acquire(path, PREDECESSOR_SECONDS)
    return lock


def _sign(lock: KernelLock, home: str) -> None:
    words = json.dumps({"pid": os.getpid(), "home": home}).encode() + b"\n"
    try:
        os.ftruncate(lock.fd, 0)
        os.pwrite(lock.fd, words, 0)
    except OSError:
        pass  # a full disk; then a loser is told less


def _holder(path: str) -> tuple[int | None, str]:
    """Return the holder's pid and state folder, as far as they are known."""
    record = records.read_record(path)
    signed, known = records.integer(record, "pid"), holder_pid(path)
    if known is not None and known != signed:
        return known, ""  # somebody who has not signed yet
    return signed, records.text(record, "home")


def _taken(database: str, path: str) -> DjobsError:
    pid, home = _holder(path)
    who = f"pid {pid}" if pid else "another process"
    where = f" of the state folder {home}" if home else ""
    join = f"set DJOBS_HOME={home} to use that daemon" if home else "use that daemon's DJOBS_HOME"
    return DjobsError(
        ErrorCode.CONFIG_INVALID,
        f"{database} is in use by {who}{where}; a database has one daemon. Either {join}, or set "
        "DJOBS_DB_PATH to another file.",
        path=database,
        pid=pid,
        home=home,
    )


def _not_lockable(path: str, error: OSError) -> DjobsError:
    denied = isinstance(error, PermissionError)
    return DjobsError(
        ErrorCode.PERMISSION if denied else ErrorCode.STORAGE_FAILED,
        f"The database cannot be locked: {path}: {error.strerror or error}.",
        path=path,
        errno=error.errno,
    )
