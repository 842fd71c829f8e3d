"""Schedules are kept by workspace and name, found when they are due, and outlived by their jobs."""

from typing import Any

from djobs_daemon.store.interface import Ledger, Store
from djobs_daemon.store.records import Done
from djobs_daemon.store.schedule_records import ScheduleDraft, ScheduleRow, Turn
from djobs_protocol.states import EventKind
from tests.store.ledger_tools import ACTOR, HERE, Clock, draft, enqueue, get, move


def schedule(**changes: Any) -> ScheduleDraft:
    values: dict[str, Any] = {
        "name": "nightly",
        "workspace": HERE,
        "cron": "0 3 * * *",
        "zone": "UTC",
        "missed": "once",
        "overlap": "skip",
        "template": '{"correlation_id":"w","job":{"type":"edit"}}',
        "next_at": 100,
        "paused_at": None,
    }
    return ScheduleDraft(**values | changes)


async def keep(store: Store, *drafts: ScheduleDraft) -> None:
    def work(ledger: Ledger) -> Done:
        for each in drafts:
            ledger.keep_schedule(each)
        return Done()

    await store.write(ACTOR, work)


async def turn(store: Store, row: ScheduleRow, to: Turn) -> None:
    def work(ledger: Ledger) -> Done:
        ledger.turn_schedule(row.seq, to)
        return Done()

    await store.write(ACTOR, work)


async def kept(store: Store) -> list[ScheduleRow]:
    return list(await store.read(lambda view: view.schedules()))


async def due(store: Store, until: int, limit: int = 5) -> list[str]:
    return [row.name for row in await store.read(lambda view: view.due_schedules(until, limit))]


class SchedulesConformance:
    async def test_schedules_come_by_workspace_and_name(self, store: Store, clock: Clock) -> None:
        await keep(store, schedule(name="b"), schedule(workspace="/a"), schedule(name="a"))
        rows = await kept(store)
        assert [(row.workspace, row.name) for row in rows] == [
            ("/a", "nightly"),
            (HERE, "a"),
            (HERE, "b"),
        ]
        assert (rows[0].next_at, rows[0].last_at, rows[0].created_at) == (100, None, clock.now)

    async def test_a_schedule_of_that_name_is_replaced_and_remembers_its_jobs(
        self, store: Store, clock: Clock
    ) -> None:
        await keep(store, schedule())
        (row,) = await kept(store)
        await turn(store, row, Turn(200, 100, None))
        (job,) = await enqueue(store, draft(schedule=row.seq, note="by nightly"))
        made = clock.now
        clock.advance(5)
        await keep(store, schedule(cron="@daily", next_at=None, paused_at=7))
        (row,) = await kept(store)
        assert (row.cron, row.next_at, row.paused_at) == ("@daily", None, 7)
        assert (row.last_at, row.last_job, row.created_at) == (100, job, made)

    async def test_a_schedule_is_due_from_its_time_on_unless_it_rests(self, store: Store) -> None:
        await keep(
            store,
            schedule(name="late", next_at=101),
            schedule(name="early", next_at=100),
            schedule(name="paused", paused_at=5),
            schedule(name="never", next_at=None),
        )
        assert await due(store, 99) == []
        assert await due(store, 100) == ["early"]
        assert await due(store, 500) == ["early", "late"]
        assert await due(store, 500, limit=1) == ["early"]
        assert (await store.read(lambda view: view.deadlines())).schedule == 100

    async def test_a_job_names_its_schedule_until_that_is_removed(self, store: Store) -> None:
        await keep(store, schedule())
        (row,) = await kept(store)
        made, other = await enqueue(store, draft(schedule=row.seq, note="by nightly"), draft())
        assert await store.read(lambda view: view.schedule_of(made)) == "nightly"
        assert await store.read(lambda view: view.schedule_of(other)) is None
        events, _ = await store.read(lambda view: view.events_of(made, 5))
        assert [event.note for event in events] == ["by nightly"]
        await move(store, made, EventKind.SUCCEEDED)
        assert (await store.check()).problems == []

        def remove(ledger: Ledger) -> Done:
            ledger.remove_schedule(row.seq)
            return Done()

        await store.write(ACTOR, remove)
        assert await kept(store) == []
        assert await store.read(lambda view: view.schedule_of(made)) is None
        assert (await get(store, made)).run == 1
        assert (await store.check()).problems == []
