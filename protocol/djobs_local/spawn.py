"""Start one daemon process, detached, with nothing inherited (R23, R24).

Only decides *how* to start; *whether* is decided in ``start``. ``posix_spawn``, not fork: the
caller may have threads.
"""

import _thread
import os
import sys
import time

from djobs_local import environment
from djobs_local.ready_pipe import READY_FD
from djobs_protocol import endpoint
from djobs_protocol.errors import DjobsError, ErrorCode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

LOGS_KEPT = 5
LOG_PREFIX = "start-"
REAP_SECONDS = 1.0

_PATH_DEFAULT = "/usr/local/bin:/usr/bin:/bin"

_FD_SAFE_MIN = 10
"""Descriptors are moved here first, so that placing one cannot overwrite another."""


class Spawned:
    """A start under way: the launcher's pid, the pipe to read, the attempt's own log."""

    __slots__ = ("log", "pid", "ready_fd")

    def __init__(self, pid: int, ready_fd: int, log: str) -> None:
        self.pid = pid
        self.ready_fd = ready_fd
        self.log = log


def spawn_daemon(state: str, who: str, daemon_main: str | None = None) -> Spawned:
    """Start the daemon of ``state`` and return at once.

    Its standard output and error go to a fresh ``logs/start-….log``. ``OSError`` when the system
    refuses; ``DjobsError(START_FAILED)`` when there is nothing to start.
    """
    program = daemon_main or find_daemon_main()
    arguments = [find_interpreter(), "-I", program, "--detach"]
    arguments += ["--ready-fd", str(READY_FD), "--owner", who]
    environ = daemon_environment(state, os.environ)
    log = _new_attempt_log(state)
    opened: list[int] = []
    try:
        opened.append(os.open(log, _LOG_FLAGS, 0o600))
        _drop_old_logs(os.path.dirname(log))
        opened += os.pipe()
        log_fd, ready_fd, child_fd = opened
        pid = spawn_apart(arguments, environ, {1: log_fd, 2: log_fd, READY_FD: child_fd})
        opened.remove(ready_fd)
    finally:
        _close_all(opened)
    return Spawned(pid, ready_fd, log)


def spawn_apart(command: list[str], environ: "Mapping[str, str]", files: "dict[int, int]") -> int:
    """Start a process that inherits nothing of ours but ``files``; return its pid.

    ``files`` has the descriptors it gets, by the numbers they have there. Its standard input is
    empty. ``OSError`` when the system refuses.
    """
    import fcntl  # only on this path
    import signal

    moved: dict[int, int] = {}
    try:
        for number, fd in files.items():
            moved[number] = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, _FD_SAFE_MIN)
        return os.posix_spawn(
            command[0],
            command,
            environ,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                *((os.POSIX_SPAWN_DUP2, fd, number) for number, fd in moved.items()),
            ],
            setpgroup=0,  # out of a kill of our group at once; it makes a session of its own
            setsigmask=[],
            # An ignored or blocked signal of ours would be inherited through exec.
            setsigdef=signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP},
        )
    finally:
        _close_all([*moved.values()])


def _close_all(fds: list[int]) -> None:
    for fd in fds:
        os.close(fd)


def daemon_environment(state: str, environ: "Mapping[str, str]") -> dict[str, str]:
    """Return the whole environment of a daemon: an allow-list (R24).

    Who the user is comes from the password database, ``DJOBS_HOME`` from ``state``.
    """
    kept = environment.kept(environ)
    kept.setdefault("PATH", _PATH_DEFAULT)
    kept.update(_account(state))
    kept.pop("DJOBS_HOME", None)
    if not endpoint.is_default_state_dir(state):
        kept["DJOBS_HOME"] = state
    return kept


def _account(state: str) -> dict[str, str]:
    import pwd  # only on this path

    try:
        account = pwd.getpwuid(os.getuid())
    except KeyError:  # a container may run under any number
        return {"HOME": state}
    return {"HOME": account.pw_dir, "USER": account.pw_name, "LOGNAME": account.pw_name}


def find_interpreter() -> str:
    """Return the Python that has the daemon's dependencies.

    Under ``-S``, or when a link was resolved, ``sys.executable`` may be the interpreter below a
    virtual environment instead of the environment's own.
    """
    here = os.path.abspath(__file__)
    marker = os.path.join("lib", "python")
    root, found, _ = here.rpartition(os.sep + marker)
    candidate = os.path.join(root, "bin", "python")
    if found and os.path.exists(os.path.join(root, "pyvenv.cfg")) and os.path.exists(candidate):
        return candidate
    if sys.executable:
        return sys.executable
    raise DjobsError(
        ErrorCode.START_FAILED,
        "This program does not know which Python runs it (sys.executable is empty).",
        stage="spawn",
    )


def find_daemon_main() -> str:
    """Return the path of ``djobs_daemon/__main__.py`` beside this package or in the checkout."""
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    tail = os.path.join("djobs_daemon", "__main__.py")
    for folder in (root, os.path.join(os.path.dirname(root), "daemon")):
        path = os.path.join(folder, tail)
        if os.path.isfile(path):
            return path
    import importlib.util  # slow, and only when the packages were torn apart

    spec = importlib.util.find_spec("djobs_daemon")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = os.path.join(folder, "__main__.py")
        if os.path.isfile(path):
            return path
    raise DjobsError(
        ErrorCode.START_FAILED,
        f"The daemon's program is missing: there is no {tail} in {root}. Install djobs again.",
        stage="spawn",
        path=os.path.join(root, tail),
    )


_LOG_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW


def _new_attempt_log(state: str) -> str:
    """Return the path of this attempt's own log."""
    name = f"{LOG_PREFIX}{time.time_ns() // 1_000_000:013d}-{os.getpid()}.log"
    return os.path.join(state, endpoint.LOG_FOLDER, name)


def _drop_old_logs(folder: str) -> None:
    """Remove all but the newest ``LOGS_KEPT``."""
    names = [name for name in os.listdir(folder) if name.startswith(LOG_PREFIX)]
    for name in sorted(names)[:-LOGS_KEPT]:
        try:
            os.unlink(os.path.join(folder, name))
        except OSError:
            continue  # somebody else tidied, or it is not ours to remove


def reap(pid: int) -> int | None:
    """Collect the launcher and return its exit status; None when it is not known.

    The launcher forks the daemon and leaves at once, so the wait is short and bounded; one that
    takes longer is collected whenever it ends. Negative numbers are signals, as in ``subprocess``.
    """
    deadline = time.monotonic() + REAP_SECONDS
    while True:
        try:
            done, status = os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            return None  # the program we live in collects its children itself
        if done:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() >= deadline:
            _thread.start_new_thread(_collect, (pid,))
            return None
        time.sleep(0.002)  # waitpid has no timeout, SIGCHLD is not ours to handle


def _collect(pid: int) -> None:
    """Wait for a process that is late, so that it does not stay a zombie while its parent lives."""
    try:
        os.waitpid(pid, 0)
    except ChildProcessError:
        return
