"""What work cost is added up by model, for a job, a time, a workspace; unknown prices stay so."""

from typing import Any

from djobs_daemon.store.interface import Ledger, Store
from djobs_daemon.store.records import Done
from djobs_daemon.store.usage_records import (
    RUN_TIME,
    Allowance,
    Reservation,
    Spent,
    UsageRow,
    UsageSum,
)
from tests.store.ledger_tools import ACTOR, HERE, Clock, draft, enqueue, get

CHEAP = UsageRow("own", "small", 100, 20, 50, 7, 3_000)
DEAR = UsageRow("own", "large", 1000, 200, 0, 9, 90_000)
UNPRICED = UsageRow("own", "new", 10, 2, 0, 1, None)
RAN = UsageRow(RUN_TIME, "", 0, 0, 0, 5_000, 0)


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

    async def test_what_is_spent_counts_money_tokens_run_time_and_runs(
        self, store: Store, clock: Clock
    ) -> None:
        here, there = await enqueue(store, draft(), draft(workspace="/there"))
        began = clock.now
        await pay(store, here, CHEAP, UNPRICED, RAN)
        clock.advance(1000)
        await pay(store, there, RAN)
        everything = Spent(3_000, 1, 132, 10_000, 2, began)
        assert await store.read(lambda view: view.spent(0, None)) == everything
        assert await store.read(lambda view: view.spent(0, "/there")) == Spent(
            0, 0, 0, 5_000, 1, clock.now
        )
        assert await store.read(lambda view: view.spent(clock.now, HERE)) == Spent(
            0, 0, 0, 0, 0, None
        )
        job = await get(store, here)
        assert (await store.read(lambda view: view.spent_on(job))).runs == 1
        assert [each.provider for each in await since(store, 0)] == ["own", "own"]

    async def test_a_reservation_takes_the_place_of_the_one_before_and_none_ends_it(
        self, store: Store
    ) -> None:
        (job_id,) = await enqueue(store, draft())
        job = await get(store, job_id)

        async def reserve(scope: str, amounts: dict[tuple[str, str], int]) -> Any:
            def work(ledger: Ledger) -> Done:
                ledger.reserve(job, scope, amounts)
                return Done()

            await store.write(ACTOR, work)
            return await store.read(lambda view: view.reservations())

        await reserve("run", {("", "usd"): 5, ("", "tokens"): 6})
        asked = Reservation(job_id, HERE, False, "asked", "day", "usd", 9)
        run = Reservation(job_id, HERE, False, "run", "", "usd", 7)
        await reserve("run", {("", "usd"): 7})
        assert await reserve("asked", {("day", "usd"): 9}) == [asked, run]
        assert await reserve("run", {}) == [asked]

    async def test_what_is_allowed_adds_up_until_its_period_ends(
        self, store: Store, clock: Clock
    ) -> None:
        until = clock.now + 1000

        async def allow(amount: int, until: int) -> Any:
            def work(ledger: Ledger) -> Done:
                ledger.allow(Allowance("day", "", "usd", until, amount))
                return Done()

            await store.write(ACTOR, work)
            return await store.read(lambda view: view.allowances(clock.now))

        await allow(5, until)
        assert await allow(6, until) == [Allowance("day", "", "usd", until, 11)]
        clock.advance(1000)
        assert await store.read(lambda view: view.allowances(clock.now)) == []
        assert await allow(7, until + 9) == [Allowance("day", "", "usd", until + 9, 7)]
