"""A real daemon in a home of its own, for any test that needs one.

The home is a short path below /tmp, so that its socket's path is short too. Every process that a
daemon home gives birth to is ended by its verified identity when the home is cleaned up.
"""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from djobs_local import call, identity, locks, presence, records, run_folder, spawn
from djobs_local.identity import Comparison, ProcessIdentity, SignalOutcome
from djobs_protocol import endpoint
from tests.harness.ready import read_word
from tests.harness.waiting import PATIENCE_SECONDS as PATIENCE_SECONDS
from tests.harness.waiting import wait_until as wait_until

PYTHON = sys.executable


class StartFailed(AssertionError):
    """The daemon said ``failed``, or died; ``info`` is what it said."""

    def __init__(self, info: dict[str, Any]) -> None:
        super().__init__(f"the daemon did not start: {info}")
        self.info = info


class DaemonHome:
    """One private ``DJOBS_HOME`` and the daemons that live there, one at a time."""

    def __init__(self, **environ: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="dj", dir="/tmp"))
        self.state = str(self.folder)
        self.env = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": os.environ.get("HOME", "/"),
            "DJOBS_HOME": self.state,
            "DJOBS_TEST": "1",
            **environ,
        }
        """The environment of daemons and clients of this home. Change it before a start."""
        self.launcher: list[str] = []
        """A command that runs what it is given, put before that of each daemon."""
        self._children: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.cleanup()

    # Starting

    def start(self, *arguments: str, **environ: str) -> dict[str, Any]:
        """Start a detached daemon as a client does and return what ``ready`` says.

        ``StartFailed`` when it says anything else.
        """
        reader = self.spawn(*arguments, **environ)
        try:
            word, info = self.read_word(reader)
        finally:
            os.close(reader)
        if word != "ready":
            raise StartFailed({"word": word, **info})
        return info

    def spawn(self, *arguments: str, **environ: str) -> int:
        """Start a detached daemon and return the reading end of its pipe."""
        reader, writer = os.pipe()
        command = self.command("--detach", "--ready-fd", str(writer), "--owner", "client")
        with self.attempt_log.open("wb") as attempt_log:
            launcher = subprocess.Popen(
                [*self.launcher, *command, *arguments],
                env={**self.env, **environ},
                stdin=subprocess.DEVNULL,
                stdout=attempt_log,
                stderr=attempt_log,
                pass_fds=[writer],
                start_new_session=True,
            )
        os.close(writer)
        launcher.wait(PATIENCE_SECONDS)
        return reader

    def foreground(self, *arguments: str, **environ: str) -> "subprocess.Popen[bytes]":
        """Start a daemon in the foreground as a child of the test; its stderr is a pipe."""
        child = subprocess.Popen(
            self.command(*arguments),
            env={**self.env, **environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._children.append(child)
        return child

    @staticmethod
    def command(*arguments: str) -> list[str]:
        """Return the command line of a daemon."""
        return [PYTHON, "-I", spawn.find_daemon_main(), *arguments]

    read_word = staticmethod(read_word)

    def client(self, code: str, *arguments: str, **environ: str) -> "subprocess.Popen[bytes]":
        """Run a program as a client of this home; its stdout and stderr are pipes."""
        child = subprocess.Popen(
            [PYTHON, "-c", code, *arguments],
            env={**self.env, **environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._children.append(child)
        return child

    # Looking

    @property
    def socket(self) -> str:
        """The path of the socket."""
        return endpoint.socket_path(self.state)

    @property
    def lock(self) -> str:
        """The path of the daemon's lock."""
        return endpoint.state_file(self.state, endpoint.DAEMON_LOCK)

    @property
    def attempt_log(self) -> Path:
        """What the last daemon that ``start`` started printed."""
        return self.folder.with_suffix(".start.log")

    def record(self) -> dict[str, Any]:
        """Return the endpoint record; empty when there is none."""
        return records.read_record(endpoint.state_file(self.state, endpoint.ENDPOINT_RECORD)) or {}

    def births(self) -> list[ProcessIdentity]:
        """Return every daemon that ever held this home's lock, oldest first."""
        try:
            lines = (self.folder / "births").read_text("ascii").splitlines()
        except FileNotFoundError:
            return []
        found = (ProcessIdentity.from_record(json.loads(line)) for line in lines)
        return [each for each in found if each is not None]

    def identity(self) -> ProcessIdentity:
        """Return the newest daemon."""
        return self.births()[-1]

    def pid(self) -> int:
        """Return the newest daemon's pid."""
        return self.identity().pid

    def alive(self) -> bool:
        """Say whether the newest daemon runs."""
        return bool(self.births()) and identity.compare(self.identity()) is Comparison.SAME

    def instance(self) -> str:
        """Return the instance id of the daemon that answers now."""
        with self.connect() as connection:
            return str(connection.welcome["instance"])

    def look(self, seconds: float = 1.0) -> presence.Presence:
        """Look from outside, as ``status`` does."""
        return presence.look(self.state, seconds)

    def log_text(self) -> str:
        """Return the daemon's log; empty when there is none."""
        try:
            return (self.folder / endpoint.DAEMON_LOG).read_text("utf-8")
        except FileNotFoundError:
            return ""

    def log_entries(self) -> list[dict[str, Any]]:
        """Return the daemon's log, parsed, without a line that is being written."""
        return [json.loads(line) for line in self.log_text().split("\n")[:-1]]

    def logged(self, message: str) -> list[dict[str, Any]]:
        """Return the log entries with exactly this message."""
        return [entry for entry in self.log_entries() if entry.get("message") == message]

    def fds(self) -> dict[int, str]:
        """Return the daemon's open descriptors and what they are. Linux."""
        folder = f"/proc/{self.pid()}/fd"
        found = {}
        for name in os.listdir(folder):
            try:
                found[int(name)] = os.readlink(f"{folder}/{name}")
            except FileNotFoundError:
                continue
        return found

    def rss(self) -> int:
        """Return the daemon's resident memory in bytes. Linux."""
        pages = int(Path(f"/proc/{self.pid()}/statm").read_text("ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def proc(self, name: str) -> bytes:
        """Return a file of the daemon's below /proc. Linux."""
        return Path(f"/proc/{self.pid()}/{name}").read_bytes()

    # Talking

    def connect(self, **options: Any) -> call.Connection:
        """Connect to the daemon that runs; never starts one unless ``spawn=True``."""
        return call.connect(self.state, **{"spawn": False, **options})

    def status(self) -> dict[str, Any]:
        """Return what the daemon says about itself."""
        with self.connect() as connection:
            return connection.call("daemon.status")

    # Waiting

    def wait_ready(self) -> None:
        """Wait until the daemon answers."""
        wait_until(lambda: self.look().kind is presence.Kind.SERVING, "the daemon answers")

    def wait_gone(self, seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until the newest daemon's process has ended and no other holds the locks.

        Only where no client is attached: a client would start the next daemon at once.
        """
        for newest in self.births()[-1:]:
            self.wait_ended(newest, seconds)
        wait_until(
            lambda: not locks.is_held(self.lock) and not locks.is_held(self.state),
            "the daemon's locks are free",
            seconds,
        )

    @staticmethod
    def wait_ended(daemon: ProcessIdentity, seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until this one daemon's process, and with it its locks, is gone."""
        wait_until(
            lambda: identity.compare(daemon) is Comparison.GONE and _threads(daemon.pid) <= 1,
            "the daemon's process has ended",
            seconds,
        )

    def wait_watched(self) -> None:
        """Wait until the daemon watches over its files. Linux."""
        wait_until(
            lambda: any("inotify" in target for target in self.fds().values()),
            "the daemon watches over its files",
        )

    def wait_sdk(self) -> None:
        """Attach as a shim does, and wait until the MCP SDK is loaded."""
        with self.attached() as session:
            wait_until(lambda: self.status()["mcp"] == "ready", "the MCP SDK is loaded")
        wait_until(
            lambda: all(each["session"] != session for each in self.status()["connections"]),
            "the session has ended",
        )

    @contextmanager
    def attached(self) -> Iterator[str]:
        """Be a shim that says nothing, which has the daemon load the SDK; yield the session."""
        session = secrets.token_hex(16)
        hello = {"link": 1, "session": session, "resume": 0, "next": 1, "cwd": "/"}
        with socket.socket(socket.AF_UNIX) as connected:
            connected.settimeout(PATIENCE_SECONDS)
            connected.connect(self.socket)
            connected.sendall(json.dumps(hello).encode() + b"\n")
            assert connected.recv(1) == b"~"
            yield session

    # Ending

    def signal(self, number: int) -> SignalOutcome:
        """Signal the newest daemon, if it is verifiably still that one."""
        return identity.send_signal(self.identity(), number)

    def kill9(self) -> None:
        """Kill the newest daemon as a crash does, and wait until that one is gone."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask the newest daemon by SIGTERM to stop, and wait until that one is gone."""
        self._end(signal.SIGTERM)

    def _end(self, number: int) -> None:
        victim = self.identity()
        identity.send_signal(victim, number)
        self.wait_ended(victim)

    def sigstop(self) -> None:
        """Freeze the daemon, and wait until it is frozen."""
        self.signal(signal.SIGSTOP)
        wait_until(lambda: self._is_stopped(), "the daemon is frozen")

    def sigcont(self) -> None:
        """Let a frozen daemon go on."""
        self.signal(signal.SIGCONT)

    def cleanup(self) -> None:
        """End everything that was started here and remove the home."""
        for born in self.births():
            identity.send_signal(born, signal.SIGKILL)
        for child in self._children:
            child.kill()
            child.communicate(timeout=PATIENCE_SECONDS)
        wait_until(lambda: not self.alive(), "the daemon has ended")
        self._end_runs()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.attempt_log.unlink(missing_ok=True)

    def _end_runs(self) -> None:
        """End what outlives daemons: commands with all of their group, and their runners."""
        for folder in self.folder.glob("runs/*"):
            command, runner = (
                ProcessIdentity.from_record(records.read_record(str(folder / name)))
                for name in (run_folder.COMMAND, run_folder.RUNNER)
            )
            if command is not None and identity.compare(command) is Comparison.SAME:
                os.killpg(command.pid, signal.SIGKILL)  # it leads a session, so a group, too
            if runner is not None:
                identity.send_signal(runner, signal.SIGKILL)

    def _is_stopped(self) -> bool:
        return self.proc("stat").rpartition(b")")[2].split()[0] == b"T"


def _threads(pid: int) -> int:
    """Return how many threads a process has. Locks go with the last one, not with the first."""
    try:
        return len(os.listdir(f"/proc/{pid}/task"))
    except OSError:
        return 0
