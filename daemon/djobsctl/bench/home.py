"""A private home for the benchmarks, never the user's: its daemon, and how it is ended."""

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from types import TracebackType
from typing import Final, Self

from djobs_local import identity
from djobs_local.call import Connection, connect
from djobs_local.presence import is_alive
from djobs_local.records import read_record
from djobs_protocol.endpoint import ENDPOINT_RECORD, socket_path, state_file
from djobs_protocol.errors import DjobsError, ErrorCode

END_SECONDS: Final = 20.0
READY_SECONDS: Final = 30.0
POLL_SECONDS: Final = 0.005
_WHO: Final = "djobsctl-bench"


class BenchHome:
    """A ``DJOBS_HOME`` of its own. On leaving, its daemon is ended and it is removed."""

    def __init__(self) -> None:
        base = "/tmp" if os.path.isdir("/tmp") else None  # short, for the socket
        self.path = os.path.realpath(tempfile.mkdtemp(prefix="djb", dir=base))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end_daemon()
        shutil.rmtree(self.path, ignore_errors=True)

    @property
    def environ(self) -> dict[str, str]:
        """The variables of this process, none of which may lead to another daemon."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("DJOBS_") or name == "DJOBS_TEST"
        }
        return {**kept, "DJOBS_HOME": self.path}

    @property
    def socket(self) -> str:
        """The path of the daemon's socket."""
        return socket_path(self.path)

    def shim(self) -> list[str]:
        """Return the command an editor would be configured with."""
        spec = importlib.util.find_spec("djobs_shim")
        if spec is None or spec.origin is None:
            raise DjobsError(ErrorCode.INTERNAL, "djobs_shim is not installed.")
        main = os.path.join(os.path.dirname(spec.origin), "__main__.py")
        return [sys.executable, "-I", "-S", main, "--workspace", self.path]

    def connect(self, workspace: str | None = None) -> Connection:
        """Return a connection, starting the daemon if there is none."""
        return connect(self.path, who=_WHO, client=_WHO, workspace=workspace)

    def start_daemon(self) -> None:
        """Start the daemon, attach a shim for a moment, and wait until everything is loaded."""
        deadline = time.monotonic() + READY_SECONDS
        pipe, null = subprocess.PIPE, subprocess.DEVNULL
        shim = subprocess.Popen(self.shim(), env=self.environ, stdin=pipe, stdout=null)
        with shim, self.connect() as connection:
            while connection.call("daemon.status")["mcp"] in ("unloaded", "loading"):
                if time.monotonic() > deadline:
                    raise DjobsError(ErrorCode.INTERNAL, "The benchmark's daemon does not load.")
                time.sleep(0.05)

    def daemon(self) -> identity.ProcessIdentity | None:
        """Return the identity of the daemon that runs here, if one does."""
        record = read_record(state_file(self.path, ENDPOINT_RECORD))
        return identity.ProcessIdentity.from_record(record)

    def end_daemon(self) -> None:
        """Ask the daemon to end and wait until its lock is free; kill it if it does not go."""
        with contextlib.suppress(DjobsError):
            for number in (signal.SIGTERM, signal.SIGKILL):
                running = self.daemon()
                if running is not None and is_alive(self.path):
                    identity.send_signal(running, number)
                if self._ends_by(time.monotonic() + END_SECONDS):
                    return

    def _ends_by(self, deadline: float) -> bool:
        while is_alive(self.path):
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_SECONDS)
        return True
