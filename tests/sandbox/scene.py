"""Where an attempt to escape takes place: a workspace, and a world around it that can be harmed."""

import fcntl
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Self

from djobs_daemon.executors.sandbox import places
from djobs_daemon.executors.sandbox.confinement import Confinement, Level
from djobs_daemon.executors.sandbox.mounts import inside
from djobs_daemon.executors.sandbox.provider import Provider
from djobs_daemon.executors.sandbox.trial import Trial, run
from djobs_daemon.executors.sandbox.unix_sockets import listening
from tests.harness.waiting import wait_until

CHECKOUT = Path(__file__).parents[2]
ROOT = Path.home() if CHECKOUT.is_relative_to("/tmp") else CHECKOUT
"""Not below /tmp, which is hidden as a whole: there nothing else would be tested."""
SECONDS = 20.0
GRACE_SECONDS = 5.0
"""For the end of what the kernel is killing; what survives stays longer."""
PYTHON = os.path.realpath(sys.executable)
BYTES_MAX = 1000

_VICTIM = "import sys; sys.stdin.read()"


class Scene:
    """The world of one attempt. ``token`` is what only the attempt, or its victim, knows."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self.token = os.urandom(12).hex()
        self.workspace = folder / "workspace"
        self.outside = folder / "outside"
        self.home = folder / "home"
        self.state = folder / "state"
        for path in (self.workspace, self.outside, self.home / ".ssh", self.state / "run"):
            path.mkdir(parents=True)
        (self.workspace / ".git" / "hooks").mkdir(parents=True)
        (self.workspace / ".git" / "hooks" / "pre-commit").write_text("old")
        self.victim = self.outside / "victim"
        self.victim.write_text("old")
        (self.home / ".ssh" / "id").write_text(self.token)
        (self.workspace / "link").symlink_to(self.outside)
        self.told = self.workspace / "told"
        self.shared = Path(tempfile.gettempdir()) / f"djobs-{self.token}"
        self.memory = Path("/dev/shm") / f"djobs-{self.token}"
        self.abstract = f"\0djobs-{self.token}"
        self._sockets = {"daemon": self.state / "run" / "s", "path": self.outside / "s"}
        self._stack = stack
        self._listen()
        self.process = stack.enter_context(_victim(self.token))

    def _listen(self) -> None:
        tcp, udp, unix = socket.AF_INET, socket.SOCK_DGRAM, socket.AF_UNIX
        self.listeners = {
            "tcp": self._bound(tcp, socket.SOCK_STREAM, ("127.0.0.1", 0)),
            "udp": self._bound(tcp, udp, ("127.0.0.1", 0)),
            "abstract": self._bound(unix, socket.SOCK_STREAM, self.abstract),
        }

    def listen_at(self, name: str) -> None:
        """Listen on a socket of the file system: by ``daemon`` or ``path``.

        Only where it is needed: any sandbox that is started meanwhile hides it, and cannot when it
        has gone again.
        """
        path = str(self._sockets[name])
        self.listeners[name] = self._bound(socket.AF_UNIX, socket.SOCK_STREAM, path)

    def _bound(self, family: int, kind: int, address: str | tuple[str, int]) -> socket.socket:
        listener = self._stack.enter_context(socket.socket(family, kind))
        listener.bind(address)
        if kind == socket.SOCK_STREAM:
            listener.listen()
        listener.settimeout(0)
        return listener

    def heard(self, name: str) -> bool:
        """Say whether the token came to a listener."""
        listener = self.listeners[name]
        with suppress(OSError):
            if listener.type == socket.SOCK_DGRAM:
                return self.token.encode() in listener.recv(BYTES_MAX)
            link, _ = listener.accept()
            with link:
                link.settimeout(SECONDS)
                return self.token.encode() in link.recv(BYTES_MAX)
        return False

    def harmed(self) -> bool:
        """Say whether the file outside was changed."""
        return self.victim.read_text() != "old" or bool(list(self.outside.glob("victim?*")))

    def was_told(self) -> bool:
        """Say whether the token came to the workspace, from where it could not be read."""
        return self.told.exists() and self.token in self.told.read_text()

    def held(self) -> bool:
        """Say whether a process that the attempt left behind goes on to lock a file."""
        with (self.workspace / "lock").open("a") as file:
            try:
                wait_until(partial(_locked, file.fileno()), "nobody holds it", GRACE_SECONDS)
            except AssertionError:
                return True
        return False

    def confinement(self, level: Level) -> Confinement:
        """Return what a job of the workspace would get."""
        return places.confine(
            str(self.workspace),
            home=str(self.home),
            network=level is Level.WRITE,
            own=[str(self.state)],
            sockets=[path for path in listening() if inside(path, str(self.folder))],
        )

    def attempt(self, provider: Provider, level: Level, program: str) -> Trial:
        """Run a program, which finds the names of this world in ``S``."""
        prelude = "import json, os, socket, sys\nS = json.loads(sys.argv[1])\n"
        argv = (PYTHON, "-I", "-S", "-c", prelude + program, json.dumps(self._names()))
        return self.run(provider, level, argv)

    def run(self, provider: Provider, level: Level, argv: tuple[str, ...], **environ: str) -> Trial:
        """Run a command line."""
        variables = {"PATH": os.environ["PATH"], "HOME": str(self.home), **environ}
        wrapped = provider.wrap(argv, self.confinement(level), variables)
        return run(wrapped, str(self.workspace), SECONDS)

    def _names(self) -> dict[str, object]:
        return {
            "token": self.token,
            "victim": str(self.victim),
            "outside": str(self.outside),
            "home": str(self.home),
            "workspace": str(self.workspace),
            "told": str(self.told),
            "shared": str(self.shared),
            "memory": str(self.memory),
            "pid": self.process.pid,
            "tcp": self.listeners["tcp"].getsockname()[1],
            "udp": self.listeners["udp"].getsockname()[1],
            "abstract": self.abstract,
            **{name: str(path) for name, path in self._sockets.items()},
        }

    def tidy(self) -> None:
        """Remove what was left outside of the scene."""
        for path in (self.shared, self.memory):
            path.unlink(missing_ok=True)

    @classmethod
    @contextmanager
    def set_up(cls) -> Iterator[Self]:
        """Build a scene and remove it afterwards."""
        folder = Path(tempfile.mkdtemp(prefix=".sb-", dir=ROOT))
        with ExitStack() as stack:
            stack.callback(shutil.rmtree, folder)
            scene = cls(folder, stack)
            stack.callback(scene.tidy)
            yield scene


def _locked(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _victim(token: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Return a process outside that holds the token, and ends with this block."""
    with subprocess.Popen(
        [PYTHON, "-I", "-S", "-c", _VICTIM, token],
        stdin=subprocess.PIPE,
        env={"TOKEN": token},
    ) as process:
        try:
            yield process
        finally:
            process.kill()
