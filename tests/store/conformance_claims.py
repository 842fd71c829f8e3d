"""Claims: which job comes next, who waits for a resource, what is due when."""

import msgspec
import pytest

from djobs_daemon.store.interface import Ledger, Store
from djobs_daemon.store.records import Done, JobRow, Need, Wanted
from djobs_protocol.states import EventKind, JobState
from tests.store.ledger_tools import (
    ACTOR,
    HERE,
    MINUTE_MS,
    OTHER,
    Clock,
    claim,
    draft,
    enqueue,
    get,
    move,
)

E = EventKind
MINE = Wanted(workspace=HERE)


async def next_id(store: Store, wanted: Wanted = MINE) -> str | None:
    job: JobRow | None = None

    def look(ledger: Ledger) -> Done:
        nonlocal job
        job = ledger.next_ready(wanted)
        return Done()

    await store.write(ACTOR, look)
    return None if job is None else job.id


async def park(store: Store, job_id: str) -> None:
    def work(ledger: Ledger) -> Done:
        job = ledger.job(job_id)
        assert job is not None
        ledger.park(job)
        return Done()

    await store.write(ACTOR, work)


async def make_due(store: Store, until: int) -> list[str]:
    found: list[JobRow] = []

    def work(ledger: Ledger) -> Done:
        found.extend(ledger.make_due(until, 100))
        return Done()

    await store.write(ACTOR, work)
    return [job.id for job in found]


class ClaimsConformance:
    async def test_the_most_urgent_then_oldest_comes_first(self, store: Store) -> None:
        low, old, young = await enqueue(
            store, draft(priority=9), draft(priority=2, type="b"), draft(priority=2, type="a")
        )
        assert await next_id(store) == old
        await claim(store, old)
        assert await next_id(store) == young
        await claim(store, young)
        assert await next_id(store) == low

    @pytest.mark.parametrize(
        "wanted",
        [
            Wanted(workspace="/elsewhere"),
            Wanted(workspace=HERE, types=("lint", "never heard of")),
            Wanted(correlation_id="another"),
            Wanted(workspace=HERE, managed_by="worker"),
            Wanted(managed_by="executor"),
        ],
        ids=str,
    )
    async def test_nobody_gets_what_is_meant_for_others(self, store: Store, wanted: Wanted) -> None:
        await enqueue(store)
        assert await next_id(store, wanted) is None

    async def test_a_workflow_is_found_in_whatever_workspace(self, store: Store) -> None:
        (job_id,) = await enqueue(store, draft(workspace="/elsewhere", correlation_id="release"))
        assert await next_id(store, Wanted(correlation_id="release")) == job_id

    async def test_named_types_are_all_looked_at(self, store: Store) -> None:
        await enqueue(store, draft(type="a"))
        late, urgent = await enqueue(store, draft(type="b"), draft(type="c", priority=1))
        wanted = Wanted(workspace=HERE, types=("c", "b"))
        assert await next_id(store, wanted) == urgent
        await claim(store, urgent)
        assert await next_id(store, wanted) == late

    async def test_workspaces_take_turns(self, store: Store) -> None:
        places = ["/a", "/b", "/c"]
        ids = {place: (await enqueue(store, draft(workspace=place)))[0] for place in places}
        turns = [await next_id(store, Wanted(after_workspace=place)) for place in places]
        assert turns == [ids["/b"], ids["/c"], ids["/a"]]

    async def test_what_may_not_start_yet_does_not_come(self, store: Store, clock: Clock) -> None:
        (first,) = await enqueue(store, draft(type="first"))
        await enqueue(store, draft(depends_on=(first,), blockers=1))
        (later,) = await enqueue(store, draft(run_at=clock.now + MINUTE_MS))
        await claim(store, first)
        assert await next_id(store) is None
        assert await make_due(store, clock.now + MINUTE_MS - 1) == []
        assert await make_due(store, clock.now + MINUTE_MS) == [later]
        assert await next_id(store) == later

    async def test_a_back_off_that_has_passed_makes_the_job_pending(
        self, store: Store, clock: Clock
    ) -> None:
        (job_id,) = await enqueue(store)
        await claim(store, job_id)
        await move(store, job_id, E.RETRY_SCHEDULED, last_error="x", run_at=clock.now + 5)
        assert (await store.read(lambda view: view.deadlines())).retry == clock.now + 5
        assert await make_due(store, clock.now + 5) == [job_id]
        assert (await get(store, job_id)).state is JobState.PENDING
        assert await next_id(store) == job_id

    async def test_a_plan_may_depend_on_itself(self, store: Store) -> None:
        first, second, third = await enqueue(
            store,
            draft(),
            draft(depends_on=(Need(0),), blockers=1),
            draft(depends_on=(Need(0), Need(1)), blockers=2),
        )
        assert await next_id(store) == first
        await move(store, first, E.SUCCEEDED)
        assert await next_id(store) == second
        await move(store, second, E.SUCCEEDED)
        assert await next_id(store) == third

    @pytest.mark.parametrize("end", [E.FAILED, E.CANCELLED])
    async def test_each_dependent_does_what_it_asked_for(self, store: Store, end: E) -> None:
        (first,) = await enqueue(store)
        blocked, cancelled, free, after = await enqueue(
            store,
            draft(depends_on=(Need(first, "block"),), blockers=1),
            draft(depends_on=(Need(first, "cancel"),), blockers=1),
            draft(depends_on=(Need(first, "run"),), blockers=1),
            draft(depends_on=(Need(1, "cancel"),), blockers=1),
        )
        await move(store, first, end, last_error="no")
        assert (await get(store, blocked)).blockers == 1
        assert (await get(store, cancelled)).state is JobState.CANCELLED
        assert (await get(store, after)).state is JobState.CANCELLED
        assert await next_id(store) == free
        await move(store, first, E.RETRIED)
        assert (await get(store, free)).blockers == 1
        assert (await store.check()).problems == []

    async def test_a_long_chain_is_cancelled_to_its_end(self, store: Store) -> None:
        chain = [draft(depends_on=(Need(n, "cancel"),), blockers=1) for n in range(2000)]
        first, *_, last = await enqueue(store, draft(), *chain)
        await move(store, first, E.FAILED, last_error="no")
        assert (await get(store, last)).state is JobState.CANCELLED

    async def test_one_running_job_holds_a_resource(self, store: Store) -> None:
        first, second = await enqueue(store, *[draft(resource_key="README.md")] * 2)
        (elsewhere,) = await enqueue(store, draft(resource_key="README.md", workspace="/else"))
        await claim(store, first)
        assert await holder_for(store, second) == first
        assert await holder_for(store, elsewhere) is None

    @pytest.mark.parametrize("end", [E.SUCCEEDED, E.RELEASED, E.LEASE_LAPSED, E.STOPPED])
    async def test_a_parked_job_comes_back_when_its_resource_is_free(
        self, store: Store, end: E
    ) -> None:
        first, second = await enqueue(store, *[draft(resource_key="r")] * 2)
        await claim(store, first)
        await park(store, second)
        assert await next_id(store) is None
        await move(store, first, end)
        await park_all_but(store, second)
        assert await next_id(store) == second

    async def test_each_kind_of_claim_finds_its_own_parked_job(self, store: Store) -> None:
        first, lint, test, more = await enqueue(
            store,
            draft(resource_key="r"),
            draft(resource_key="r", type="lint"),
            draft(resource_key="r", type="test"),
            draft(resource_key="r", type="test"),
        )
        await claim(store, first)
        for each in (lint, test, more):
            await park(store, each)
        await move(store, first, E.SUCCEEDED)
        assert await next_id(store, Wanted(workspace=HERE, types=("test",))) == test
        assert await next_id(store, Wanted(workspace=HERE, types=("lint",))) == lint
        assert (await get(store, more)).parked

    async def test_the_next_parked_job_comes_when_the_first_is_cancelled(
        self, store: Store
    ) -> None:
        first, second, third = await enqueue(store, *[draft(resource_key="r")] * 3)
        await claim(store, first)
        await park(store, second)
        await park(store, third)
        await move(store, first, E.SUCCEEDED)
        await move(store, second, E.CANCELLED)
        assert await next_id(store) == third

    async def test_leases_are_found_by_session_and_by_end(self, store: Store) -> None:
        one, two = await enqueue(store, draft(), draft())
        await claim(store, one, until=500)
        await claim(store, two, actor=OTHER, until=400)
        held = await store.read(lambda view: view.held_jobs(OTHER.session))
        assert [(job.id, job.lease_expires_at) for job in held] == [(two, 400)]
        ending = await store.read(lambda view: view.lapsing(500, 10))
        assert [job.id for job in ending] == [two, one]
        assert [job.id for job in await store.read(lambda view: view.lapsing(499, 10))] == [two]
        holders = await store.read(lambda view: view.holders())
        assert {each.session for each in holders} == {ACTOR.session, OTHER.session}

    async def test_an_agent_is_kept_and_updated(self, store: Store, clock: Clock) -> None:
        def register(ledger: Ledger) -> Done:
            ledger.keep_agent("ann", ["python"], '{"team": 1}')
            return Done()

        def seen(ledger: Ledger) -> Done:
            ledger.keep_agent("ann", None, None)
            return Done()

        await store.write(ACTOR, register)
        clock.advance(70)
        await store.write(ACTOR, seen)
        (agent,) = await store.read(lambda view: view.agents())
        assert (agent.id, agent.capabilities) == ("ann", ("python",))
        assert msgspec.json.decode(agent.metadata) == {"team": 1}
        assert (agent.registered_at, agent.seen_at) == (clock.now - 70, clock.now)


async def holder_for(store: Store, job_id: str) -> str | None:
    """Return the job that holds the resource which another asks for."""
    job = await get(store, job_id)
    holder = await store.read(lambda view: view.resource_holder(job))
    return None if holder is None else holder.id


async def park_all_but(store: Store, kept: str) -> None:
    """Put everything else that is ready out of the way."""
    while True:
        job_id = await next_id(store)
        if job_id is None or job_id == kept:
            return
        await claim(store, job_id)
