"""What is due once a day: space is given back, and what fails is told in the store's own words."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from djobs_daemon.store.sqlite import upkeep
from djobs_daemon.store.sqlite.store import SqliteStore
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.states import EventKind
from tests.harness.limits import file_bytes_at_most, no_more_descriptors
from tests.store.ledger_tools import ACTOR, Clock, draft, enqueue, key, listed, moving

HOUR_MS = 3_600_000


def free_pages(path: Path) -> int:
    with closing(sqlite3.connect(path)) as db:
        return int(db.execute("PRAGMA freelist_count").fetchone()[0])


def free_payloads(store: SqliteStore) -> None:
    store._book.db.execute("DELETE FROM texts")


async def with_free_pages(store: SqliteStore) -> None:
    await enqueue(store, *[draft(payload='"' + "x" * 4000 + '"')] * 300)
    await store._connection.run(free_payloads, store)


async def test_all_free_pages_are_given_back(store: SqliteStore, path: Path) -> None:
    await with_free_pages(store)
    assert free_pages(path) > 100
    await store.maintain()
    assert free_pages(path) == 0


async def test_no_more_pages_are_given_back_in_one_go_than_the_bound_says(
    store: SqliteStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await with_free_pages(store)
    before = free_pages(path)
    monkeypatch.setattr(upkeep, "VACUUM_PAGES_MAX", 10)
    await store.maintain()
    assert free_pages(path) == before - 10


async def test_without_descriptors_a_copy_and_a_check_are_refused_and_the_ledger_goes_on(
    store: SqliteStore, path: Path
) -> None:
    for chore in (store.backup, store.check):
        with no_more_descriptors(), pytest.raises(DjobsError) as refusal:
            await chore()
        assert refusal.value.code is ErrorCode.STORAGE_FAILED
        assert str(path) in refusal.value.message
    await enqueue(store)
    assert (await store.check()).ok


async def test_a_disk_that_fails_while_tidying_is_named_and_loses_nothing(
    store: SqliteStore, path: Path
) -> None:
    ids = await enqueue(store, *[draft(payload='"' + "x" * 4000 + '"')] * 100)
    with file_bytes_at_most(path.stat().st_size), pytest.raises(DjobsError) as refusal:
        await store.maintain()
    assert refusal.value.code in (ErrorCode.STORAGE_FAILED, ErrorCode.STORAGE_FULL)
    assert str(path) in refusal.value.message
    await store.maintain()
    assert await listed(store) == ids[::-1]
    assert (await store.check()).ok


async def test_an_answer_is_kept_for_as_long_as_was_chosen(path: Path, clock: Clock) -> None:
    opening = SqliteStore.open(
        str(path), backups="/nowhere", clock_ms=clock, answers_kept_ms=2 * HOUR_MS
    )
    async with opening as store:
        (job_id,) = await enqueue(store)
        report = moving(job_id, EventKind.SUCCEEDED)
        first = await store.write(ACTOR, report, key("1"))
        clock.advance(HOUR_MS)
        await store.maintain()
        assert await store.write(ACTOR, report, key("1")) == first
        clock.advance(2 * HOUR_MS)
        await store.maintain()
        with pytest.raises(DjobsError):
            await store.write(ACTOR, report, key("1"))


async def test_what_killed_copies_left_is_gone_after_the_next_start(
    path: Path, clock: Clock
) -> None:
    folder = path.parent / "backups"
    folder.mkdir()
    for name in ("jobs-20270115T080000.000Z.db.part", "jobs-20270115T080000.000Z.db.part-journal"):
        (folder / name).write_bytes(b"half a copy")
    (folder / "jobs-mine.db").write_bytes(b"whole")
    (folder / "notes.db.part").write_bytes(b"not ours")
    async with SqliteStore.open(str(path), backups=str(folder), clock_ms=clock):
        names = {each.name for each in folder.iterdir()}
    assert names == {"jobs-mine.db", "notes.db.part"}
