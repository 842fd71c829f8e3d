"""What a commit says to those who wait, and what a long or shortened history has for them."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from djobs_daemon.store.interface import Ledger
from djobs_daemon.store.records import Committed, Done, FeedFilter, Need
from djobs_daemon.store.sqlite import feed_view
from djobs_daemon.store.sqlite.store import SqliteStore
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.states import EventKind
from tests.store.ledger_tools import ACTOR, draft, enqueue, move

E = EventKind


class Heard:
    """The news of a store, in the order they came."""

    def __init__(self) -> None:
        self.news: list[Committed] = []

    def listen(self, news: Committed) -> None:
        self.news.append(news)

    def since_last(self) -> tuple[int, list[str]]:
        """Return the newest line's number, and which jobs ended since the last question."""
        ended = [job_id for news in self.news for job_id in news.ended]
        newest = self.news[-1].newest
        self.news = []
        return newest, ended


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
async def store(path: Path, heard: Heard) -> AsyncIterator[SqliteStore]:
    async with SqliteStore.open(
        str(path), backups="/nowhere", clock_ms=lambda: 1, on_committed=heard.listen
    ) as opened:
        yield opened


async def test_a_commit_tells_of_its_last_line_and_of_the_jobs_that_ended(
    store: SqliteStore, heard: Heard
) -> None:
    first, second = await enqueue(store, draft(), draft())
    assert heard.since_last() == (2, [])
    await move(store, second, E.SUCCEEDED)
    assert heard.since_last() == (3, [second])
    await move(store, first, E.CLAIMED, lease_expires_at=5)
    assert heard.since_last() == (4, [])


async def test_a_job_that_ends_with_another_is_told_of_as_well(
    store: SqliteStore, heard: Heard
) -> None:
    (first,) = await enqueue(store)
    (bound,) = await enqueue(store, draft(depends_on=(Need(first, "cancel"),), blockers=1))
    await move(store, first, E.FAILED, last_error="no")
    assert heard.since_last()[1] == [first, bound]


async def test_an_end_that_is_taken_back_is_not_told_of(store: SqliteStore, heard: Heard) -> None:
    first, second = await enqueue(store, draft(), draft())
    heard.since_last()

    def ends_and_fails(ledger: Ledger) -> Done:
        job = ledger.job(first)
        assert job is not None
        ledger.move(job, E.SUCCEEDED)
        raise DjobsError(ErrorCode.CONFLICT)

    refused, _ = await asyncio.gather(
        store.write(ACTOR, ends_and_fails), move(store, second, E.SUCCEEDED), return_exceptions=True
    )
    assert isinstance(refused, DjobsError)
    assert heard.since_last() == (3, [second])


async def test_a_history_that_was_cut_is_read_from_its_first_line_on(
    store: SqliteStore, path: Path
) -> None:
    await enqueue(store, *[draft()] * 5)
    with closing(sqlite3.connect(path)) as db:
        db.execute("INSERT INTO meta (name, value) VALUES ('first_event', '4')")
        db.execute("INSERT INTO meta (name, value) VALUES ('hash_before', '00')")
        db.execute("DELETE FROM events WHERE seq < 4")
        db.commit()
    found = await store.read(lambda view: view.events_after(FeedFilter(), 1, 10))
    assert ([event.seq for event in found.events], found.first) == ([4, 5], 4)
    assert await store.read(lambda view: view.offset_at(0)) == 3


async def test_a_page_looks_at_a_bounded_number_of_lines_and_says_how_far_it_came(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_view, "LINES_MAX", 3)
    *_, last = await enqueue(store, *[draft()] * 8, draft(type="rare"))
    rare = FeedFilter(types=("rare",))
    found = await store.read(lambda view: view.events_after(rare, 0, 10))
    assert (list(found.events), found.offset, found.newest) == ([], 3, 9)
    leap = await store.read(lambda view: view.events_after(FeedFilter(job_ids=(last,)), 0, 10))
    assert ([event.seq for event in leap.events], leap.offset) == ([9], 9)
