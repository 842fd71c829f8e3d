"""Two sessions of one real daemon."""

from collections.abc import Iterator

import pytest

from djobs_local.call import Connection
from tests.harness.daemon import DaemonHome


@pytest.fixture
def home(running_daemon: DaemonHome) -> DaemonHome:
    return running_daemon


@pytest.fixture
def one(home: DaemonHome) -> Iterator[Connection]:
    with home.connect() as connection:
        yield connection


@pytest.fixture
def two(home: DaemonHome) -> Iterator[Connection]:
    with home.connect() as connection:
        yield connection
