"""A home for a daemon, short enough for a socket's path, and the daemon played by the test."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.shim.standin import StandIn


@pytest.fixture
def home() -> Iterator[Path]:
    """Return a fresh private state folder."""
    folder = Path(tempfile.mkdtemp(prefix="dj", dir="/tmp"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def daemon(home: Path) -> Iterator[StandIn]:
    """Return a daemon that the test plays."""
    with StandIn(home) as standin:
        yield standin
