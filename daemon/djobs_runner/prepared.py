"""All that a runner does before it says that it is ready: whatever can fail, fails here (R10)."""

import os

from djobs_local import run_folder
from djobs_local.locks import KernelLock
from djobs_runner import kernel
from djobs_runner.control import Control
from djobs_runner.failpoints import failpoint
from djobs_runner.myself import identity_record
from djobs_runner.small_json import dumps, loads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LOCK_SECONDS = 5.0
"""Probes share the lock for microseconds; a runner that was not let go leaves at once."""


class NotReady(Exception):
    """The run cannot begin: the step, the number of the system's error or 0, and words."""

    def __init__(self, step: str, number: int, words: str) -> None:
        super().__init__(words)
        self.step = step
        self.number = number


class Prepared:
    """What a runner holds that may begin. Lock and FIFO are kept open for life by being in here."""

    __slots__ = ("alive", "control", "lock", "order", "step", "subreaper")

    def __init__(self, folder: str) -> None:
        """Prepare; ``NotReady``, with the lock given back, when that fails."""
        self.step = "order"
        self.lock: KernelLock | None = None
        try:
            self._prepare(folder)
        except (OSError, ValueError) as error:
            raise self._refusal(getattr(error, "errno", None) or 0, str(error)) from error

    def _prepare(self, folder: str) -> None:
        self.order = _read_order(folder)
        self.step = "alive"
        # Before the lock, so that whoever finds it locked can wait for the FIFO's end.
        self.alive = os.open(
            os.path.join(folder, run_folder.ALIVE),
            os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW,
        )
        self.control = Control(folder)
        self.step = "lock"
        failpoint("run.lock")
        self.lock = KernelLock.acquire(os.path.join(folder, run_folder.LOCK), LOCK_SECONDS)
        if self.lock is None:
            raise self._refusal(0, "another runner has this run")
        self._refuse_what_was_begun(folder)
        self.step = "record"
        failpoint("run.locked")
        self.subreaper = _adopt_orphans()
        run_folder.reserve(folder, run_folder.RESERVE, run_folder.RESULT_BYTES_MAX)
        identity = dumps(identity_record()).encode()
        run_folder.write_durably(folder, run_folder.RUNNER, identity)
        failpoint("run.recorded")

    def _refuse_what_was_begun(self, folder: str) -> None:
        """Under the lock: whatever the daemon believes, a run that was begun is not begun again."""
        self.step = "started"
        for name in (run_folder.STARTED, run_folder.RESULT):
            if os.path.lexists(os.path.join(folder, name)):
                raise self._refusal(0, "this run was started before")

    def _refusal(self, number: int, words: str) -> NotReady:
        """Give the lock back, so that nobody who hears of it finds a runner."""
        if self.lock is not None:
            self.lock.release()
        return NotReady(self.step, number, words)


def _read_order(folder: str) -> "dict[str, Any]":
    path = os.path.join(folder, run_folder.ORDER)
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        raw = b""
        while chunk := os.read(fd, run_folder.ORDER_BYTES_MAX + 1 - len(raw)):
            raw += chunk
    finally:
        os.close(fd)
    if len(raw) > run_folder.ORDER_BYTES_MAX:
        raise ValueError(f"{path} is over {run_folder.ORDER_BYTES_MAX} bytes")
    order = loads(raw.decode())
    if not isinstance(order, dict) or not {"argv", "cwd", "env"} <= order.keys():
        raise ValueError(f"{path} is no order")
    return order


def _adopt_orphans() -> bool:
    try:
        failpoint("run.subreaper")
    except OSError:
        return False
    return kernel.adopt_orphans()
