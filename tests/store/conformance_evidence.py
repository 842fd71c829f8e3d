"""A report that is checked is marked on its job until its receipt, or its end, takes it away."""

from typing import Any

import pytest

from djobs_daemon.store.interface import Ledger, Store
from djobs_daemon.store.records import Done, JobRow
from djobs_protocol.errors import DjobsError
from djobs_protocol.states import EventKind, JobState
from tests.store.ledger_tools import ACTOR, Clock, claim, draft, enqueue, get, move

E = EventKind
CHECKS = '[{"file_exists":"made"}]'


async def mark(store: Store, job_id: str, event: EventKind, **changes: Any) -> JobRow:
    """Mark a job, and return it as it is stored."""

    def work(ledger: Ledger) -> Done:
        job = ledger.job(job_id)
        assert job is not None
        ledger.mark(job, event, **changes)
        return Done()

    await store.write(ACTOR, work)
    return await get(store, job_id)


async def text_of(store: Store, event: int | None) -> str | None:
    assert event is not None
    return await store.read(lambda view: view.text_of(event))


async def offered(store: Store, clock: Clock, **fields: Any) -> str:
    """Return a claimed job with checks whose success was reported."""
    (job_id,) = await enqueue(store, draft(verify=CHECKS, **fields))
    await claim(store, job_id, until=clock.now + 60_000)
    await mark(store, job_id, E.OFFERED, offer="did it")
    return job_id


class EvidenceConformance:
    async def test_a_job_keeps_its_checks(self, store: Store) -> None:
        (job_id,) = await enqueue(store, draft(verify=CHECKS))
        assert (await get(store, job_id)).verify == CHECKS

    async def test_a_report_is_found_by_its_job_until_the_receipt_is_there(
        self, store: Store, clock: Clock
    ) -> None:
        job_id = await offered(store, clock)
        job = await get(store, job_id)
        assert await store.read(lambda view: view.offered_jobs()) == [job_id]
        assert await text_of(store, job.offered_in) == "did it"
        (held,) = await store.read(lambda view: view.held_jobs(ACTOR.session))
        assert held.offered

        job = await mark(
            store, job_id, E.CHECKED, receipt="all well", verified=True, offered_in=None
        )
        assert (job.state, job.verified, job.offered_in) == (JobState.RUNNING, True, None)
        assert await text_of(store, job.receipt_in) == "all well"
        assert await store.read(lambda view: view.offered_jobs()) == []

    @pytest.mark.parametrize("event", [E.RELEASED, E.FAILED, E.STOPPED, E.LEASE_LAPSED])
    async def test_a_report_does_not_outlive_the_claim_it_was_made_under(
        self, store: Store, clock: Clock, event: EventKind
    ) -> None:
        job_id = await offered(store, clock)
        await move(store, job_id, event)
        assert (await get(store, job_id)).offered_in is None
        assert (await store.check()).problems == []

    async def test_a_job_with_checks_cannot_succeed_unverified(
        self, store: Store, clock: Clock
    ) -> None:
        job_id = await offered(store, clock)
        with pytest.raises(DjobsError):
            await move(store, job_id, E.SUCCEEDED)
        assert (await get(store, job_id)).state is JobState.RUNNING

    async def test_the_next_run_knows_nothing_of_the_receipt_of_the_last(
        self, store: Store, clock: Clock
    ) -> None:
        job_id = await offered(store, clock)
        await mark(store, job_id, E.CHECKED, receipt="no", verified=False, offered_in=None)
        await move(store, job_id, E.FAILED, last_error="no")
        await move(store, job_id, E.RETRIED)
        job = await get(store, job_id)
        assert (job.verify, job.verified, job.receipt_in) == (CHECKS, None, None)
        assert (await store.check()).problems == []

    async def test_the_history_alone_tells_all_of_it(self, store: Store, clock: Clock) -> None:
        job_id = await offered(store, clock)
        assert (await store.check()).problems == []
        await mark(store, job_id, E.CHECKED, receipt="yes", verified=True, offered_in=None)
        await move(store, job_id, E.SUCCEEDED, evidence="did it")
        assert (await store.check()).problems == []
