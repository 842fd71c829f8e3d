"""Providers that are there, and scenes for them."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from djobs_daemon.executors.sandbox.bubblewrap import Bubblewrap
from djobs_daemon.executors.sandbox.provider import Provider
from djobs_daemon.executors.sandbox.srt import Srt
from tests.harness import needs
from tests.sandbox.scene import Scene

CLIENTS = Path(__file__).parents[2] / ".ci" / "node_modules"


def provided(name: str) -> Provider:
    """Return a provider; without its programs the test ends."""
    needs.linux("bubblewrap uses Linux' namespaces")
    program = needs.program("bwrap")
    if name == "bubblewrap":
        return Bubblewrap(program)
    for other in ("socat", "rg"):
        needs.program(other)
    srt = needs.installed(CLIENTS / ".bin" / "srt", ".ci/install-clients")
    return Srt(str(srt), os.pathsep.join([str(CLIENTS / "node" / "bin"), os.environ["PATH"]]))


@pytest.fixture
def scene() -> Iterator[Scene]:
    with Scene.set_up() as scene:
        yield scene
