"""The history forwards: every line once, in order, whatever the filter and the page."""

import pytest

from djobs_daemon.store.interface import Store
from djobs_daemon.store.records import FeedFilter, FeedPage
from djobs_protocol.states import EventKind
from tests.store.ledger_tools import HERE, OTHER, Clock, claim, draft, enqueue, move

E = EventKind
ALL = FeedFilter()


async def page(
    store: Store, after: int | None, which: FeedFilter = ALL, limit: int = 100
) -> FeedPage:
    return await store.read(lambda view: view.events_after(which, after, limit))


async def numbers(store: Store, which: FeedFilter, after: int = 0) -> list[int]:
    """Return the numbers of all lines that match, read two at a time."""
    found: list[int] = []
    while True:
        part = await page(store, after, which, 2)
        found += [event.seq for event in part.events]
        if part.offset >= part.newest:
            return found
        assert part.offset > after
        after = part.offset


class FeedConformance:
    async def test_what_comes_after_an_offset_comes_in_order(self, store: Store) -> None:
        first, second = await enqueue(store, draft(), draft())
        await move(store, first, E.SUCCEEDED)
        found = await page(store, 1)
        assert [(event.seq, event.job_id) for event in found.events] == [(2, second), (3, first)]
        assert (found.offset, found.first, found.newest) == (3, 1, 3)

    async def test_no_offset_means_the_end(self, store: Store) -> None:
        assert await page(store, None) == FeedPage((), 0, 1, 0)
        await enqueue(store, draft(), draft())
        assert await page(store, None) == FeedPage((), 2, 1, 2)
        assert list((await page(store, 2)).events) == []

    async def test_a_page_goes_on_where_the_last_one_ended(self, store: Store) -> None:
        await enqueue(store, *[draft()] * 5)
        found = await page(store, 0, limit=3)
        assert ([event.seq for event in found.events], found.offset) == ([1, 2, 3], 3)
        assert await numbers(store, ALL) == [1, 2, 3, 4, 5]

    @pytest.mark.parametrize(
        ("which", "expected"),
        [
            (FeedFilter(kinds=(E.SUCCEEDED, E.CLAIMED)), [4, 5]),
            (FeedFilter(types=("build",)), [2]),
            (FeedFilter(agent="bob"), [4, 5]),
            (FeedFilter(correlation_ids=("there",)), [3]),
            (FeedFilter(correlation_ids=("there", HERE)), [1, 2, 3, 4, 5]),
            (FeedFilter(correlation_ids=("nowhere",)), []),
            (FeedFilter(types=("build",), kinds=(E.CLAIMED,)), []),
        ],
    )
    async def test_a_filter_passes_what_it_names(
        self, store: Store, which: FeedFilter, expected: list[int]
    ) -> None:
        first, *_ = await enqueue(
            store, draft(), draft(type="build"), draft(correlation_id="there")
        )
        await claim(store, first, actor=OTHER)
        await move(store, first, E.SUCCEEDED, actor=OTHER)
        assert await numbers(store, which) == expected

    async def test_jobs_and_a_workflow_together_are_either(self, store: Store) -> None:
        first, second, _ = await enqueue(store, draft(), draft(), draft(correlation_id="there"))
        await move(store, second, E.SUCCEEDED)
        assert await numbers(store, FeedFilter(job_ids=(second,))) == [2, 4]
        assert await numbers(store, FeedFilter(job_ids=(first, second))) == [1, 2, 4]
        either = FeedFilter(job_ids=(second,), correlation_ids=("there",))
        assert await numbers(store, either) == [2, 3, 4]
        assert await numbers(store, FeedFilter(job_ids=("none",))) == []

    async def test_an_offset_is_found_by_time(self, store: Store, clock: Clock) -> None:
        start = clock.now
        assert await store.read(lambda view: view.offset_at(start)) == 0
        for _ in range(3):
            await enqueue(store)
            clock.advance(100)
        offsets = [
            await store.read(lambda view, at=at: view.offset_at(at))  # type: ignore[misc]
            for at in (0, start, start + 1, start + 200, start + 201)
        ]
        assert offsets == [0, 0, 1, 2, 3]
