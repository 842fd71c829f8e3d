"""What work cost is added up by model, for a job, a time, a workspace; unknown prices stay so."""

from typing import Any

from djobs_daemon.store.interface import Ledger, Store
from djobs_daemon.store.records import Done
from djobs_daemon.store.usage_records import UsageRow, UsageSum
from tests.store.ledger_tools import ACTOR, HERE, Clock, draft, enqueue, get

CHEAP = UsageRow("own", "small", 100, 20, 50, 7, 3_000)
DEAR = UsageRow("own", "large", 1000, 200, 0, 9, 90_000)
UNPRICED = UsageRow("own", "new", 10, 2, 0, 1, None)


async def pay(store: Store, job_id: str, *rows: UsageRow) -> None:
    job = await get(store, job_id)

    def work(ledger: Ledger) -> Done:
        ledger.note_usage(job, rows)
        return Done()

    await store.write(ACTOR, work)


async def since(store: Store, at: int, workspace: str | None = None) -> Any:
    return await store.read(lambda view: view.usage_since(at, workspace))


class UsageConformance:
    async def test_attempts_of_a_job_are_added_up_by_model_the_dearest_first(
        self, store: Store
    ) -> None:
        one, other = await enqueue(store, draft(), draft())
        await pay(store, one, CHEAP, DEAR)
        await pay(store, one, CHEAP)
        await pay(store, other, CHEAP)
        job = await get(store, one)
        assert await store.read(lambda view: view.usage_of(job)) == [
            UsageSum("own", "large", 1, 1000, 200, 0, 90_000, 0),
            UsageSum("own", "small", 1, 200, 40, 100, 6_000, 0),
        ]
        assert [(each.model, each.jobs) for each in await since(store, 0)] == [
            ("large", 1),
            ("small", 2),
        ]

    async def test_a_price_that_nobody_knows_is_counted_and_never_taken_for_nothing(
        self, store: Store
    ) -> None:
        (job,) = await enqueue(store, draft())
        await pay(store, job, UNPRICED)
        await pay(store, job, UNPRICED._replace(usd_micros=5))
        (row,) = await since(store, 0)
        assert (row.usd_micros, row.unpriced, row.tokens_in) == (5, 1, 20)

    async def test_a_time_and_a_workspace_leave_out_the_rest(
        self, store: Store, clock: Clock
    ) -> None:
        here, there = await enqueue(store, draft(), draft(workspace="/there"))
        await pay(store, here, CHEAP)
        clock.advance(1000)
        await pay(store, there, DEAR)
        assert [each.model for each in await since(store, clock.now)] == ["large"]
        assert [each.model for each in await since(store, 0, HERE)] == ["small"]
        assert [each.model for each in await since(store, 0, "/there")] == ["large"]
        assert await since(store, clock.now, HERE) == []
        assert await since(store, 0, "/nowhere") == []
