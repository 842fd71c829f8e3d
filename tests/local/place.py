"""A private place for stand-in daemons, and the means to end them."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from djobs_local import identity, presence
from djobs_local.identity import ProcessIdentity
from djobs_protocol import endpoint
from tests.harness.waiting import PATIENCE_SECONDS, wait_until
from tests.local.client import STAND_IN

CLIENT = os.path.join(os.path.dirname(STAND_IN), "client.py")


class Place:
    """One state folder below /tmp, short enough for a socket."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.state = os.path.join(root, "s")
        os.mkdir(self.state, 0o700)

    def client(
        self, deadline: float = 10.0, mode: str = "", **env: str
    ) -> "subprocess.Popen[bytes]":
        """Start a client process."""
        environ = {**os.environ, "DJOBS_HOME": self.state, "DJOBS_STAND_IN": mode, **env}
        command = [sys.executable, CLIENT, self.state, str(deadline)]
        return subprocess.Popen(command, env=environ, stdout=subprocess.PIPE)

    def ensure(self, deadline: float = 10.0, mode: str = "", **env: str) -> dict[str, Any]:
        """Run one client to its end and return what it said."""
        return told(self.client(deadline, mode, **env))

    def births(self) -> list[dict[str, Any]]:
        """Return the records of all daemons that ever won an election here."""
        try:
            with open(os.path.join(self.state, "births"), encoding="ascii") as births:
                return [json.loads(line) for line in births]
        except FileNotFoundError:
            return []

    def spawned(self) -> int:
        """Count the programs started here, by their logs; the newest five are kept."""
        return len(os.listdir(os.path.join(self.state, "logs")))

    def signal_all(self, number: int) -> None:
        """Signal every daemon born here that still lives."""
        for record in self.births():
            born = ProcessIdentity.from_record(record)
            assert born is not None
            identity.send_signal(born, number)

    def kill(self) -> None:
        """End every daemon born here."""
        self.signal_all(signal.SIGKILL)
        wait_until(lambda: not presence.is_alive(self.state), "they have ended")


def told(process: "subprocess.Popen[bytes]") -> dict[str, Any]:
    """Return the JSON that a client printed."""
    output, _ = process.communicate(timeout=PATIENCE_SECONDS * 2)
    document = json.loads(output)
    assert isinstance(document, dict)
    return document


@contextmanager
def new_place() -> Iterator[Place]:
    """Make a place; end what was born there and remove it afterwards."""
    root = tempfile.mkdtemp(prefix="dj", dir="/tmp")
    place = Place(root)
    try:
        yield place
    finally:
        place.kill()
        shutil.rmtree(root)
        short = os.path.dirname(endpoint.socket_path(place.state))
        shutil.rmtree(short, ignore_errors=True)  # below /tmp where the path was too long


@contextmanager
def changed_environment(**changes: str) -> Iterator[Mapping[str, str]]:
    """Set variables of this process for a while."""
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        yield os.environ
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
