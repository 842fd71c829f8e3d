"""Database files of every release open for ever, with all that is in them."""

import gzip
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from djobs_daemon.store.records import JobFilter
from djobs_daemon.store.sqlite.database import create
from djobs_daemon.store.sqlite.migrate import load
from djobs_daemon.store.sqlite.store import SqliteStore
from djobs_protocol.states import EventKind, JobState
from djobs_protocol.version import SCHEMA_VERSION
from tests.store.ledger_tools import ACTOR, HERE, Clock, enqueue, key, move, moving

FILES = sorted(
    Path(__file__).parent.glob("schema-*.db.gz"),
    key=lambda path: int(path.name[7:].partition(".")[0]),
)


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="dj", dir="/tmp") as name:
        yield Path(name)


def unpacked(file: Path, folder: Path) -> Path:
    path = folder / "jobs.db"
    path.write_bytes(gzip.decompress(file.read_bytes()))
    return path


def test_each_schema_has_its_file() -> None:
    assert [each.name for each in FILES] == [
        f"schema-{number}.db.gz" for number in range(1, SCHEMA_VERSION + 1)
    ]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
async def test_an_old_database_opens_and_goes_on(file: Path, folder: Path) -> None:
    path = unpacked(file, folder)
    clock = Clock(1_800_000_100_000)
    async with SqliteStore.open(str(path), backups=str(folder / "b"), clock_ms=clock) as store:
        assert (await store.check()).problems == []
        counts = await store.read(lambda view: view.count_jobs(JobFilter(HERE)))
        assert counts == {JobState.SUCCEEDED: 1, JobState.RUNNING: 1, JobState.PENDING: 2}
        jobs, _ = await store.read(lambda view: view.list_jobs(JobFilter(), 10, None))
        assert [job.blockers for job in jobs] == [1, 0, 0, 0]
        *_, third, second, first = jobs
        assert (first.evidence, first.idempotency_key) == ("ok", "readme")
        assert (second.holder_agent, second.generation) == ("bob", 1)
        assert (third.run, third.last_error) == (2, "no")
        again = await store.write(ACTOR, moving(first.id, EventKind.SUCCEEDED), key("1"))
        assert first.id.encode() in again
        await move(store, third.id, EventKind.SUCCEEDED)
        await enqueue(store)
        assert (await store.check()).problems == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_released_migration_was_not_edited(file: Path, folder: Path) -> None:
    number = int(file.name.split("-")[1].split(".")[0])
    create(str(folder / "fresh.db"), load()[:number], 1)
    assert shape(unpacked(file, folder)) == shape(folder / "fresh.db")


def shape(path: Path) -> list[tuple[str, str, str]]:
    with closing(sqlite3.connect(path)) as db:
        return sorted(db.execute("SELECT type, name, coalesce(sql, '') FROM sqlite_schema"))
