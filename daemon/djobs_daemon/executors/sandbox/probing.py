"""What each provider really enforces on this machine, tried out when a daemon starts.

A small program tries to write inside, to write outside, to read a secret and to connect to a
loopback listener. Judged is what then lies on the disk and has arrived, never what the program, or
the provider, says. It runs without any sandbox as well: an attempt that fails there proves nothing.
"""

import os
import secrets
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from djobs_daemon.executors.sandbox.confinement import Confinement, Level
from djobs_daemon.executors.sandbox.diagnosis import diagnosed
from djobs_daemon.executors.sandbox.listener import Listener
from djobs_daemon.executors.sandbox.provider import Provider
from djobs_daemon.executors.sandbox.trial import Trial, run
from djobs_daemon.executors.sandbox.unconfined import Unconfined
from djobs_daemon.executors.sandbox.verdict import Diagnosis, Probed

PROBE_SECONDS: Final = 10.0
"""For one provider at one level; a healthy one takes some 50 ms, srt 700."""

_PROGRAM: Final = """
import os, socket, sys
token, inside, told, secret, port, outside = sys.argv[1:]
def attempt(act, *arguments):
    try:
        return act(*arguments)
    except OSError:
        return None
def write(path, text):
    with open(path, "w") as file:
        file.write(text)
def read(path):
    with open(path) as file:
        return file.read()
def connect():
    with socket.create_connection(("127.0.0.1", int(port)), 2) as link:
        link.sendall(token.encode())
attempt(write, told, attempt(read, secret) or "")
attempt(write, outside, token)
attempt(connect)
write(inside, token)
"""


@dataclass(frozen=True)
class _Seen:
    """What an attempt left behind."""

    ran: bool
    outside: bool
    secret: bool
    connected: bool


@dataclass(frozen=True)
class _Scene:
    folder: str
    seconds: float


class _Stage:
    """One attempt's folders."""

    def __init__(self, place: str) -> None:
        self.token = secrets.token_hex(16)
        self.inside = os.path.join(place, "inside")
        self.hidden = os.path.join(place, "hidden")
        self._outside = os.path.join(place, "outside")
        self._written = os.path.join(self.inside, "written")
        self._told = os.path.join(self.inside, "told")
        self._secret = os.path.join(self.hidden, "secret")
        os.mkdir(self.inside)
        os.mkdir(self.hidden)
        with open(self._secret, "w", encoding="ascii") as file:
            file.write(self.token)

    def command(self, port: int) -> tuple[str, ...]:
        words = (self.token, self._written, self._told, self._secret, str(port), self._outside)
        # The interpreter itself, without a site: a virtual environment may lie in a hidden place.
        return (os.path.realpath(sys.executable), "-I", "-S", "-c", _PROGRAM, *words)

    def look(self, heard: bytes) -> _Seen:
        return _Seen(
            ran=_content(self._written) == self.token,
            outside=os.path.lexists(self._outside),
            secret=_content(self._told) == self.token,
            connected=self.token.encode() in heard,
        )


def probe(
    providers: Sequence[Provider], folder: str, seconds: float = PROBE_SECONDS
) -> list[Probed]:
    """Try out all providers at once, each at each of its levels, after one try without any.

    Blocks; each of the two takes ``seconds`` at most. ``folder`` is one of djobs' own, where no
    other program looks; all that comes to be in it is removed.
    """
    scene = _Scene(folder, seconds)
    try:
        control = _attempt(Unconfined(), Level.NONE, scene)[0]
    except OSError as error:
        return _nobody(providers, f"nothing can be tried out: {error}")
    if not control.ran or not control.outside or not control.secret:
        return _nobody(providers, "nothing can be tried out: it fails without a sandbox, too")
    tasks = [(provider, level) for provider in providers for level in provider.levels]
    with ThreadPoolExecutor(max_workers=max(1, len(tasks))) as pool:
        found = list(pool.map(lambda task: _judge(task[0], task[1], control, scene), tasks))
    judged = list(zip(tasks, found, strict=True))
    return [
        _summed(provider, [each for (who, _), each in judged if who is provider])
        for provider in providers
    ]


def _nobody(providers: Sequence[Provider], reason: str) -> list[Probed]:
    return [Probed(provider, (), Diagnosis(reason, "")) for provider in providers]


def _summed(provider: Provider, found: Sequence[Level | Diagnosis]) -> Probed:
    held = tuple(each for each in found if isinstance(each, Level))
    failures = [each for each in found if isinstance(each, Diagnosis)]
    return Probed(provider, held, failures[-1] if failures else None)


def _judge(provider: Provider, level: Level, control: _Seen, scene: _Scene) -> Level | Diagnosis:
    try:
        seen, trial = _attempt(provider, level, scene)
    except (OSError, ValueError) as error:
        return Diagnosis(f"it could not be tried out: {error}", "")
    if level is Level.NONE:
        return level
    if not seen.ran:
        return diagnosed(trial.entered, trial.status, trial.told)
    closed = level is Level.WRITE_NETWORK
    if closed and not control.connected:
        return Diagnosis("there is no loopback network to prove anything with", "")
    leaks = [
        what
        for what, leaked in (
            ("a write outside the workspace", seen.outside),
            ("reading a hidden file", seen.secret),
            ("a connection to this machine", closed and seen.connected),
        )
        if leaked
    ]
    return Diagnosis(f"it lets through {' and '.join(leaks)}", "") if leaks else level


def _attempt(provider: Provider, level: Level, scene: _Scene) -> tuple[_Seen, Trial]:
    with (
        tempfile.TemporaryDirectory(prefix="probe-", dir=scene.folder) as place,
        Listener() as listener,
    ):
        stage = _Stage(os.path.realpath(place))
        confinement = Confinement(
            workspace=stage.inside, network=level is Level.WRITE, hidden_folders=(stage.hidden,)
        )
        command = stage.command(listener.port)
        wrapped = provider.wrap(command, confinement, {"PATH": os.environ.get("PATH", os.defpath)})
        trial = run(wrapped, stage.inside, scene.seconds)
        return stage.look(listener.heard()), trial


def _content(path: str) -> str:
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read(100)
    except OSError:
        return ""
