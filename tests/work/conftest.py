"""Two sessions of one real daemon, or its handlers alone."""

import tempfile
from collections.abc import AsyncIterator, Iterator

import pytest

from djobs_local.call import Connection
from tests.crash.asking import HeldClock
from tests.crash.scenarios import open_store
from tests.harness.daemon import DaemonHome
from tests.work.desk import Desk


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


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    clock = HeldClock()
    with tempfile.TemporaryDirectory(prefix="dj", dir="/tmp") as folder:
        async with open_store(f"{folder}/jobs.db", clock=clock) as store:
            yield Desk(store, clock)
