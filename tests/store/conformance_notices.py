"""Notices that were given are remembered, listed, and forgotten when they may be."""

from functools import partial

from djobs_daemon.store.interface import Ledger, Store, View
from djobs_daemon.store.records import Done
from djobs_daemon.store.upkeep_records import DeliveryRow, Notice
from tests.store.ledger_tools import ACTOR, Clock


async def give(store: Store, *notices: Notice, until: int | None = None) -> None:
    def work(ledger: Ledger) -> Done:
        for notice in notices:
            ledger.note_delivery(notice, until)
        return Done()

    await store.write(ACTOR, work)


def page(cursor: str | None, view: View) -> tuple[list[DeliveryRow], str | None]:
    return view.deliveries(2, cursor)


class NoticesConformance:
    async def test_a_notice_is_counted_with_its_first_and_last_time(
        self, store: Store, clock: Clock
    ) -> None:
        notice = Notice("failed", "j1", "ann")
        assert await store.read(lambda view: view.delivery(notice)) is None
        assert await store.read(lambda view: view.last_delivery("failed", "ann")) is None
        first = clock.now
        await give(store, notice)
        clock.advance(10)
        await give(store, notice, Notice("failed", "j1", "bob"))
        given = await store.read(lambda view: view.delivery(notice))
        assert given == DeliveryRow(notice, 2, first, clock.now)
        assert await store.read(lambda view: view.last_delivery("failed", "ann")) == clock.now
        assert await store.read(lambda view: view.last_delivery("late", "ann")) is None

    async def test_pages_of_notices_meet_though_many_were_given_at_once(
        self, store: Store, clock: Clock
    ) -> None:
        await give(store, Notice("old", "k", "ann"))
        clock.advance(1)
        await give(store, *[Notice("failed", f"j{n}", "ann") for n in range(5)])
        seen: list[str] = []
        cursor: str | None = None
        for _ in range(4):
            rows, cursor = await store.read(partial(page, cursor))
            seen += [row.notice.key for row in rows]
            if cursor is None:
                break
        assert sorted(seen[:5]) == ["j0", "j1", "j2", "j3", "j4"]
        assert seen[5:] == ["k"]
