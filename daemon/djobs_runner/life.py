"""The steps of a runner, in the order that makes a run happen at most once (R10).

lock → identity → ready → (the daemon commits) → go → started → execute → result. A runner that dies
before ``started`` has executed nothing, and so has one whose daemon died before its go.
"""

import os
import select
import sys

from djobs_local import run_folder
from djobs_runner import outcome
from djobs_runner.failpoints import failpoint
from djobs_runner.light import signals
from djobs_runner.myself import identity_record
from djobs_runner.prepared import NotReady, Prepared
from djobs_runner.small_json import dumps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

GO_SECONDS = 600.0
"""A daemon commits within milliseconds; one that cannot for so long has forgotten this run."""
DESCRIPTORS_MAX = 1 << 16
IGNORED = ["HUP", "INT", "QUIT", "PIPE", "TSTP", "TTIN", "TTOU", "USR1", "USR2"]
"""A closed terminal, an editor's end or a stray key never reach a run (R9)."""


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
        prepared = Prepared(folder)
    except NotReady as problem:
        _tell({"failed": problem.step, "errno": problem.number, "text": str(problem)})
        return
    _tell(identity_record())
    if not _hear_go():
        _unlink(folder, run_folder.RUNNER)
        return
    try:
        failpoint("run.go")
        run_folder.write_durably(folder, run_folder.STARTED, outcome.started())
    except OSError as error:  # executed nothing, so it may be tried again
        sys.stderr.write(f"{error}\n")
        _unlink(folder, run_folder.STARTED)  # it may be there, and only not be durable
        _unlink(folder, run_folder.RUNNER)
        return
    failpoint("run.started")
    result = outcome.of_order(folder, prepared)
    failpoint("run.ended")
    outcome.write(folder, result)
    failpoint("run.result")


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
