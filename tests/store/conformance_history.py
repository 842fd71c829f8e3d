"""The history: what each write leaves behind, and how it is counted."""

from functools import partial

from djobs_daemon.store.interface import Store, View
from djobs_daemon.store.records import EventCounts, EventFilter, EventRow, JobFilter
from djobs_protocol.states import EventKind, JobState
from tests.store.ledger_tools import ACTOR, HERE, OTHER, Clock, claim, draft, enqueue, move

E = EventKind
EVER = EventFilter(since=0, until=2**53)


def page_of_three(cursor: str | None, view: View) -> tuple[list[EventRow], str | None]:
    return view.list_events(EVER, 3, cursor)


def all_events(which: EventFilter, view: View) -> tuple[list[EventRow], str | None]:
    return view.list_events(which, 500, None)


def counted(which: EventFilter, view: View) -> EventCounts:
    return view.count_events(which)


class HistoryConformance:
    async def test_every_write_leaves_its_lines(self, store: Store, clock: Clock) -> None:
        (job_id,) = await enqueue(store)
        clock.advance(10)
        await claim(store, job_id, actor=OTHER)
        await move(store, job_id, E.SUCCEEDED, "done", actor=OTHER)
        events, total = await store.read(lambda view: view.events_of(job_id, 10))
        assert total == 3
        assert [event.kind for event in events] == [E.ENQUEUED, E.CLAIMED, E.SUCCEEDED]
        assert [event.state for event in events] == ["pending", "running", "succeeded"]
        assert [event.session for event in events] == [ACTOR.session, OTHER.session, OTHER.session]
        assert [event.agent for event in events] == [None, "bob", "bob"]
        assert [event.note for event in events] == [None, None, "done"]
        assert {(event.job_id, event.job_type, event.correlation_id) for event in events} == {
            (job_id, "edit", HERE)
        }
        assert events[1].at == events[0].at + 10

    async def test_numbers_of_events_have_no_gaps(self, store: Store) -> None:
        ids = await enqueue(store, *[draft()] * 3)
        for job_id in ids:
            await move(store, job_id, E.SUCCEEDED)
        events, _ = await store.read(lambda view: view.list_events(EVER, 500, None))
        assert [event.seq for event in events] == [6, 5, 4, 3, 2, 1]

    async def test_the_newest_events_of_a_job_are_shown_oldest_first(self, store: Store) -> None:
        (job_id,) = await enqueue(store)
        for _ in range(3):
            await claim(store, job_id)
            await move(store, job_id, E.RELEASED)
        events, total = await store.read(lambda view: view.events_of(job_id, 2))
        assert (total, [event.kind for event in events]) == (7, [E.CLAIMED, E.RELEASED])

    async def test_a_freed_dependent_has_a_line_of_its_own(self, store: Store) -> None:
        (first,) = await enqueue(store)
        (last,) = await enqueue(store, draft(depends_on=(first,), blockers=1))
        await move(store, first, E.SUCCEEDED)
        events, _ = await store.read(lambda view: view.events_of(last, 10))
        assert [event.kind for event in events] == [E.ENQUEUED, E.UNBLOCKED]

    async def test_a_long_note_is_shortened(self, store: Store) -> None:
        (job_id,) = await enqueue(store)
        await move(store, job_id, E.FAILED, "x" * 5000, last_error="x" * 5000)
        (*_, event), _ = await store.read(lambda view: view.events_of(job_id, 10))
        assert event.note is not None
        assert len(event.note) <= 500

    async def test_since_is_inclusive_and_until_exclusive(self, store: Store, clock: Clock) -> None:
        start = clock.now
        for _ in range(4):
            await enqueue(store)
            clock.advance(100)
        which = EventFilter(since=start + 100, until=start + 300)
        events, _ = await store.read(lambda view: view.list_events(which, 10, None))
        assert [event.at for event in events] == [start + 200, start + 100]
        assert (await store.read(lambda view: view.count_events(which))).total == 2

    async def test_events_are_found_by_workflow_and_kind(self, store: Store) -> None:
        here, there = await enqueue(store, draft(), draft(correlation_id="there"))
        await move(store, here, E.FAILED)
        await move(store, there, E.SUCCEEDED)
        which = EventFilter(0, 2**53, "there", (E.SUCCEEDED, E.FAILED))
        events, _ = await store.read(lambda view: view.list_events(which, 10, None))
        assert [(event.job_id, event.kind) for event in events] == [(there, E.SUCCEEDED)]
        nowhere = EventFilter(0, 2**53, "nowhere")
        assert await store.read(lambda view: view.list_events(nowhere, 10, None)) == ([], None)
        assert (await store.read(lambda view: view.count_events(nowhere))).total == 0

    async def test_events_are_found_by_who_did_it_where_and_to_what(self, store: Store) -> None:
        first, second = await enqueue(store, draft(), draft(type="test", workspace="/there"))
        await move(store, first, E.SUCCEEDED, actor=OTHER)
        asked: dict[str, list[tuple[str, E]]] = {
            "types": [(second, E.ENQUEUED)],
            "workspace": [(second, E.ENQUEUED)],
            "agent": [(first, E.SUCCEEDED)],
            "session": [(first, E.SUCCEEDED)],
            "job_id": [(first, E.SUCCEEDED), (first, E.ENQUEUED)],
        }
        values = {
            "types": ("test",),
            "workspace": "/there",
            "agent": "bob",
            "session": OTHER.session,
            "job_id": first,
        }
        for name, found in asked.items():
            which = EventFilter(0, 2**53, **{name: values[name]})  # type: ignore[arg-type]
            events, _ = await store.read(partial(all_events, which))
            assert [(event.job_id, event.kind) for event in events] == found, name
            assert (await store.read(partial(counted, which))).total == len(found), name
            nothing = EventFilter(0, 2**53, **{name: ("none",) if name == "types" else "none"})  # type: ignore[arg-type]
            assert await store.read(partial(all_events, nothing)) == ([], None)

    async def test_filters_of_events_narrow_each_other(self, store: Store) -> None:
        first, second = await enqueue(store, draft(), draft(type="test"))
        await move(store, first, E.SUCCEEDED, actor=OTHER)
        await move(store, second, E.SUCCEEDED, actor=OTHER)
        which = EventFilter(0, 2**53, HERE, (E.SUCCEEDED,), ("test",), HERE, "bob")
        events, _ = await store.read(partial(all_events, which))
        assert [event.job_id for event in events] == [second]

    async def test_events_are_counted_five_ways(self, store: Store) -> None:
        first, _ = await enqueue(store, draft(), draft(type="test", workspace="/there"))
        await move(store, first, E.SUCCEEDED, actor=OTHER)
        counts = await store.read(lambda view: view.count_events(EVER))
        assert counts.total == 3
        assert dict(counts.by_kind) == {"enqueued": 2, "succeeded": 1}
        assert dict(counts.by_type) == {"edit": 2, "test": 1}
        assert dict(counts.by_workspace) == {HERE: 2, "/there": 1}
        assert dict(counts.by_agent) == {"bob": 1}
        assert dict(counts.by_session) == {ACTOR.session: 2, OTHER.session: 1}

    async def test_pages_of_events_meet_without_overlap(self, store: Store, clock: Clock) -> None:
        for _ in range(5):
            await enqueue(store, *[draft()] * 5)  # five events of the same millisecond
            clock.advance(1)
        seen: list[int] = []
        cursor = None
        for _ in range(100):
            page, cursor = await store.read(partial(page_of_three, cursor))
            seen += [event.seq for event in page]
            if cursor is None:
                break
        assert seen == list(range(25, 0, -1))

    async def test_a_clock_set_back_loses_no_event(self, store: Store, clock: Clock) -> None:
        await enqueue(store)
        clock.advance(-3_600_000)
        await enqueue(store)
        events, _ = await store.read(lambda view: view.list_events(EVER, 10, None))
        assert sorted(event.seq for event in events) == [1, 2]
        assert (await store.check()).problems == []

    async def test_the_check_of_a_lived_in_ledger_finds_nothing(self, store: Store) -> None:
        first, second, third = await enqueue(store, draft(), draft(), draft())
        await enqueue(store, draft(depends_on=(first, third), blockers=2))
        await claim(store, first)
        await move(store, first, E.RETRY_SCHEDULED, last_error="once more")
        await move(store, first, E.RETRY_DUE)
        await move(store, first, E.SUCCEEDED, evidence="well")
        await move(store, second, E.FAILED, last_error="no")
        await move(store, second, E.RETRIED)
        report = await store.check()
        assert report.problems == []
        assert (report.ok, report.jobs, report.uuid) == (True, 4, store.database)
        assert report.events == 10
        counts = await store.read(lambda view: view.count_jobs(JobFilter()))
        assert counts == {JobState.SUCCEEDED: 1, JobState.PENDING: 3}
