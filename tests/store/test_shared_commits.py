"""Requests of one group: written together, refused one by one."""

from typing import Any

import anyio

from djobs_daemon.store.interface import Ledger
from djobs_daemon.store.records import Done, JobFilter, JobRow, RequestKey, Wanted
from djobs_daemon.store.sqlite.store import SqliteStore
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.job_replies import FinishedJob
from djobs_protocol.states import EventKind, JobState
from tests.store.group_tools import CALLERS, busy, traced
from tests.store.ledger_tools import (
    ACTOR,
    HERE,
    draft,
    enqueue,
    get,
    inserting,
    key,
    listed,
    moving,
)


async def all_at_once(store: SqliteStore, *works: Any, **keys: RequestKey) -> list[bytes | str]:
    """Have works written in one group; return each one's answer, or the code of its refusal."""
    outcomes: dict[int, bytes | str] = {}

    async def write(place: int, work: Any) -> None:
        try:
            outcomes[place] = await store.write(ACTOR, work, keys.get(f"of_{place}"))
        except DjobsError as error:
            outcomes[place] = error.code

    with busy(store) as gate:
        async with anyio.create_task_group() as tasks:
            for place, work in enumerate(works):
                tasks.start_soon(write, place, work)
            await anyio.wait_all_tasks_blocked()
            gate.set()
    return [outcomes[place] for place in range(len(works))]


def existing(ledger: Ledger, job_id: str) -> JobRow:
    job = ledger.job(job_id)
    assert job is not None
    return job


def calls(statements: list[str], beginning: str) -> int:
    return sum(each.strip().startswith(beginning) for each in statements)


async def test_writes_of_one_group_count_once(store: SqliteStore) -> None:
    await enqueue(store)
    statements = await traced(store)
    await all_at_once(store, *[inserting(draft())] * CALLERS)
    assert calls(statements, "INSERT INTO tallies") == 1
    assert calls(statements, "SAVEPOINT") == 0
    counted = await store.read(lambda view: view.count_jobs(JobFilter(HERE)))
    assert counted == {JobState.PENDING: CALLERS + 1}
    assert (await store.check()).problems == []


async def test_a_refusal_in_a_group_is_found_out_and_only_it(store: SqliteStore) -> None:
    (job_id,) = await enqueue(store)
    statements = await traced(store)
    outcomes = await all_at_once(
        store,
        inserting(draft()),
        moving(job_id, EventKind.SUCCEEDED),
        moving(job_id, EventKind.CANCELLED),
        inserting(draft()),
    )
    assert outcomes[2] == ErrorCode.ILLEGAL_TRANSITION
    assert [type(each) for each in outcomes] == [bytes, bytes, ErrorCode, bytes]
    assert calls(statements, "SAVEPOINT") == 4
    assert len(await listed(store)) == 3
    assert (await store.check()).problems == []


async def test_a_write_sees_what_those_before_it_in_its_group_wrote(store: SqliteStore) -> None:
    (first,) = await enqueue(store)
    seen: list[Any] = []

    def look(ledger: Ledger) -> Done:
        jobs, _ = ledger.list_jobs(JobFilter(HERE), 500, None)
        events, _ = ledger.events_of(first, 500)
        since, _ = ledger.unfinished_since(HERE)
        seen[:] = [jobs[0].payload, len(jobs), [event.kind for event in events], since]
        return Done()

    new = draft(payload='{"path":"new.py"}')
    await all_at_once(store, moving(first, EventKind.SUCCEEDED), inserting(draft(), new), look)
    assert seen == ['{"path":"new.py"}', 3, ["enqueued", "succeeded"], 2]


async def test_a_claim_sees_the_jobs_and_payloads_written_before_it_in_its_group(
    store: SqliteStore,
) -> None:
    (old,) = await enqueue(store, draft(priority=5))
    new = draft(payload='{"path":"new.py"}', priority=1)
    seen: list[Any] = []

    def look(ledger: Ledger) -> Done:
        job = ledger.next_ready(Wanted(workspace=HERE))
        seen.append(job and (job.priority, job.payload))
        return Done()

    def amend(ledger: Ledger) -> Done:
        ledger.mark(existing(ledger, old), EventKind.AMENDED, payload='{"path":"old.py"}')
        return Done()

    def take(ledger: Ledger) -> Done:
        job = ledger.next_ready(Wanted(workspace=HERE))
        assert job is not None
        ledger.move(job, EventKind.CLAIMED, lease_expires_at=2**40)
        return Done()

    await all_at_once(store, inserting(new), look, take, look, amend, look)
    assert seen[0] == (1, '{"path":"new.py"}')
    assert seen[1] is not None
    assert seen[2] == (5, '{"path":"old.py"}')


async def test_a_report_sees_the_evidence_of_the_report_before_it_in_its_group(
    store: SqliteStore,
) -> None:
    (first, _) = await enqueue(store, draft(), draft())
    seen: list[Any] = []

    def look(ledger: Ledger) -> Done:
        seen.append((existing(ledger, first).evidence, ledger.count_unfinished(HERE)))
        return Done()

    report = moving(first, EventKind.SUCCEEDED, evidence="tested")
    await all_at_once(store, look, report, look, inserting(draft()), look)
    assert seen == [(None, 2), ("tested", 1), ("tested", 2)]


async def test_claims_and_reports_of_a_group_add_to_the_history_by_one_call(
    store: SqliteStore,
) -> None:
    ids = await enqueue(store, *[draft()] * 4)
    statements = await traced(store)

    await all_at_once(store, *[moving(each, EventKind.SUCCEEDED, evidence="ok") for each in ids])

    first = next(n for n, each in enumerate(statements) if "INSERT INTO events" in each)
    assert not any("UPDATE jobs" in each for each in statements[first:])


async def test_a_request_twice_in_one_group_is_done_once(store: SqliteStore) -> None:
    work = inserting(draft())
    first, again = await all_at_once(store, work, work, of_0=key("1"), of_1=key("1"))
    assert first == again
    assert len(await listed(store)) == 1


async def test_a_repeated_request_that_would_find_nothing_now_gets_its_first_answer(
    store: SqliteStore,
) -> None:
    """A claim, say: its first answer is kept, that there is nothing is not."""
    (job_id,) = await enqueue(store)

    def take(ledger: Ledger) -> Any:
        jobs, _ = ledger.list_jobs(JobFilter(HERE, (JobState.PENDING,)), 500, None)
        for job in jobs:
            ledger.move(job, EventKind.SUCCEEDED)
        return moving_answer(job_id) if jobs else Done()

    first = await store.write(ACTOR, take, key("1"))
    assert await store.write(ACTOR, take, key("1")) == first
    (other,) = await enqueue(store)
    assert await store.write(ACTOR, take, key("1")) == first
    assert (await get(store, other)).state is JobState.PENDING


def moving_answer(job_id: str) -> FinishedJob:
    return FinishedJob(id=job_id, state=JobState.SUCCEEDED, correlation_id=HERE, unfinished=0)
