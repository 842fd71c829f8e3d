"""Lists of jobs: order, filters, pages, counts."""

from collections.abc import Callable
from functools import partial

import pytest

from djobs_daemon.queue.present import present_job
from djobs_daemon.store.interface import Store, View
from djobs_daemon.store.records import JobFilter, JobRow, encode_reply
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.limits import FRAME_BYTES_MAX
from djobs_protocol.reading_replies import JobPage
from djobs_protocol.states import EventKind, JobState
from tests.store.ledger_tools import HERE, Clock, claim, draft, enqueue, listed, move

E = EventKind
Page = tuple[list[JobRow], str | None]


async def walk(store: Store, page: Callable[[str | None, View], Page]) -> list[str]:
    """Return the ids on all pages."""
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(100):
        jobs, cursor = await store.read(partial(page, cursor))
        seen += [job.id for job in jobs]
        if cursor is None:
            return seen
    raise AssertionError("the pages do not end")


class PagesConformance:
    async def test_jobs_are_listed_newest_first(self, store: Store) -> None:
        ids = await enqueue(store, *[draft()] * 5)
        assert await listed(store) == ids[::-1]
        assert await listed(store, correlation_id=None) == ids[::-1]
        assert await listed(store, correlation_id="elsewhere") == []

    @pytest.mark.parametrize("correlation_id", [HERE, None])
    async def test_jobs_are_filtered_by_state(
        self, store: Store, correlation_id: str | None
    ) -> None:
        ids = await enqueue(store, *[draft()] * 6)
        await move(store, ids[1], E.SUCCEEDED)
        await move(store, ids[4], E.SUCCEEDED)
        await move(store, ids[2], E.FAILED)
        wanted = [JobState.SUCCEEDED, JobState.FAILED, JobState.SUCCEEDED]
        found = await listed(store, wanted, correlation_id)
        assert found == [ids[4], ids[2], ids[1]]

    @pytest.mark.parametrize("size", [1, 3, 7, 8])
    @pytest.mark.parametrize("correlation_id", [HERE, None])
    @pytest.mark.parametrize("states", [(), (JobState.PENDING, JobState.FAILED)])
    async def test_pages_of_jobs_meet_without_overlap(
        self, store: Store, size: int, correlation_id: str | None, states: tuple[JobState, ...]
    ) -> None:
        ids = await enqueue(store, *[draft()] * 7)
        await move(store, ids[3], E.FAILED)
        which = JobFilter(correlation_id, states)
        found = await walk(store, lambda cursor, view: view.list_jobs(which, size, cursor))
        assert found == ids[::-1]

    @pytest.mark.parametrize(
        ("payload", "evidence"),
        [("x" * 250_000, None), ("\N{GRINNING FACE}" * 60_000, None), ("", "\x01" * 64_000)],
        ids=["plain", "four bytes each", "six bytes each"],
    )
    async def test_a_page_of_large_jobs_fits_a_frame_and_the_rest_follows(
        self, store: Store, payload: str, evidence: str | None
    ) -> None:
        ids = []
        for _ in range(20):
            ids += await enqueue(store, draft(payload=f'"{payload}"'))
            await move(store, ids[-1], E.SUCCEEDED, evidence=evidence)
        page, _ = await store.read(lambda view: view.list_jobs(JobFilter(), 500, None))
        reply = JobPage(jobs=[present_job(job) for job in page])
        assert len(encode_reply(reply)) < FRAME_BYTES_MAX
        found = await walk(store, lambda cursor, view: view.list_jobs(JobFilter(), 500, cursor))
        assert found == ids[::-1]

    @pytest.mark.parametrize("size", [1, 2, 20])
    async def test_unfinished_jobs_come_by_priority_then_age(self, store: Store, size: int) -> None:
        low, high, middle, done = await enqueue(
            store, *(draft(priority=each) for each in (9, 1, 5, 1))
        )
        (second,) = await enqueue(store, draft(priority=5))
        await enqueue(store, draft(correlation_id="elsewhere"))
        await move(store, done, E.SUCCEEDED)
        await claim(store, second)
        found = await walk(store, lambda cursor, view: view.list_unfinished(HERE, size, cursor))
        assert found == [high, middle, second, low]

    async def test_unfinished_counts_and_dates_the_oldest(self, store: Store, clock: Clock) -> None:
        assert await store.read(lambda view: view.unfinished_since(HERE)) == (0, None)
        (first,) = await enqueue(store, draft(priority=1))
        clock.advance(50)
        await enqueue(store, draft(priority=9), draft(priority=2))
        await move(store, first, E.SUCCEEDED)
        assert await store.read(lambda view: view.unfinished_since(HERE)) == (2, clock.now)
        assert await store.read(lambda view: view.count_unfinished(HERE)) == 2

    @pytest.mark.parametrize("priority", [1, 5, 10])
    async def test_the_oldest_is_found_whatever_its_priority(
        self, store: Store, clock: Clock, priority: int
    ) -> None:
        oldest = clock.now
        await enqueue(store, draft(priority=priority))
        clock.advance(50)
        await enqueue(store, *(draft(priority=each) for each in range(1, 11)))
        found = await store.read(lambda view: view.unfinished_since(HERE))
        assert found == (11, oldest)

    async def test_jobs_are_counted_by_state(self, store: Store) -> None:
        ids = await enqueue(store, *[draft()] * 4)
        await enqueue(store, draft(correlation_id="elsewhere"))
        await move(store, ids[0], E.SUCCEEDED)
        await claim(store, ids[1])
        everywhere = await store.read(lambda view: view.count_jobs(JobFilter()))
        assert everywhere == {JobState.PENDING: 3, JobState.RUNNING: 1, JobState.SUCCEEDED: 1}
        which = JobFilter(HERE, (JobState.PENDING, JobState.FAILED))
        assert await store.read(lambda view: view.count_jobs(which)) == {JobState.PENDING: 2}
        nowhere = JobFilter("nowhere")
        assert await store.read(lambda view: view.count_jobs(nowhere)) == {}

    @pytest.mark.parametrize("cursor", ["", "x", "1.2.3", "-1", "1e9", "9" * 40, "٣"])
    async def test_a_made_up_cursor_is_refused(self, store: Store, cursor: str) -> None:
        with pytest.raises(DjobsError) as refusal:
            await store.read(lambda view: view.list_jobs(JobFilter(), 5, cursor))
        assert refusal.value.code is ErrorCode.INVALID_PARAMS
