"""Every statement finds its rows through an index: no cost grows with the history (D16)."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from djobs_daemon.store.interface import Ledger, View
from djobs_daemon.store.records import (
    Bounds,
    Done,
    EventFilter,
    FeedFilter,
    JobFilter,
    Limited,
    Wanted,
)
from djobs_daemon.store.schedule_records import Turn
from djobs_daemon.store.sqlite import database, resources, stale_view
from djobs_daemon.store.sqlite.claims_view import next_ready
from djobs_daemon.store.sqlite.gates import NOTHING
from djobs_daemon.store.sqlite.names import JobNames
from djobs_daemon.store.sqlite.store import SqliteStore
from djobs_daemon.store.upkeep_records import Notice, PurgePolicy
from djobs_protocol.states import EventKind, JobState
from djobs_protocol.values import Defaults
from tests.store.conformance_schedules import schedule
from tests.store.ledger_tools import ACTOR, HERE, claim, draft, enqueue, inserting, key, move

BIG = {"j", "jobs", "v", "events", "d", "dependencies", "requests", "n", "deliveries"}
"""Tables and aliases of tables that grow with use."""
BACKLOGS = (500, 8_000)
SMALL_BACKLOGS = (500, 2_000)
E = EventKind
HERE_ALONE = Wanted(workspace=HERE)
PARKED = "UPDATE jobs SET parked = 1"
TOLD = Notice("failed", "j1", "ann")
NARROWER: list[dict[str, Any]] = [
    {},
    {"kinds": (E.FAILED,)},
    {"types": ("edit",)},
    {"workspace": HERE},
    {"agent": "bob"},
    {"session": ACTOR.session},
    {"job_id": "j1bb"},
]
"""What an audit may ask for besides a span and a workflow."""


@pytest.fixture
async def statements(store: SqliteStore) -> set[str]:
    """Every distinct statement begun on either connection, as written."""
    seen: set[str] = set()
    for connection in (store._connection, store._reader._connection):
        await connection.run(connection.plain.set_trace_callback, seen.add)
    return seen


async def use_everything(store: SqliteStore) -> None:
    """Call each method of the ledger and the view at least once, with each kind of filter."""
    first, second = await enqueue(store, draft(idempotency_key="a"), draft(resource_key="r"))
    await enqueue(store, draft(depends_on=(first,), blockers=1))
    await store.write(ACTOR, inserting(draft()), key("1"))
    await claim(store, second)
    await move(store, second, E.FAILED, last_error="no")
    await move(store, second, E.RETRIED)
    await move(store, first, E.SUCCEEDED, evidence="ok")

    def look(view: View) -> None:
        view.job(first)
        view.was_removed(first)
        view.jobs_by_keys(HERE, ["a", "b"])
        view.states_of([first, second])
        view.dependencies(first)
        view.unmet_dependencies([first])
        for correlation_id in (None, HERE):
            for states in ((), (JobState.PENDING,), tuple(JobState)):
                view.list_jobs(JobFilter(correlation_id, states), 5, "9")
                view.list_jobs(JobFilter(correlation_id, states, archived=True), 5, "9")
                view.count_jobs(JobFilter(correlation_id, states))
            for narrower in NARROWER:
                which = EventFilter(0, 2**50, correlation_id, **narrower)
                view.list_events(which, 5, "99.9")
                view.count_events(which)
        view.offset_at(5)
        for jobs in ((), (first, second)):
            for workflows in ((), (HERE, "b")):
                view.events_after(FeedFilter(jobs, workflows), 1, 5)
                chosen = FeedFilter(jobs, workflows, (E.FAILED,), ("edit",), "ann")
                view.events_after(chosen, 1, 5)
        view.list_unfinished(HERE, 5, "1.1")
        view.pauses()
        job = view.job(first)
        assert job is not None
        view.open_before(job, 5, "1")
        view.type_defaults()
        view.ended_jobs(HERE, (JobState.FAILED, JobState.SUCCEEDED), 5)
        view.archived_jobs(HERE, 5)
        view.count_archived()
        view.delivery(TOLD)
        view.last_delivery("failed", "ann")
        view.deliveries(5, "9.1")
        for workflow in (None, HERE):
            ended = (JobState.SUCCEEDED,)
            view.unclaimed(2**50, workflow, 5)
            view.overdue(2**50, workflow, 5)
            view.lost(workflow, 5)
            view.to_purge(PurgePolicy(2**50, ended, ended, 2**50, workflow), 5, "9.9")
        for correlation_id in (None, HERE):
            for types in ((), ("edit",)):
                view.failed(correlation_id, types, 5, "1")
        view.count_blocked(HERE)
        view.unfinished_since(HERE)
        view.count_unfinished(HERE)
        view.events_of(first, 5)
        view.limits()
        view.running_jobs(5)
        view.waiting(100, 5)
        view.ended_since(1)
        view.failed_since(1, 5)
        view.held_jobs(ACTOR.session)
        view.holders()
        view.lapsing(2**50, 5)
        view.deadlines()
        view.schedules()
        view.due_schedules(2**50, 5)
        view.schedule_of(first)
        view.usage_since(0, HERE)
        job = view.job(first)
        assert job is not None
        view.usage_of(job)
        view.spent(0, None)
        view.spent(0, HERE)
        view.spent_on(job)
        view.reservations()
        view.allowances(0)

    def share(ledger: Ledger) -> Done:
        wanting = [draft(resource_key="r"), draft(resource_key="r"), draft(run_at=2**45)]
        job, other, _ = ledger.insert_jobs(wanting)
        ledger.resource_holder(other)
        old = ledger.move(ledger.insert_jobs([draft()])[0], E.SUCCEEDED)
        ledger.purge(ledger.mark(old, E.ARCHIVED, archived_at=1), "old")
        job = ledger.move(job, E.CLAIMED, lease_expires_at=5)
        ledger.park(other)
        ledger.count_unfinished(HERE)
        ledger.extend_lease(job.id, 9)
        ledger.move(job, E.SUCCEEDED)  # lets the parked one out
        ledger.make_due(2**46, 5)
        ledger.keep_agent("ann", None, None)
        ledger.set_type_defaults("edit", Defaults(priority=1))
        ledger.note_delivery(TOLD, 5)
        ledger.keep_schedule(schedule())
        (row,) = ledger.due_schedules(2**50, 5)
        ledger.insert_jobs([draft(schedule=row.seq)])
        ledger.turn_schedule(row.seq, Turn(2**45, 5, None))
        ledger.remove_schedule(row.seq)
        for wanted in (Wanted(), Wanted(workspace=HERE), Wanted(correlation_id=HERE)):
            ledger.next_ready(wanted)
            ledger.next_ready(msgspec.structs.replace(wanted, types=("edit", "b")))
        for what in (Limited("type", "edit"), Limited("resource", "r", HERE)):
            ledger.limit(what, Bounds(1, 1, 1000))
        ledger.move(ledger.insert_jobs([draft(resource_key="r")])[0], E.CLAIMED, lease_expires_at=5)
        ledger.reopen()
        ledger.unlimit(Limited("type", "edit"))
        ledger.pause("workspace", "/elsewhere", None)
        ledger.pause("type", "edit", "no")
        for wanted in (Wanted(), Wanted(workspace=HERE), Wanted(correlation_id=HERE)):
            ledger.next_ready(wanted)
        ledger.resume("type", "edit")
        return Done()

    await store.read(look)
    await store.write(ACTOR, share)
    await store.forget_session(ACTOR.session)
    await store.maintain()
    await store.cut_history(2**50)


def plan(db: sqlite3.Connection, statement: str) -> list[str]:
    return [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {statement}")]


async def test_no_statement_scans_a_table_that_grows(
    store: SqliteStore, statements: set[str], path: Path
) -> None:
    await use_everything(store)
    db = sqlite3.connect(path)
    bad, looked = [], 0
    for statement in statements:
        if statement.lstrip().split(" ")[0].upper() not in ("SELECT", "UPDATE", "DELETE", "INSERT"):
            continue
        looked += 1
        for step in plan(db, statement):
            words = step.split()
            if words[0] == "SCAN" and words[1] in BIG:
                bad.append((step, statement))
    db.close()
    assert looked > 35
    assert bad == []


def events_by(narrower: dict[str, Any]) -> Any:
    which = EventFilter(0, 2**50, **narrower)
    return lambda view: view.list_events(which, 5, None)


@pytest.mark.parametrize("jobs", [50])
async def test_pages_come_sorted_from_the_index(
    store: SqliteStore, statements: set[str], path: Path, jobs: int
) -> None:
    """A page reads what it shows: nothing is sorted to find its beginning."""
    await enqueue(store, *[draft()] * jobs)
    pages: list[Any] = [
        lambda view: view.list_jobs(JobFilter(HERE, (JobState.PENDING, JobState.FAILED)), 5, None),
        lambda view: view.list_jobs(JobFilter(), 5, None),
        lambda view: view.list_unfinished(HERE, 5, None),
        lambda view: view.failed(None, (), 5, None),
        lambda view: view.list_events(EventFilter(0, 2**50, HERE), 5, None),
        lambda view: view.list_events(EventFilter(0, 2**50), 5, None),
        *(events_by(each) for each in NARROWER if "job_id" not in each),
        lambda view: view.events_after(FeedFilter(), 1, 5),
        lambda view: view.events_after(FeedFilter(("j1",), (HERE,), (E.FAILED,)), 1, 5),
    ]
    for page in pages:
        statements.clear()
        await store.read(page)
        db = sqlite3.connect(path)
        steps = [step for each in statements if "SELECT" in each for step in plan(db, each)]
        db.close()
        assert steps
        assert [step for step in steps if "TEMP B-TREE FOR ORDER" in step] == []


@pytest.mark.parametrize(
    ("narrower", "index"),
    [
        ({"job_id": "j1bb"}, "events_of_job"),
        ({"correlation_id": HERE}, "events_by_workflow"),
        ({"workspace": HERE}, "events_by_time"),
        ({"agent": "bob", "session": "s", "types": ("edit",)}, "events_by_time"),
    ],
    ids=str,
)
async def test_an_audit_walks_the_narrowest_index_there_is(
    store: SqliteStore,
    statements: set[str],
    path: Path,
    narrower: dict[str, Any],
    index: str,
) -> None:
    which = EventFilter(0, 2**50, **narrower)
    looks: list[Any] = [events_by(narrower), lambda view: view.count_events(which)]
    for look in looks:
        statements.clear()
        await store.read(look)
        with closing(sqlite3.connect(path)) as db:
            steps = [step for each in statements if "SELECT" in each for step in plan(db, each)]
        assert [step for step in steps if step.startswith(f"SEARCH v USING INDEX {index}")]


async def test_d16_opening_costs_the_same_whatever_the_history(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted in steps of SQLite's virtual machine, on files beyond the size checked whole."""
    monkeypatch.setattr(database, "QUICK_CHECK_BYTES_MAX", 0)
    costs = []
    for jobs in (500, 4000):
        async with opened(path) as store:
            for _ in range(jobs // 500):
                await enqueue(store, *[draft()] * 500)
        costs.append(await cost_of_opening(path, monkeypatch))
    assert costs[0] == costs[1] > 0


def opened(path: Path) -> Any:
    return SqliteStore.open(str(path), backups="/nowhere", clock_ms=lambda: 1)


async def cost_of_opening(path: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    steps = 0
    connect = sqlite3.connect

    def step() -> int:
        nonlocal steps
        steps += 1
        return 0

    def counting(*args: Any, **options: Any) -> sqlite3.Connection:
        db: sqlite3.Connection = connect(*args, **options)
        db.set_progress_handler(step, 1)
        return db

    with monkeypatch.context() as patch:
        patch.setattr(sqlite3, "connect", counting)
        async with opened(path):
            cost = steps
    return cost


async def test_d15_a_claim_costs_the_same_at_any_backlog(store: SqliteStore, path: Path) -> None:
    """There each claim sorted all that was pending. Counted in steps of SQLite's machine."""
    costs = []
    for backlog in BACKLOGS:
        for _ in range(backlog // 500):
            await enqueue(store, *[draft(type="b")] * 250, *[draft(priority=9)] * 250)
        look = partial(
            steps_of, path, lambda db: next_ready(db, JobNames(db), HERE_ALONE, NOTHING, str)
        )
        costs.append(await store._connection.run(look))
    assert costs[0] == costs[1] > 0


async def test_looking_for_what_nobody_takes_costs_nothing_for_what_is_young(
    store: SqliteStore, path: Path
) -> None:
    costs = []
    for backlog in SMALL_BACKLOGS:
        for _ in range(backlog // 500):
            await enqueue(store, *[draft()] * 500)
        look = partial(steps_of, path, lambda db: stale_view.unclaimed(db, 1, None, 5))
        costs.append(await store._connection.run(look))
    assert costs[0] == costs[1] > 0


def steps_of(
    path: Path, look: Callable[[sqlite3.Connection], object], before: str = "SELECT 1"
) -> int:
    """Count the steps of SQLite's machine; what is changed ``before`` is taken back."""
    steps = 0

    def step() -> int:
        nonlocal steps
        steps += 1
        return 0

    with closing(sqlite3.connect(path)) as db:
        db.execute(before)
        db.set_progress_handler(step, 1)
        look(db)
    return steps


async def test_letting_jobs_out_costs_the_same_however_many_wait_for_the_resource(
    store: SqliteStore, path: Path
) -> None:
    costs = []
    for backlog in SMALL_BACKLOGS:
        for _ in range(backlog // 500):
            await enqueue(store, *[draft(resource_key="r")] * 500)
        look = partial(steps_of, path, lambda db: resources.let_out(db, 1), PARKED)
        costs.append(await store._connection.run(look))
    assert costs[0] == costs[1] > 0
