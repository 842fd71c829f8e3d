"""An agent on a daemon of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.daemon import DaemonHome
from tests.harness.editor import Editor
from tests.upstream.agents import HERE


@pytest.fixture
def editor(daemon_home: DaemonHome) -> Iterator[Editor]:
    """Return an agent's client on a daemon of its own."""
    with Editor(daemon_home, HERE) as opened:
        opened.open()
        opened.call("health")
        yield opened


@pytest.fixture
def database(daemon_home: DaemonHome) -> Path:
    """Return the path of the database in the home."""
    return daemon_home.folder / "jobs.db"
