"""Writing: all or nothing, exactly once, in groups."""

import anyio
import msgspec
import pytest

from djobs_daemon.store.interface import Ledger, Store, View
from djobs_daemon.store.records import JobFilter
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.job_replies import EnqueuedJob, EnqueuedJobs
from djobs_protocol.replies import Reply
from djobs_protocol.states import EventKind, JobState
from tests.store.ledger_tools import (
    ACTOR,
    HERE,
    OTHER,
    draft,
    enqueue,
    get,
    inserting,
    key,
    listed,
    moving,
)

CALLERS = 32


class WritesConformance:
    async def test_a_refused_work_leaves_nothing(self, store: Store) -> None:
        def work(ledger: Ledger) -> Reply:
            ledger.insert_jobs([draft(), draft()])
            raise DjobsError(ErrorCode.TOO_LARGE, "refused at the end")

        with pytest.raises(DjobsError, match="refused at the end"):
            await store.write(ACTOR, work, key("1"))
        assert await listed(store) == []
        assert (await store.check()).problems == []

    async def test_a_fault_in_the_work_is_that_requests_alone(self, store: Store) -> None:
        def faulty(ledger: Ledger) -> Reply:
            ledger.insert_jobs([draft(type="faulty", workspace="/new", correlation_id="new")])
            raise ZeroDivisionError

        refusals = []

        async def fail() -> None:
            with pytest.raises(DjobsError) as refusal:
                await store.write(ACTOR, faulty)
            refusals.append(refusal.value.code)

        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(enqueue, store)
                tasks.start_soon(fail)
        assert refusals == [ErrorCode.INTERNAL] * 5
        assert len(await listed(store)) == 5
        await enqueue(store, draft(type="faulty", workspace="/new", correlation_id="new"))
        assert (await store.check()).problems == []

    async def test_an_answer_is_given_again_not_earned_again(self, store: Store) -> None:
        first = await store.write(ACTOR, inserting(draft()), key("7"))
        assert await store.write(ACTOR, inserting(draft()), key("7")) == first
        assert len(await listed(store)) == 1
        other = await store.write(ACTOR, inserting(draft()), key("8"))
        theirs = await store.write(OTHER, inserting(draft()), key("7", OTHER.session))
        assert len({first, other, theirs}) == 3

    async def test_d4_a_refused_request_may_be_sent_again(self, store: Store) -> None:
        (job_id,) = await enqueue(store)
        with pytest.raises(DjobsError):
            await store.write(ACTOR, moving(job_id, EventKind.STOPPED), key("1"))
        await store.write(ACTOR, moving(job_id, EventKind.SUCCEEDED), key("1"))
        events, total = await store.read(lambda view: view.events_of(job_id, 10))
        assert (total, events[-1].kind) == (2, EventKind.SUCCEEDED)

    async def test_a_key_used_for_another_request_is_refused(self, store: Store) -> None:
        await store.write(ACTOR, inserting(draft()), key("7"))
        with pytest.raises(DjobsError) as refusal:
            await store.write(ACTOR, inserting(draft()), key("7", digest=b"another1"))
        assert refusal.value.code is ErrorCode.REQUEST_REUSED
        assert len(await listed(store)) == 1

    async def test_copies_of_one_request_at_once_take_effect_once(self, store: Store) -> None:
        answers = []

        async def send() -> None:
            answers.append(await store.write(ACTOR, inserting(draft()), key("7")))

        async with anyio.create_task_group() as tasks:
            for _ in range(CALLERS):
                tasks.start_soon(send)
        assert len(set(answers)) == 1
        assert len(answers) == CALLERS
        assert len(await listed(store)) == 1

    async def test_a_session_that_ended_is_forgotten(self, store: Store) -> None:
        await store.write(ACTOR, inserting(draft()), key("1"))
        await store.write(OTHER, inserting(draft()), key("1", OTHER.session))
        await store.forget_session(ACTOR.session)
        await store.forget_session("never-heard-of")
        await store.write(ACTOR, inserting(draft()), key("1"))
        await store.write(OTHER, inserting(draft()), key("1", OTHER.session))
        assert len(await listed(store)) == 3

    async def test_d8_racing_writers_of_one_key_make_one_job(self, store: Store) -> None:
        def enqueue_once(ledger: Ledger) -> Reply:
            owners = ledger.jobs_by_keys(HERE, ["k"])
            rows = [owners["k"]] if owners else ledger.insert_jobs([draft(idempotency_key="k")])
            return inserted(rows[0].id)

        answers = []

        async def send() -> None:
            answers.append(await store.write(ACTOR, enqueue_once))

        async with anyio.create_task_group() as tasks:
            for _ in range(CALLERS):
                tasks.start_soon(send)
        assert len(answers) == CALLERS
        assert len(set(answers)) == 1

    async def test_a_cancelled_caller_does_not_withdraw_its_write(self, store: Store) -> None:
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(enqueue, store)
                await anyio.lowlevel.checkpoint()
                scope.cancel()
        await enqueue(store)  # whatever came before is committed with or before this
        assert len(await listed(store)) == 2

    async def test_a_read_sees_every_acknowledged_write(self, store: Store) -> None:
        for _ in range(50):
            (job_id,) = await enqueue(store)
            assert (await get(store, job_id)).id == job_id

    async def test_a_read_is_one_snapshot(self, store: Store) -> None:
        await enqueue(store)
        counted = []

        def look(view: View) -> None:
            counted.append(view.count_jobs(JobFilter()))

        async with anyio.create_task_group() as tasks:
            for _ in range(CALLERS):
                tasks.start_soon(enqueue, store, draft(), draft())
                tasks.start_soon(store.read, look)
        assert all(sum(each.values()) % 2 == 1 for each in counted)

    async def test_a_fault_in_a_read_does_not_spoil_the_next(self, store: Store) -> None:
        with pytest.raises(ZeroDivisionError):
            await store.read(lambda _: 1 // 0)
        assert await listed(store) == []

    async def test_a_batch_of_500_is_all_there(self, store: Store) -> None:
        answer = await store.write(ACTOR, inserting(*[draft()] * 500), key("1"))
        ids = [job.id for job in msgspec.json.decode(answer, type=EnqueuedJobs).jobs]
        assert await listed(store) == ids[::-1]
        assert len(set(ids)) == 500


def inserted(job_id: str) -> Reply:
    job = EnqueuedJob(id=job_id, state=JobState.PENDING)
    return EnqueuedJobs(correlation_id=HERE, jobs=[job])
