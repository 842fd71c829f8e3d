"""Fixtures of commands that are typed beside a daemon that no test ends."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.shell import Shell
from tests.harness.daemon import DaemonHome


@pytest.fixture(scope="module")
def shared_home() -> Iterator[DaemonHome]:
    """Return a home whose daemon serves a whole module."""
    with DaemonHome() as home:
        home.start()
        yield home


@pytest.fixture
def shell(shared_home: DaemonHome, tmp_path: Path) -> Shell:
    """Return a shell in a folder of its own, whose jobs no other test sees."""
    return Shell(shared_home, tmp_path)
