"""What a runner is told to run."""

import json
from typing import Final, Literal

import msgspec

from djobs_local import run_folder

LOG_HEAD_BYTES_DEFAULT: Final = 16 * 1024 * 1024
LOG_TAIL_BYTES_DEFAULT: Final = 48 * 1024 * 1024
GRACE_MS_DEFAULT: Final = 10_000


class Limits(msgspec.Struct, frozen=True, omit_defaults=True):
    """Limits of the kernel (setrlimit(2)), each for one process. None leaves what the daemon has.

    One above what the daemon itself may have is lowered to that.
    """

    cpu_seconds: int | None = None
    """Processor time; SIGXCPU then, SIGKILL five seconds later."""
    memory_bytes: int | None = None
    """Address space."""
    file_bytes: int | None = None
    """The largest file it may write; SIGXFSZ then. The log is the runner's and not affected."""
    processes: int | None = None
    """Processes of this *user*, whoever started them. Does not bind root."""
    open_files: int | None = None
    core_bytes: int | None = None


class Order(msgspec.Struct, frozen=True):
    """One command, with all it is to have. Nothing of the daemon's own is added."""

    argv: tuple[str, ...]
    """Program and arguments; without a slash the program is looked for on ``env``'s PATH."""
    cwd: str
    env: dict[str, str]
    """Its whole environment, ``DJOBS_JOB`` and the like included."""
    umask: int = 0o077
    stdin: str | None = None
    """A file to read; None is /dev/null."""
    stderr: Literal["merged", "apart"] = "merged"
    """``merged``: one stream ``out``, in the order of writing. ``apart``: also ``err``."""
    limits: Limits = Limits()
    max_duration_ms: int | None = None
    """Awake time, pauses not counted; then it is stopped."""
    grace_ms: int = GRACE_MS_DEFAULT
    """From SIGTERM to SIGKILL, when it is stopped by its duration or by a signal to its runner."""
    status_fd: int | None = None
    """A descriptor at which ``status_path`` is open for writing; 0 takes the place of stdin."""
    status_path: str = ""
    """A file to be, in which a sandbox says that it was entered."""
    monitored: bool = False
    """The process that is started is another's monitor: what is asked to end are its descendants,
    for with it they would all die at once."""
    kill_leftovers: bool = False
    """Stop what the command leaves running when it ends; otherwise that is only reported."""
    log_head_bytes: int = LOG_HEAD_BYTES_DEFAULT
    log_tail_bytes: int = LOG_TAIL_BYTES_DEFAULT
    """Of each stream, what is kept of its beginning and its end."""
    schema: int = 1

    def encode(self) -> bytes:
        """Return the JSON for the runner. ``ValueError`` naming what cannot be executed.

        Not by msgspec: names that are no Unicode (``os.fsdecode``) are kept as they are.
        """
        self._check()
        raw = json.dumps(msgspec.to_builtins(self)).encode("ascii")
        if len(raw) > run_folder.ORDER_BYTES_MAX:
            raise ValueError(f"arguments and variables are over {run_folder.ORDER_BYTES_MAX} bytes")
        return raw

    def _check(self) -> None:
        texts = (*self.argv, self.cwd, *self.env, *self.env.values(), self.stdin or "")
        if not self.argv or not self.argv[0]:
            raise ValueError("argv is empty")
        if any("\0" in text for text in texts):
            raise ValueError("a NUL character cannot be part of an argument, a variable or a path")
        if any(not name or "=" in name for name in self.env):
            raise ValueError("a variable has no name, or one with a = in it")
        if not self.cwd.startswith("/") or not (self.stdin or "/").startswith("/"):
            raise ValueError("cwd and stdin are absolute paths")
        numbers = (self.grace_ms, self.log_head_bytes, self.log_tail_bytes)
        limits = msgspec.structs.astuple(self.limits)
        if any(number is not None and number < 0 for number in (*numbers, *limits)):
            raise ValueError("a limit is negative")
        if self.max_duration_ms is not None and self.max_duration_ms <= 0:
            raise ValueError("max_duration_ms is not positive")
        if not 0 <= self.umask <= 0o777:
            raise ValueError("umask is no mode")
