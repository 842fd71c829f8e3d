"""The private home of the demo: its processes, and how they are found, killed and cleared away."""

import contextlib
import os
import shutil
import signal
import tempfile
import time
from typing import Final, NamedTuple

from djobs_local import identity
from djobs_local.call import Connection, connect
from djobs_local.presence import is_alive
from djobs_local.records import read_record
from djobs_local.stop_mark import clear_stop_mark
from djobs_protocol.endpoint import ENDPOINT_RECORD, state_file
from djobs_protocol.errors import DjobsError, ErrorCode
from djobsctl.demo.process import AgentProcess
from djobsctl.stopping import stop
from djobsctl.talk import Talk

DEATH_SECONDS: Final = 10.0
STOP_SECONDS: Final = 10.0
POLL_SECONDS: Final = 0.01
_WHO: Final = "djobsctl-demo"


class Killed(NamedTuple):
    """The pids of what was ended by SIGKILL."""

    agent: int
    shim: int
    daemon: int


class DemoHome:
    """A ``DJOBS_HOME`` of its own. On leaving, all that ran in it is ended and it is removed."""

    def __init__(self, talk: Talk, *, keep: bool) -> None:
        self._talk = talk
        self.keep = keep
        base = "/tmp" if os.path.isdir("/tmp") else None  # short, for the socket
        self.path = os.path.realpath(tempfile.mkdtemp(prefix="djobs-demo-", dir=base))
        self._shims: list[identity.ProcessIdentity] = []

    def __enter__(self) -> "DemoHome":
        return self

    def __exit__(self, *_: object) -> None:
        self.end_everything()
        if not self.keep:
            shutil.rmtree(self.path, ignore_errors=True)

    def environment(self) -> dict[str, str]:
        """Return this process's variables, none of which may lead to another daemon."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("DJOBS_") or name == "DJOBS_TEST"
        }
        return {**kept, "DJOBS_HOME": self.path}

    def agent(self, root: str, mode: str, number: int) -> AgentProcess:
        """Start the agent of one session."""
        log = os.path.join(self.path, f"agent-{number}.log")
        return AgentProcess(root, mode, self.environment(), log)

    def connect(self) -> Connection:
        """Return a connection to the daemon that runs here; none is started."""
        return connect(self.path, spawn=False, who=_WHO, client=_WHO)

    def shim(self) -> identity.ProcessIdentity:
        """Return the identity of the one shim that is connected."""
        with self.connect() as connection:
            connections = connection.call("daemon.status").get("connections", [])
        pids = [each["pid"] for each in connections if each["kind"] == "mcp"]
        found = identity.of_process(pids[0]) if pids else None
        if found is None:
            raise DjobsError(ErrorCode.INTERNAL, "The demo's djobs-mcp is not connected.")
        self._shims.append(found)
        return found

    def daemon(self) -> identity.ProcessIdentity:
        """Return the identity of the daemon that runs here."""
        record = read_record(state_file(self.path, ENDPOINT_RECORD))
        found = identity.ProcessIdentity.from_record(record)
        if found is None:
            raise DjobsError(ErrorCode.INTERNAL, "The demo's daemon left no record of itself.")
        return found

    def end_everything(self) -> None:
        """Stop the daemon and see that nothing is left; what does not go is killed."""
        with contextlib.suppress(DjobsError):
            if is_alive(self.path):
                stop(self.path, self._talk, force=True, timeout_seconds=STOP_SECONDS)
                clear_stop_mark(self.path)
        for shim in self._shims:
            if not _is_gone_by(shim, time.monotonic() + DEATH_SECONDS):
                identity.send_signal(shim, signal.SIGKILL)

    @property
    def is_quiet(self) -> bool:
        """Whether nothing that was started here is left."""
        gone = identity.Comparison.GONE
        return not is_alive(self.path) and all(
            identity.compare(shim) is gone for shim in self._shims
        )


def kill_all(
    home: DemoHome,
    agent: AgentProcess,
    shim: identity.ProcessIdentity,
    daemon: identity.ProcessIdentity,
) -> Killed:
    """SIGKILL all three in one burst, and wait until the kernel has taken them away.

    The shim goes first: it would start another daemon as soon as it missed this one.
    """
    identity.send_signal(shim, signal.SIGKILL)
    identity.send_signal(daemon, signal.SIGKILL)
    agent.kill()
    agent.wait()
    deadline = time.monotonic() + DEATH_SECONDS
    while not home.is_quiet:
        if time.monotonic() > deadline:
            raise DjobsError(ErrorCode.INTERNAL, "What was killed does not die.")
        time.sleep(POLL_SECONDS)
    return Killed(agent.pid, shim.pid, daemon.pid)


def _is_gone_by(process: identity.ProcessIdentity, deadline: float) -> bool:
    while identity.compare(process) is not identity.Comparison.GONE:
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True
