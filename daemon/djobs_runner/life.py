"""The steps of a runner, in the order that makes a run happen at most once (R10).

lock → identity → ready → (the daemon commits) → go → started → execute → result. A runner that dies
before ``started`` has executed nothing, and so has one whose daemon died before its go.
"""

import os
import select
import sys

from djobs_local import run_folder
from djobs_local.locks import KernelLock
from djobs_runner import kernel, outcome
from djobs_runner.control import Control
from djobs_runner.failpoints import failpoint
from djobs_runner.light import signals
from djobs_runner.myself import identity_record
from djobs_runner.small_json import dumps, loads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LOCK_SECONDS = 5.0
"""Probes share the lock for microseconds; a runner that was not let go leaves at once."""
GO_SECONDS = 600.0
"""A daemon commits within milliseconds; one that cannot for so long has forgotten this run."""
DESCRIPTORS_MAX = 1 << 16
IGNORED = ["HUP", "INT", "QUIT", "PIPE", "TSTP", "TTIN", "TTOU", "USR1", "USR2"]
"""A closed terminal, an editor's end or a stray key never reach a run (R9)."""


class NotReady(Exception):
    """The run cannot begin: the step, the number of the system's error or 0, and words."""

    def __init__(self, step: str, number: int, words: str) -> None:
        super().__init__(words)
        self.step = step
        self.number = number


def main(folder: str) -> None:
    """Be the runner of one run; never returns."""
    if os.fork():
        os._exit(0)  # so the runner is nobody's child, and nobody has to collect it
    os.setsid()
    os.closerange(run_folder.GO_FD + 1, DESCRIPTORS_MAX)  # one call on Linux
    os.set_inheritable(run_folder.READY_FD, False)
    os.set_inheritable(run_folder.GO_FD, False)
    for name in IGNORED:
        signals.signal(getattr(signals, "SIG" + name), signals.SIG_IGN)
    os.umask(0o077)
    os.chdir("/")
    try:
        live(folder)
    except BaseException:  # noqa: BLE001 - nothing is above us; it goes to runner.err
        sys.excepthook(*sys.exc_info())
        os._exit(70)
    os._exit(0)


def live(folder: str) -> None:
    """Prepare, wait for the go, execute, write down how it ended."""
    try:
        held = _prepare(folder)
    except NotReady as problem:
        _tell({"failed": problem.step, "errno": problem.number, "text": str(problem)})
        return
    order, control, subreaper = held.order, held.control, held.subreaper
    if not _hear_go():
        _unlink(folder, run_folder.RUNNER)
        return
    failpoint("run.go")
    try:
        run_folder.write_durably(folder, run_folder.STARTED, outcome.started())
    except OSError as error:  # executed nothing, so it may be tried again
        sys.stderr.write(f"{error}\n")
        _unlink(folder, run_folder.RUNNER)
        return
    failpoint("run.started")
    result = outcome.of_order(folder, order, control, subreaper)
    failpoint("run.ended")
    outcome.write(folder, result)
    failpoint("run.result")


class _Held:
    """What a prepared runner has. The lock and the FIFO are kept open by being in here."""

    __slots__ = ("alive", "control", "lock", "order", "subreaper")

    def __init__(
        self,
        order: "dict[str, Any]",
        alive: int,
        control: Control,
        lock: KernelLock,
        subreaper: bool,
    ) -> None:
        self.order = order
        self.alive = alive
        self.control = control
        self.lock = lock
        self.subreaper = subreaper


def _prepare(folder: str) -> _Held:
    """Do everything that can fail before the daemon decides."""
    step = "order"
    try:
        order = _read_order(folder)
        step = "alive"
        # Before the lock, so that whoever finds it locked can wait for the FIFO's end.
        alive = os.open(
            os.path.join(folder, run_folder.ALIVE),
            os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW,
        )
        control = Control(folder)
        step = "lock"
        failpoint("run.lock")
        lock = KernelLock.acquire(os.path.join(folder, run_folder.LOCK), LOCK_SECONDS)
        if lock is None:
            raise NotReady(step, 0, "another runner has this run")
        # Under the lock: whatever the daemon believes, a run that was begun is not begun again.
        for name in (run_folder.STARTED, run_folder.RESULT):
            if os.path.lexists(os.path.join(folder, name)):
                raise NotReady("started", 0, "this run was started before")
        step = "record"
        failpoint("run.locked")
        subreaper = _adopt_orphans()
        run_folder.reserve(folder, run_folder.RESERVE, run_folder.RESULT_BYTES_MAX)
        identity = identity_record()
        run_folder.write_durably(folder, run_folder.RUNNER, dumps(identity).encode())
        failpoint("run.recorded")
        _tell(identity)
        return _Held(order, alive, control, lock, subreaper)
    except OSError as error:
        raise NotReady(step, error.errno or 0, str(error)) from error
    except ValueError as error:
        raise NotReady(step, 0, str(error)) from error


def _adopt_orphans() -> bool:
    try:
        failpoint("run.subreaper")
    except OSError:
        return False
    return kernel.adopt_orphans()


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


def _tell(line: "dict[str, Any]") -> None:
    try:
        os.write(run_folder.READY_FD, dumps(line).encode() + b"\n")
    except OSError:
        pass  # the daemon is gone, and so there will be no go
    os.close(run_folder.READY_FD)


def _hear_go() -> bool:
    """Wait for the daemon's word. The end of the pipe is its death, or its change of mind."""
    pipe = select.poll()
    pipe.register(run_folder.GO_FD, select.POLLIN)
    word = os.read(run_folder.GO_FD, 1) if pipe.poll(GO_SECONDS * 1000) else b""
    os.close(run_folder.GO_FD)
    return word == run_folder.GO_BYTE


def _unlink(folder: str, name: str) -> None:
    try:
        os.unlink(os.path.join(folder, name))
    except FileNotFoundError:
        return
