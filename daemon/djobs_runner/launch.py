"""Starting the command: everything it is to have, and nothing of ours (R34, R35).

A launch that fails is told apart from a command that fails: the child says which step it was
through a pipe that closes when the command is executed.
"""

import os
import resource

from djobs_local.plain_file import open_plain
from djobs_runner import kernel
from djobs_runner.failpoints import failpoint
from djobs_runner.light import signals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

CHANGED = [
    "HUP",
    "INT",
    "QUIT",
    "PIPE",
    "TERM",
    "TSTP",
    "TTIN",
    "TTOU",
    "USR1",
    "USR2",
    "XFSZ",
    "CHLD",
]
"""Signals whose meaning a runner, or Python, changed; one ignored would stay so in the command."""

CPU_SECONDS_TO_KILL = 5
"""From the signal that a command may handle to the one that it cannot."""

LIMITS = {
    "cpu_seconds": "RLIMIT_CPU",
    "memory_bytes": "RLIMIT_AS",
    "file_bytes": "RLIMIT_FSIZE",
    "processes": "RLIMIT_NPROC",
    "open_files": "RLIMIT_NOFILE",
    "core_bytes": "RLIMIT_CORE",
}
"""By the order's name. ``processes`` counts all of the user's, and does not bind root."""


class Launch:
    """A child on its way to its command."""

    __slots__ = ("pid", "pipe")

    def __init__(self, pid: int, pipe: int) -> None:
        self.pid = pid
        self.pipe = pipe
        """Says what failed and ends, or just ends when the command is executed; does not block."""


def launch(order: "dict[str, Any]", out: int, err: int) -> Launch:
    """Fork a child that becomes the command; ``OSError`` when there can be no child."""
    reader, writer = os.pipe()
    runner = os.getpid()
    # A signal for a child that still has our handlers would be lost, and be taken for one of ours.
    before = signals.pthread_sigmask(signals.SIG_BLOCK, signals.valid_signals())
    try:
        pid = os.fork()
        if pid == 0:
            _become(order, out, err, writer, runner)
    except OSError:
        os.close(reader)
        raise
    finally:
        os.close(writer)
        signals.pthread_sigmask(signals.SIG_SETMASK, before)
    os.set_blocking(reader, False)
    return Launch(pid, reader)


def _become(order: "dict[str, Any]", out: int, err: int, pipe: int, runner: int) -> "NoReturn":
    step = "process"
    try:
        failpoint("run.becoming")
        _reset_signals()
        os.setsid()
        kernel.die_with_parent()
        if os.getppid() != runner:  # it ended before it could be our death
            os._exit(1)
        step = "stdin"
        given = order.get("stdin")
        stdin = open_plain(given, os.O_RDONLY) if given else os.open(os.devnull, os.O_RDONLY)
        for fd, number in ((stdin, 0), (out, 1), (err, 2)):
            os.dup2(fd, number)
        step = "status"
        pipe = _with_status(order, pipe)
        step = "umask"
        os.umask(order.get("umask", 0o077))
        step = "cwd"
        os.chdir(order["cwd"])
        step = "limits"
        _set_limits(order.get("limits") or {})
        step = "program"
        _execute(order["argv"], order["env"])
    except OSError as error:
        _say(pipe, step, error.errno or 0, error.strerror or str(error))
    except BaseException as error:  # noqa: BLE001 - whatever it was, the child must not go on
        _say(pipe, step, 0, f"{type(error).__name__}: {error}")
    os._exit(127)


def _with_status(order: "dict[str, Any]", pipe: int) -> int:
    """Open the file in which a sandbox says that it was entered; return where the pipe is now."""
    number = order.get("status_fd")
    if number is None:
        return pipe
    if pipe == number:
        pipe = os.dup(pipe)  # a new descriptor ends at the execution, like the old one
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
    os.dup2(os.open(order["status_path"], flags, 0o600), number)
    return pipe


def _say(pipe: int, step: str, number: int, text: str) -> None:
    os.write(pipe, f"{step}\n{number}\n{text}".encode("utf-8", "surrogateescape"))


def read_failure(raw: bytes) -> "dict[str, Any]":
    """Return what a child said: step, errno, text."""
    step, number, text = raw.decode("utf-8", "surrogateescape").split("\n", 2)
    return {"step": step, "errno": int(number), "text": text}


def _reset_signals() -> None:
    signals.set_wakeup_fd(-1)
    for name in CHANGED:
        signals.signal(getattr(signals, "SIG" + name), signals.SIG_DFL)
    signals.pthread_sigmask(signals.SIG_SETMASK, ())


def _set_limits(limits: "dict[str, int | None]") -> None:
    for name, amount in limits.items():
        if amount is not None:
            kind = getattr(resource, LIMITS[name])
            _, most = resource.getrlimit(kind)
            hard = amount + CPU_SECONDS_TO_KILL if name == "cpu_seconds" else amount
            if most != resource.RLIM_INFINITY:  # more cannot be had
                amount, hard = min(amount, most), min(hard, most)
            resource.setrlimit(kind, (amount, hard))


def _execute(argv: list[str], env: dict[str, str]) -> "NoReturn":
    """Execute the first program of that name on the order's own PATH."""
    name = argv[0]
    if "/" in name:
        os.execve(name, argv, env)
    denied: OSError | None = None
    for folder in env.get("PATH", os.defpath).split(":"):
        try:
            os.execve(os.path.join(folder or ".", name), argv, env)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except PermissionError as error:  # as a shell does: another folder may have it
            denied = error
    if denied is not None:
        raise denied
    raise FileNotFoundError(2, f"there is no program {name!r} on its PATH", name)
