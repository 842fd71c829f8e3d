"""The private folders of one user, and who is at the other end of a socket (R22, R29).

The shim imports this before its first byte, so nothing here may import more than ``os`` at the
top: errors, sockets and the password database come in where they are needed.
"""

import os
import stat
import sys

from djobs_protocol import endpoint

TYPE_CHECKING = False
if TYPE_CHECKING:  # ``typing`` costs the shim 8 ms
    from typing import Protocol

    from djobs_protocol.errors import DjobsError

    class PeerSocket(Protocol):
        """Any connected socket object."""

        def getsockopt(self, level: int, option: int, size: int, /) -> bytes:
            """As ``socket.socket.getsockopt``."""


PRIVATE_MODE = 0o700
OTHERS_MASK = 0o077

_LINUX_UCRED_BYTES = 12  # pid, uid, gid: three 32-bit integers (unix(7))
_XUCRED_BYTES = 76  # <sys/ucred.h> on macOS and FreeBSD
_SOL_LOCAL = 0
_LOCAL_PEERCRED = 1
_LOCAL_PEERPID = 2


def ensure_private_folder(path: str) -> None:
    """Create ``path`` with mode 0700, or check that it is this user's own (R22).

    Missing parents are created 0700 too; existing ones are not judged. Raises
    ``DjobsError(PERMISSION)`` naming the path and the command that helps.
    """
    if verify_private_folder(path):
        return
    parent = os.path.dirname(path)
    if parent and not os.path.isdir(parent):
        ensure_private_folder(parent)
    try:
        _make_folder(path)
    except OSError as error:
        raise _refused(error, path, "create") from None
    verify_private_folder(path)


def _make_folder(path: str) -> None:
    try:
        os.mkdir(path, PRIVATE_MODE)
    except FileExistsError:
        return  # somebody else was faster; whose it is, is checked next
    os.chmod(path, PRIVATE_MODE)  # a umask like 0277 would have made it unusable


def verify_private_folder(path: str) -> bool:
    """Say whether ``path`` exists; raise ``DjobsError(PERMISSION)`` when it is not private.

    A private folder is a real directory, no link, owned by the effective user, with no right for
    anybody else (R22). Nothing is created or changed.
    """
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise _refused(error, path, "look at") from None
    problem = _privacy_problem(path, found, os.geteuid())
    if problem is not None:
        raise _permission(problem, path=path)
    return True


def _privacy_problem(path: str, found: os.stat_result, euid: int) -> str | None:
    """Return what is wrong with a folder and how to mend it, or None."""
    if stat.S_ISLNK(found.st_mode):
        return f"{path} is a symbolic link; put the real folder into DJOBS_HOME, or `rm {path}`."
    if not stat.S_ISDIR(found.st_mode):
        return f"{path} is not a folder; move it away: `mv {path} {path}.old`."
    if found.st_uid != euid:
        return (
            f"{path} belongs to uid {found.st_uid}, you are uid {euid}; "
            f"run `sudo chown {euid} {path}`, or choose another folder with DJOBS_HOME."
        )
    if found.st_mode & OTHERS_MASK:
        mode = stat.S_IMODE(found.st_mode)
        return f"{path} is open to others (mode {mode:04o}); run `chmod 700 {path}`."
    return None


def prepare_state(state: str) -> None:
    """Create or check everything below a state folder that must exist before a daemon starts.

    That is the folder itself, ``run``, ``logs`` and ``backups`` in it, and the short socket folder
    below /tmp where the path would be too long (R21).
    """
    ensure_private_folder(state)
    for name in ("run", endpoint.LOG_FOLDER, endpoint.BACKUP_FOLDER):
        ensure_private_folder(os.path.join(state, name))
    for folder in socket_folders(state):
        ensure_private_folder(folder)


def socket_folders(state: str) -> list[str]:
    """Return the folders on the way to the socket that must be private, outermost first."""
    folder = os.path.dirname(endpoint.socket_path(state))
    if folder == os.path.join(state, "run"):
        return [state, folder]
    return [os.path.dirname(folder), folder]


def verify_socket_folders(state: str) -> bool:
    """Say whether the socket's folder exists, checking it as a client must before it connects."""
    return all(verify_private_folder(folder) for folder in socket_folders(state))


def peer(sock: "PeerSocket") -> tuple[int, int]:
    """Return (pid, uid) of the process at the other end, as the kernel recorded it.

    For a client this is whoever called ``listen``; the pid is 0 where the system does not tell.
    """
    import _socket  # the caller has it loaded; importing it at the top would cost ``djobsctl``

    if hasattr(_socket, "SO_PEERCRED"):
        raw = sock.getsockopt(_socket.SOL_SOCKET, _socket.SO_PEERCRED, _LINUX_UCRED_BYTES)
        return _int(raw[0:4]), _int(raw[4:8])
    raw = sock.getsockopt(_SOL_LOCAL, _LOCAL_PEERCRED, _XUCRED_BYTES)
    try:
        pid = _int(sock.getsockopt(_SOL_LOCAL, _LOCAL_PEERPID, 4))
    except OSError:
        pid = 0
    return pid, _int(raw[4:8])


def _int(raw: bytes) -> int:
    return int.from_bytes(raw, sys.byteorder)


def check_peer(sock: "PeerSocket") -> int:
    """Return the peer's pid, or raise ``DjobsError(PERMISSION)`` when it is another user's.

    Both sides call this before they read a byte. The superuser is another user too (R22).
    """
    pid, uid = peer(sock)
    if uid != os.geteuid():
        raise _permission(
            f"The process at the other end (pid {pid}) belongs to uid {uid}, you are uid "
            f"{os.geteuid()}; each user has a daemon of their own.",
            peer_uid=uid,
            peer_pid=pid,
        )
    return pid


def refuse_real_home(state: str) -> None:
    """Raise ``DjobsError(PERMISSION)`` when a test would touch the account's own daemon (R29)."""
    if "DJOBS_TEST" not in os.environ and "PYTEST_CURRENT_TEST" not in os.environ:
        return
    if endpoint.account_home() is None:
        return
    if os.path.realpath(state) == os.path.realpath(endpoint.default_state_dir()):
        raise _permission(
            f"This is a test, and {state} is the account's real state folder; "
            "set DJOBS_HOME to a temporary folder.",
            path=state,
        )


def _refused(error: OSError, path: str, action: str) -> "DjobsError":
    return _permission(
        f"Cannot {action} {path}: {error.strerror}. If this runs in a sandbox, allow that path; "
        f"otherwise look at it with `ls -ld {path} {os.path.dirname(path)}`.",
        path=path,
        errno=error.errno,
    )


def _permission(message: str, **data: object) -> "DjobsError":
    from djobs_protocol.errors import DjobsError, ErrorCode  # only when something is wrong

    return DjobsError(ErrorCode.PERMISSION, message, **data)
