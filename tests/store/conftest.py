"""A fresh SQLite store for each test."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from djobs_daemon.store.sqlite.store import SqliteStore
from tests.harness.quick_folder import quick_folder
from tests.store.ledger_tools import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def home() -> Iterator[Path]:
    with quick_folder() as folder:
        yield folder


@pytest.fixture
def path(home: Path) -> Path:
    return home / "jobs.db"


@pytest.fixture
async def store(path: Path, clock: Clock) -> AsyncIterator[SqliteStore]:
    backups = str(path.parent / "backups")
    async with SqliteStore.open(str(path), backups=backups, clock_ms=clock) as opened:
        yield opened
