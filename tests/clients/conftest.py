"""Fixtures of the client tests."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.daemon import is_running, kill_daemon
from tests.clients.place import Place


@pytest.fixture
def place() -> Iterator[Place]:
    """Give the test a fresh place; end its daemon and remove its folder afterwards."""
    root = Path(tempfile.mkdtemp(prefix="djc", dir="/tmp"))  # short: sockets live below it
    place = Place(root).make()
    try:
        yield place
    finally:
        if is_running(place):
            kill_daemon(place)
        shutil.rmtree(root, ignore_errors=True)
