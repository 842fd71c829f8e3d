"""Jobs: inserting, moving, keys, dependencies."""

from collections.abc import Callable, Mapping
from functools import partial

import pytest

from djobs_daemon.store.interface import Ledger, Store, View
from djobs_daemon.store.records import Done, JobFilter, JobRow
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.job_replies import FinishedJob
from djobs_protocol.states import EventKind, JobState
from djobs_protocol.values import Defaults, Retry
from tests.store.ledger_tools import (
    ACTOR,
    HERE,
    OTHER,
    Clock,
    claim,
    draft,
    enqueue,
    get,
    move,
    moving,
)

E = EventKind
ALL = JobFilter()


def known(job_id: str, view: View) -> tuple[JobRow | None, bool]:
    return view.job(job_id), view.was_removed(job_id)


def freeing(job_id: str) -> Callable[[Ledger], Done]:
    """Return work that frees a job's idempotency key."""

    def work(ledger: Ledger) -> Done:
        job = ledger.job(job_id)
        assert job is not None
        ledger.mark(job, E.AMENDED, "its key is free", idempotency_key_freed=ledger.now)
        return Done()

    return work


class JobsConformance:
    async def test_an_inserted_job_is_read_back_as_it_was_returned(
        self, store: Store, clock: Clock
    ) -> None:
        rows = []

        def work(ledger: Ledger) -> FinishedJob:
            rows.extend(ledger.insert_jobs([draft(idempotency_key="k", resource_key="r")]))
            return FinishedJob(id="x", state=JobState.PENDING, correlation_id="x", unfinished=0)

        await store.write(ACTOR, work)
        (row,) = rows
        assert await get(store, row.id) == row
        assert (row.state, row.run, row.attempt, row.revision) == (JobState.PENDING, 1, 0, 1)
        assert row.created_at == row.updated_at == row.run_at == clock.now

    async def test_ids_of_a_batch_follow_its_order(self, store: Store) -> None:
        ids = await enqueue(store, *(draft(payload=f'{{"n":{n}}}') for n in range(50)))
        assert [(await get(store, each)).payload for each in ids] == [
            f'{{"n":{n}}}' for n in range(50)
        ]

    async def test_an_unknown_id_is_nothing(self, store: Store) -> None:
        (job_id,) = await enqueue(store)
        for wrong in ("", "j", "1", "j0bb", job_id + "x", job_id.upper(), "j999999999zz", "\ud800"):
            assert await store.read(partial(known, wrong)) == (None, False)

    async def test_a_present_job_was_not_removed(self, store: Store) -> None:
        (job_id,) = await enqueue(store)
        assert not await store.read(lambda view: view.was_removed(job_id))

    async def test_direct_success_ends_the_run(self, store: Store, clock: Clock) -> None:
        (job_id,) = await enqueue(store)
        clock.advance(500)
        await move(store, job_id, E.SUCCEEDED, actor=OTHER, evidence="3 files")
        job = await get(store, job_id)
        assert (job.state, job.evidence, job.revision) == (JobState.SUCCEEDED, "3 files", 2)
        assert (job.finished_at, job.updated_at) == (clock.now, clock.now)
        assert (job.finished_by, job.started_at) == (OTHER.session, None)

    async def test_a_claim_takes_the_lease_and_an_end_drops_it(
        self, store: Store, clock: Clock
    ) -> None:
        (job_id,) = await enqueue(store)
        await claim(store, job_id, actor=OTHER, until=clock.now + 900)
        held = await get(store, job_id)
        assert (held.holder_session, held.holder_agent) == (OTHER.session, "bob")
        assert (held.generation, held.attempt, held.started_at) == (1, 1, clock.now)
        assert held.lease_expires_at == clock.now + 900
        await move(store, job_id, E.FAILED, last_error="no")
        job = await get(store, job_id)
        assert (job.holder_session, job.holder_agent, job.lease_expires_at) == (None, None, None)
        assert (job.state, job.last_error, job.generation) == (JobState.FAILED, "no", 1)

    async def test_each_claim_has_a_higher_generation(self, store: Store) -> None:
        (job_id,) = await enqueue(store)
        for generation in (1, 2, 3):
            await claim(store, job_id)
            assert (await get(store, job_id)).generation == generation
            await move(store, job_id, E.RELEASED)

    async def test_a_retry_opens_the_next_run(self, store: Store) -> None:
        (job_id,) = await enqueue(store)
        await move(store, job_id, E.FAILED, last_error="broken")
        await move(store, job_id, E.RETRIED)
        job = await get(store, job_id)
        assert (job.state, job.run, job.attempt) == (JobState.PENDING, 2, 0)
        assert (job.finished_at, job.finished_by) == (None, None)
        assert (await move(store, job_id, E.SUCCEEDED)).state is JobState.SUCCEEDED

    async def test_a_second_end_of_one_run_is_refused(self, store: Store) -> None:
        (job_id,) = await enqueue(store)
        await move(store, job_id, E.SUCCEEDED)
        with pytest.raises(DjobsError) as refusal:
            await move(store, job_id, E.FAILED)
        assert refusal.value.code is ErrorCode.ILLEGAL_TRANSITION
        assert (await get(store, job_id)).state is JobState.SUCCEEDED

    async def test_a_move_of_a_stale_row_is_refused(self, store: Store) -> None:
        (job_id,) = await enqueue(store)
        stale = await get(store, job_id)
        await claim(store, job_id)
        await move(store, job_id, E.RELEASED)

        def work(ledger: Ledger) -> FinishedJob:
            ledger.move(stale, E.SUCCEEDED)
            raise AssertionError("not reached")

        with pytest.raises(DjobsError) as refusal:
            await store.write(ACTOR, work)
        assert refusal.value.code is ErrorCode.INTERNAL
        assert (await get(store, job_id)).state is JobState.PENDING

    async def test_a_key_belongs_to_its_job_until_the_job_fails(self, store: Store) -> None:
        (job_id,) = await enqueue(store, draft(idempotency_key="readme"))
        assert await self.owner(store, "readme") == job_id
        await move(store, job_id, E.SUCCEEDED)
        assert await self.owner(store, "readme") == job_id
        (failing,) = await enqueue(store, draft(idempotency_key="other"))
        await move(store, failing, E.FAILED)
        assert await self.owner(store, "other") is None
        (again,) = await enqueue(store, draft(idempotency_key="other"))
        assert await self.owner(store, "other") == again

    async def test_a_key_belongs_to_its_workspace(self, store: Store) -> None:
        await enqueue(store, draft(idempotency_key="readme"))
        (elsewhere,) = await enqueue(store, draft(idempotency_key="readme", workspace="/b"))
        assert await self.owner(store, "readme", "/b") == elsewhere
        assert await self.owner(store, "readme", "/c") is None

    async def test_a_taken_key_is_refused_and_nothing_is_stored(self, store: Store) -> None:
        (job_id,) = await enqueue(store, draft(idempotency_key="readme"))
        with pytest.raises(DjobsError) as refusal:
            await enqueue(store, draft(), draft(idempotency_key="readme"))
        assert refusal.value.code is ErrorCode.IDEMPOTENCY_CONFLICT
        assert await self.owner(store, "readme") == job_id
        assert sum((await store.read(lambda v: v.count_jobs(ALL))).values()) == 1

    async def test_a_key_of_all_workspaces_is_found_as_such_only(self, store: Store) -> None:
        (mine,) = await enqueue(store, draft(idempotency_key="readme"))
        (ours,) = await enqueue(store, draft(idempotency_key="readme", key_everywhere=True))
        assert await self.owner(store, "readme") == mine
        assert await self.owner(store, "readme", None) == ours
        job = await get(store, ours)
        assert (job.key_everywhere, job.resource_everywhere) == (True, False)
        there = draft(idempotency_key="readme", key_everywhere=True, workspace="/b")
        with pytest.raises(DjobsError):
            await enqueue(store, there)

    async def test_an_incomplete_key_is_free_once_its_job_has_ended(self, store: Store) -> None:
        wanted = draft(idempotency_key="sync", key_states="incomplete")
        (first,) = await enqueue(store, wanted)
        assert await self.owner(store, "sync") == first
        await move(store, first, E.SUCCEEDED)
        assert await self.owner(store, "sync") is None
        (second,) = await enqueue(store, wanted)
        assert await self.owner(store, "sync") == second
        with pytest.raises(DjobsError) as refusal:
            await move(store, first, E.RETRIED)
        assert refusal.value.code is ErrorCode.IDEMPOTENCY_CONFLICT

    async def test_a_key_with_a_window_is_owned_in_every_state_until_it_is_freed(
        self, store: Store, clock: Clock
    ) -> None:
        wanted = draft(idempotency_key="nightly", key_ms=5_000)
        (first,) = await enqueue(store, wanted)
        await move(store, first, E.FAILED)
        assert await self.owner(store, "nightly") == first
        job = await get(store, first)
        assert job.key_until == clock.now + 5_000
        await store.write(ACTOR, freeing(first))
        assert await self.owner(store, "nightly") is None
        await enqueue(store, wanted)

    async def test_a_resource_of_all_workspaces_is_held_by_one_job_of_them(
        self, store: Store
    ) -> None:
        ours = {"resource_key": "gpu", "resource_everywhere": True}
        here, there, only_here = await enqueue(
            store, draft(**ours), draft(**ours, workspace="/b"), draft(resource_key="gpu")
        )
        await claim(store, here)
        holders = {}

        def look(view: View) -> None:
            for each in (there, only_here):
                job = view.job(each)
                assert job is not None
                holder = view.resource_holder(job)
                holders[each] = None if holder is None else holder.id

        await store.read(look)
        assert holders == {there: here, only_here: None}
        await claim(store, only_here)
        with pytest.raises(DjobsError):
            await claim(store, there)

    async def owner(self, store: Store, name: str, workspace: str | None = HERE) -> str | None:
        found = await store.read(lambda view: view.jobs_by_keys(workspace, [name, "nobody"]))
        assert set(found) <= {name}
        return found[name].id if found else None

    async def test_dependents_are_freed_by_success_only(self, store: Store) -> None:
        first, second = await enqueue(store, draft(), draft())
        (last,) = await enqueue(store, draft(depends_on=(second, first), blockers=2))
        assert await store.read(lambda view: view.dependencies(last)) == [second, first]
        assert await store.read(lambda view: view.unmet_dependencies([last, first])) == {
            last: [second, first]
        }
        assert await store.read(lambda view: view.count_blocked(HERE)) == 1
        await move(store, first, E.SKIPPED)
        await move(store, second, E.FAILED)
        assert (await get(store, last)).blockers == 1
        assert await store.read(lambda view: view.unmet_dependencies([last])) == {last: [second]}
        await move(store, second, E.RETRIED)
        await move(store, second, E.SUCCEEDED)
        assert (await get(store, last)).blockers == 0
        assert await store.read(lambda view: view.count_blocked(HERE)) == 0
        assert await store.read(lambda view: view.unmet_dependencies([last])) == {}

    async def test_a_dependency_done_once_more_blocks_again(self, store: Store) -> None:
        (first,) = await enqueue(store)
        (last,) = await enqueue(store, draft(depends_on=(first,), blockers=1))
        await move(store, first, E.SUCCEEDED)
        await move(store, first, E.RETRIED)
        assert (await get(store, last)).blockers == 1
        assert await store.read(lambda view: view.count_blocked(HERE)) == 1
        await move(store, first, E.SUCCEEDED)
        assert (await get(store, last)).blockers == 0
        assert (await store.check()).problems == []

    async def test_only_those_that_became_free_are_said_to_be(self, store: Store) -> None:
        first, second = await enqueue(store, draft(), draft())
        free, blocked = await enqueue(
            store,
            draft(depends_on=(first,), blockers=1),
            draft(depends_on=(first, second), blockers=2),
        )
        await move(store, first, E.SUCCEEDED)
        (freed, _), (others, _) = await store.read(
            lambda view: (view.events_of(free, 9), view.events_of(blocked, 9))
        )
        assert [event.kind for event in freed] == [E.ENQUEUED, E.UNBLOCKED]
        assert [event.kind for event in others] == [E.ENQUEUED]

    async def test_an_unknown_dependency_is_refused(self, store: Store) -> None:
        with pytest.raises(DjobsError) as refusal:
            await enqueue(store, draft(depends_on=("j17zz",), blockers=1))
        assert refusal.value.code is ErrorCode.UNKNOWN_DEPENDENCY
        assert await store.read(lambda view: view.list_jobs(ALL, 10, None)) == ([], None)

    async def test_states_are_told_for_the_ids_that_exist(self, store: Store) -> None:
        first, second = await enqueue(store, draft(), draft())
        await move(store, second, E.CANCELLED)
        found = await store.read(lambda view: view.states_of([first, second, "j99zz"]))
        assert found == {first: JobState.PENDING, second: JobState.CANCELLED}

    async def test_only_one_running_job_holds_a_resource(self, store: Store) -> None:
        first, second = await enqueue(
            store, draft(resource_key="README.md"), draft(resource_key="README.md")
        )
        (elsewhere,) = await enqueue(store, draft(resource_key="README.md", workspace="/b"))
        await claim(store, first)
        await claim(store, elsewhere)
        with pytest.raises(DjobsError):
            await claim(store, second)
        await move(store, first, E.SUCCEEDED)
        await claim(store, second)

    async def test_d8_a_lone_surrogate_is_refused_and_blocks_nobody(self, store: Store) -> None:
        with pytest.raises(DjobsError) as refusal:
            await enqueue(store, draft(payload='{"x":"\ud800"}'))
        assert refusal.value.code is ErrorCode.INVALID_PARAMS
        (job_id,) = await enqueue(store)
        with pytest.raises(DjobsError) as refusal:
            await store.write(ACTOR, moving(job_id, E.SUCCEEDED, evidence="\udfff"))
        assert refusal.value.code is ErrorCode.INVALID_PARAMS
        await move(store, job_id, E.SUCCEEDED)

    async def test_defaults_of_types_are_kept_and_forgotten(self, store: Store) -> None:
        chosen = Defaults(max_attempts=7, retry=Retry(base_seconds=1.5))
        seen: list[Mapping[str, Defaults]] = []

        def setting(job_type: str, defaults: Defaults) -> Callable[[Ledger], Done]:
            def work(ledger: Ledger) -> Done:
                ledger.set_type_defaults(job_type, defaults)
                seen.append(ledger.type_defaults())
                return Done()

            return work

        await store.write(ACTOR, setting("edit", chosen))
        await store.write(ACTOR, setting("never enqueued", Defaults(priority=1)))
        expected = {"edit": chosen, "never enqueued": Defaults(priority=1)}
        assert await store.read(lambda view: view.type_defaults()) == expected == seen[-1]
        await store.write(ACTOR, setting("edit", Defaults()))
        assert await store.read(lambda view: view.type_defaults()) == seen[-1]
        assert seen[-1].keys() == {"never enqueued"}

    async def test_defaults_of_types_that_were_taken_back_are_forgotten(self, store: Store) -> None:
        def failing(ledger: Ledger) -> Done:
            ledger.set_type_defaults("edit", Defaults(priority=1))
            assert ledger.type_defaults()
            raise DjobsError(ErrorCode.CONFLICT, "after all not")

        with pytest.raises(DjobsError):
            await store.write(ACTOR, failing)
        seen = []

        def looking(ledger: Ledger) -> Done:
            seen.append(ledger.type_defaults())
            return Done()

        await store.write(ACTOR, looking)
        assert seen == [{}]

    async def test_pages_of_failed_and_of_earlier_jobs_go_on_behind_a_cursor(
        self, store: Store
    ) -> None:
        ids = await enqueue(store, *[draft(max_attempts=1)] * 5)
        await move(store, ids[0], E.FAILED)
        await claim(store, ids[1])
        await move(store, ids[1], E.DEAD_LETTERED)
        await move(store, ids[2], E.FAILED)
        last = await get(store, ids[4])
        first, cursor = await store.read(lambda view: view.failed(None, (), 2, None))
        rest = await store.read(lambda view: view.failed(HERE, ("edit",), 2, cursor))
        assert (first, rest) == (ids[:2], ([ids[2]], None))
        await enqueue(store)
        page, cursor = await store.read(lambda view: view.open_before(last, 1, None))
        assert (page, cursor) == ([ids[3]], None)
        await move(store, ids[2], E.RETRIED)
        page, cursor = await store.read(lambda view: view.open_before(last, 1, None))
        assert page == [ids[2]]
        rest = await store.read(lambda view: view.open_before(last, 1, cursor))
        assert rest == ([ids[3]], None)
