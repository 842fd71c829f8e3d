"""Fixtures of the client tests."""

from pathlib import Path

import pytest

from tests.clients.place import Place
from tests.harness.daemon import DaemonHome


@pytest.fixture
def place(tmp_path: Path, daemon_home: DaemonHome) -> Place:
    """Return a fresh place in which no daemon runs yet."""
    return Place(tmp_path, daemon_home).make()
