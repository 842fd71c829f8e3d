"""The history is cut at its old end only, never into what a stored job is made of."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from djobs_daemon.store.records import EventFilter
from djobs_daemon.store.sqlite import upkeep
from djobs_daemon.store.sqlite.store import SqliteStore
from djobs_protocol.states import EventKind
from tests.store.conformance_retention import purge
from tests.store.ledger_tools import Clock, draft, enqueue, get, move

E = EventKind
DAY_MS = 86_400_000


async def done(store: SqliteStore, count: int) -> list[str]:
    ids = await enqueue(store, *[draft()] * count)
    for each in ids:
        await move(store, each, E.SUCCEEDED, evidence="ok")
    return ids


async def kept(store: SqliteStore) -> list[int]:
    events, _ = await store.read(lambda v: v.list_events(EventFilter(0, 2**50), 500, None))
    return sorted(event.seq for event in events)


async def test_events_of_stored_jobs_stay_however_old(store: SqliteStore, clock: Clock) -> None:
    await done(store, 2)
    clock.advance(900 * DAY_MS)
    assert await store.cut_history(clock.now) == 0
    assert len(await kept(store)) == 4
    assert (await store.check()).problems == []


async def test_the_cut_ends_before_the_first_event_of_the_oldest_stored_job(
    store: SqliteStore, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "CUT_EVENTS", 2)
    first, second = await enqueue(store, draft(), draft())
    (live,) = await enqueue(store)
    await move(store, first, E.SUCCEEDED)
    await move(store, second, E.SUCCEEDED)
    for each in (first, second):
        assert await purge(store, each)
    assert await kept(store) == [1, 2, 3, 4, 5, 6, 7]
    clock.advance(DAY_MS)
    assert await store.cut_history(clock.now) == 2
    assert await kept(store) == [3, 4, 5, 6, 7]
    assert await store.cut_history(clock.now) == 0
    await move(store, live, E.SUCCEEDED)
    report = await store.check()
    assert report.problems == []
    assert await store.read(lambda view: view.was_removed(first))


async def test_young_events_stay(store: SqliteStore, clock: Clock) -> None:
    (old,) = await done(store, 1)
    assert await purge(store, old)
    clock.advance(10)
    (young,) = await done(store, 1)
    assert await purge(store, young)
    assert await store.cut_history(clock.now) == 3
    assert await kept(store) == [4, 5, 6]
    assert (await store.check()).problems == []


async def test_a_history_that_is_cut_off_whole_goes_on_after_a_restart(
    path: Path, clock: Clock
) -> None:
    async with SqliteStore.open(str(path), backups="/nowhere", clock_ms=clock) as store:
        (old,) = await done(store, 1)
        assert await purge(store, old)
        assert await store.cut_history(clock.now + 1) == 3
        assert (await store.check()).problems == []
    async with SqliteStore.open(str(path), backups="/nowhere", clock_ms=clock) as store:
        (job_id,) = await enqueue(store)
        assert job_id != old
        assert (await get(store, job_id)).seq == 2
        assert await kept(store) == [4]
        assert (await store.check()).problems == []


async def test_what_is_missing_behind_the_cut_is_still_found(
    store: SqliteStore, path: Path, clock: Clock
) -> None:
    """A purged job's first events may be gone; a stored job's, or the end of another's, may not."""
    first, gone, _ = await enqueue(store, *[draft()] * 3)
    for each in (first, gone):
        await move(store, each, E.SUCCEEDED)
        assert await purge(store, each)
    clock.advance(1)
    await store.cut_history(clock.now)
    assert await kept(store) == [3, 4, 5, 6, 7]
    spoil(path, "DELETE FROM events WHERE seq = 7")
    problems = " ".join((await store.check()).problems)
    assert "the beginning of its history is missing" in problems


async def test_a_stored_job_without_its_beginning_is_named(
    store: SqliteStore, path: Path, clock: Clock
) -> None:
    await done(store, 2)
    spoil(path, "DELETE FROM events WHERE seq <= 2")
    assert "the beginning of its history is missing" in " ".join((await store.check()).problems)


def spoil(path: Path, statement: str) -> None:
    """Change what no statement of the daemon can."""
    with closing(sqlite3.connect(path)) as db:
        for trigger in ("events_are_not_removed", "events_are_not_changed"):
            db.execute(f"DROP TRIGGER {trigger}")
        db.execute(statement)
        if "seq <=" in statement:
            (head,) = db.execute("SELECT hash FROM events ORDER BY seq LIMIT 1").fetchone()
            cut = [("first_event", "3"), ("hash_before", bytes(head).hex()), ("jobs_cut", "2")]
            db.executemany("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", cut)
        db.commit()
