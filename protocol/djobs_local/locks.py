"""Kernel locks: the only authority on who is alive (R1).

A lock file is never unlinked by anybody. After locking, the holder makes sure that the path still
names the file it locked, because a cleaner may have removed it meanwhile. ``flock``, not POSIX
locks: those vanish when any descriptor of the file is closed.
"""

import os
import stat
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

RETRY_SECONDS_FIRST = 0.002
RETRY_SECONDS_MAX = 0.05
_PROBE_ROUNDS_MAX = 100

_FILE_FLAGS = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_PROBE_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_FOLDER_FLAGS = _PROBE_FLAGS | os.O_DIRECTORY


class KernelLock:
    """An exclusive ``flock`` that this process holds. The kernel drops it when the process dies.

    The descriptor is close-on-exec: a child that kept it would keep a dead holder alive (R1).
    """

    __slots__ = ("fd", "path")

    def __init__(self, path: str, fd: int) -> None:
        self.path = path
        self.fd = fd

    @classmethod
    def acquire(cls, path: str, wait_seconds: float = 0.0) -> "KernelLock | None":
        """Lock the file at ``path``, creating it 0600; None when somebody else keeps it.

        ``OSError`` when the file cannot be opened, or is a link or no regular file.
        """
        return _acquire(path, wait_seconds, _open_lock_file)

    @classmethod
    def inherited(cls, path: str, fd: int) -> "KernelLock | None":
        """Take over the lock that a program before this one, in this process, held on ``fd``.

        None when the descriptor is not open, or somebody else has the lock.
        """
        try:
            os.set_inheritable(fd, False)
            return cls(path, fd) if _flock(fd, "LOCK_EX", "LOCK_NB") else None
        except OSError:
            return None

    def still_named(self) -> bool:
        """Say whether ``path`` still names what is locked, and was not removed or replaced."""
        return _same_file(self.fd, self.path)

    def release(self) -> None:
        """Unlock; harmless when repeated."""
        if self.fd >= 0:
            try:
                _flock(self.fd, "LOCK_UN")  # closing alone keeps it if a fork has a copy
            finally:
                os.close(self.fd)
                self.fd = -1

    def __enter__(self) -> "KernelLock":
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def lock_folder(path: str, wait_seconds: float = 0.0) -> KernelLock | None:
    """Lock a folder itself; None when somebody else keeps it.

    A folder with a database in it cannot be unlinked, so this holds even when the lock file was
    deleted under its holder (R1).
    """
    return _acquire(path, wait_seconds, lambda name: os.open(name, _FOLDER_FLAGS))


def is_held(path: str) -> bool:
    """Say whether somebody holds the lock on this file or folder.

    A probe never creates the file, and takes only a shared lock for microseconds, so that it
    cannot be mistaken for the holder (R1). A missing file is not held.
    """
    for _ in range(_PROBE_ROUNDS_MAX):
        try:
            fd = os.open(path, _PROBE_FLAGS)
        except FileNotFoundError:
            return False
        try:
            if not _flock(fd, "LOCK_SH", "LOCK_NB"):
                return True
            # At once: a crowd of probes that dawdle keeps an electing daemon out for seconds.
            _flock(fd, "LOCK_UN")
            if _same_file(fd, path):
                return False
        finally:
            os.close(fd)
    return True


def holder_pid(path: str) -> int | None:
    """Return the pid of the holder as the kernel knows it, or None where it does not tell.

    Linux only, from ``/proc/locks``; for messages, never for deciding whom to signal.
    """
    try:
        found = os.stat(path)
        with open("/proc/locks", encoding="ascii") as table:
            lines = table.read().splitlines()
    except (OSError, ValueError):
        return None
    name = f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}:{found.st_ino}"
    for line in lines:
        fields = line.split()
        if fields[1:2] == ["FLOCK"] and fields[3:4] == ["WRITE"] and fields[5:6] == [name]:
            return int(fields[4]) if fields[4].isdigit() and int(fields[4]) > 0 else None
    return None


def _open_lock_file(path: str) -> int:
    fd = os.open(path, _FILE_FLAGS, 0o600)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise OSError(f"{path} is not a regular file and cannot be a lock")
    return fd


def _acquire(
    path: str, wait_seconds: float, open_target: "Callable[[str], int]"
) -> KernelLock | None:
    deadline = time.monotonic() + wait_seconds
    pause = RETRY_SECONDS_FIRST
    while True:
        fd = _try_lock(path, open_target)
        if fd is not None:
            return KernelLock(path, fd)
        left = deadline - time.monotonic()
        if left <= 0:
            return None
        # The kernel offers no flock with a timeout; a signal would not be ours to use.
        time.sleep(min(pause, left))
        pause = min(pause * 2, RETRY_SECONDS_MAX)


def _try_lock(path: str, open_target: "Callable[[str], int]") -> int | None:
    """Return the locked descriptor, or None when it is held or was replaced while locking."""
    fd = open_target(path)
    try:
        if _flock(fd, "LOCK_EX", "LOCK_NB") and _same_file(fd, path):
            kept, fd = fd, -1
            return kept
        return None
    finally:
        if fd >= 0:
            os.close(fd)


def _same_file(fd: int, path: str) -> bool:
    try:
        named = os.stat(path, follow_symlinks=False)
    except OSError:
        return False
    held = os.fstat(fd)
    return (named.st_dev, named.st_ino) == (held.st_dev, held.st_ino)


def _flock(fd: int, *operations: str) -> bool:
    """Apply ``fcntl.flock``; False when it would block."""
    try:
        import fcntl  # absent on Windows, which gets a clear word instead of an ImportError
    except ImportError:
        from djobs_protocol.errors import DjobsError, ErrorCode

        raise DjobsError(ErrorCode.NOT_SUPPORTED) from None
    flags = 0
    for name in operations:
        flags |= getattr(fcntl, name)
    try:
        fcntl.flock(fd, flags)
    except BlockingIOError:
        return False
    return True
