"""What is archived is left out of lists and counts; what is purged is gone, and its events stay."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from djobs_daemon.store.interface import Ledger, Store, View
from djobs_daemon.store.records import Done, JobFilter
from djobs_daemon.store.upkeep_records import PurgePage, PurgePolicy
from djobs_protocol.states import EventKind, JobState
from tests.store.ledger_tools import ACTOR, HERE, Clock, draft, enqueue, get, listed, move

E = EventKind
ENDED = (JobState.SUCCEEDED, JobState.FAILED)


def marking(job_id: str, event: EventKind, **changes: Any) -> Callable[[Ledger], Done]:
    """Return work that marks a job."""

    def work(ledger: Ledger) -> Done:
        job = ledger.job(job_id)
        assert job is not None
        ledger.mark(job, event, **changes)
        return Done()

    return work


async def purge(store: Store, job_id: str) -> bool:
    """Remove a job if it may go."""
    gone = []

    def work(ledger: Ledger) -> Done:
        job = ledger.job(job_id)
        assert job is not None
        gone.append(ledger.purge(job, "old"))
        return Done()

    await store.write(ACTOR, work)
    return gone[-1]


def archived_page(which: JobFilter, view: View) -> list[str]:
    jobs, _ = view.list_jobs(which, 5, None)
    return [job.id for job in jobs]


async def to_purge(store: Store, policy: PurgePolicy, cursor: str | None = None) -> PurgePage:
    return await store.read(lambda view: view.to_purge(policy, 2, cursor))


class RetentionConformance:
    async def test_an_archived_job_is_in_no_list_and_no_count(
        self, store: Store, clock: Clock
    ) -> None:
        ids = await enqueue(store, *[draft()] * 3)
        await move(store, ids[0], E.FAILED)
        await move(store, ids[1], E.SUCCEEDED)
        ended = await store.read(lambda view: view.ended_jobs(HERE, ENDED, 9))
        assert sorted(ended) == ids[:2]
        await store.write(ACTOR, marking(ids[0], E.ARCHIVED, archived_at=clock.now))
        assert (await get(store, ids[0])).archived_at == clock.now
        assert await listed(store) == await listed(store, correlation_id=None) == [ids[2], ids[1]]
        assert await listed(store, [JobState.FAILED]) == []
        counts = await store.read(lambda view: view.count_jobs(JobFilter(HERE)))
        assert counts == {JobState.SUCCEEDED: 1, JobState.PENDING: 1}
        assert await store.read(lambda view: view.count_archived()) == 1
        assert await store.read(lambda view: view.failed(None, (), 5, None)) == ([], None)
        assert await store.read(lambda view: view.archived_jobs(HERE, 5)) == [ids[0]]
        assert await store.read(lambda view: view.ended_jobs(HERE, ENDED, 9)) == [ids[1]]
        for workflow in (HERE, None):
            look = partial(archived_page, JobFilter(workflow, archived=True))
            assert await store.read(look) == [ids[0]]

    @pytest.mark.parametrize("back", [E.UNARCHIVED, E.RETRIED])
    async def test_a_job_comes_back_from_the_archive(
        self, store: Store, clock: Clock, back: EventKind
    ) -> None:
        (job_id,) = await enqueue(store)
        await move(store, job_id, E.FAILED)
        await store.write(ACTOR, marking(job_id, E.ARCHIVED, archived_at=clock.now))
        if back is E.RETRIED:
            await move(store, job_id, back)
        else:
            await store.write(ACTOR, marking(job_id, back, archived_at=None))
        job = await get(store, job_id)
        assert job.archived_at is None
        counts = await store.read(lambda view: view.count_jobs(JobFilter(HERE)))
        assert counts == {job.state: 1}
        assert await store.read(lambda view: view.count_archived()) == 0
        assert (await store.check()).problems == []

    async def test_a_purged_job_is_gone_and_its_events_stay(self, store: Store) -> None:
        first, second = await enqueue(store, draft(), draft())
        await move(store, first, E.SUCCEEDED, evidence="ok")
        assert await purge(store, first)
        assert await store.read(lambda view: view.job(first)) is None
        assert await store.read(lambda view: view.was_removed(first))
        events, total = await store.read(lambda view: view.events_of(first, 9))
        assert [event.kind for event in events] == [E.ENQUEUED, E.SUCCEEDED, E.PURGED]
        assert (total, events[-1].note) == (3, "old")
        counts = await store.read(lambda view: view.count_jobs(JobFilter(HERE)))
        assert counts == {JobState.PENDING: 1}
        (third,) = await enqueue(store)
        assert third not in (first, second)
        assert (await store.check()).problems == []

    async def test_the_newest_number_is_not_given_twice(self, store: Store) -> None:
        (job_id,) = await enqueue(store)
        await move(store, job_id, E.SKIPPED)
        assert await purge(store, job_id)
        assert await enqueue(store) != [job_id]

    async def test_a_job_that_another_needs_stays_as_long_as_that_one(self, store: Store) -> None:
        (first,) = await enqueue(store)
        await move(store, first, E.SUCCEEDED)
        (second,) = await enqueue(store, draft(depends_on=(first,)))
        assert not await purge(store, first)
        assert (await get(store, first)).state is JobState.SUCCEEDED
        await move(store, second, E.SUCCEEDED)
        assert await purge(store, second)
        assert await purge(store, first)
        assert (await store.check()).problems == []

    async def test_an_open_job_is_never_purged(self, store: Store) -> None:
        (job_id,) = await enqueue(store)

        def work(ledger: Ledger) -> Done:
            job = ledger.job(job_id)
            assert job is not None
            with pytest.raises(TypeError):
                ledger.purge(job, "no")
            return Done()

        await store.write(ACTOR, work)
        assert (await get(store, job_id)).state is JobState.PENDING

    async def test_a_policy_lets_go_what_ended_last_first_page_by_page(
        self, store: Store, clock: Clock
    ) -> None:
        ids = await enqueue(store, *[draft()] * 4, draft(idempotency_key="k", key_ms=10**9))
        for each in [*ids[:3], ids[4]]:
            await move(store, each, E.SUCCEEDED)
            clock.advance(10)
        policy = PurgePolicy(clock.now, (JobState.SUCCEEDED,), (), clock.now)
        page = await to_purge(store, policy)
        assert page.free == [ids[2], ids[1]]
        assert (await to_purge(store, policy, page.cursor)) == ([ids[0]], [], None)
        young = PurgePolicy(clock.now - 30, (JobState.SUCCEEDED,), (), clock.now)
        assert (await to_purge(store, young)).free == [ids[0]]
        other = PurgePolicy(clock.now, (JobState.SUCCEEDED,), (), clock.now, "another")
        assert (await to_purge(store, other)).free == []

    async def test_a_policy_names_those_that_are_needed_by_what_it_keeps(
        self, store: Store, clock: Clock
    ) -> None:
        first, second = await enqueue(store, draft(), draft())
        await move(store, first, E.SUCCEEDED)
        await move(store, second, E.FAILED)
        await enqueue(store, draft(depends_on=(first,)))
        await store.write(ACTOR, marking(second, E.ARCHIVED, archived_at=clock.now))
        policy = PurgePolicy(clock.now + 1, (JobState.SUCCEEDED,), (JobState.FAILED,), clock.now)
        assert await to_purge(store, policy) == ([second], [first], None)
