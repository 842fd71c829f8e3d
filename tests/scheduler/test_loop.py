"""Leases through sleep, jumps, restarts and silence, against a real store (R15, R45)."""

from collections.abc import AsyncIterator

import pytest

from djobs_daemon.scheduler.loop import Scheduler, release_all
from djobs_daemon.scheduler.work import Work
from djobs_daemon.store.records import Actor, HeldJob
from djobs_daemon.store.sqlite.store import SqliteStore
from djobs_protocol.states import EventKind, JobState
from tests.harness.quick_folder import quick_folder
from tests.scheduler.machine import Machine
from tests.store.ledger_tools import ACTOR, claim, draft, enqueue, get, move

HOUR_MS = 3_600_000
TERM_MS = 60_000
DAEMON = Actor("daemon-1", "daemon")


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
async def store(machine: Machine) -> AsyncIterator[SqliteStore]:
    with quick_folder() as folder:
        path = str(folder / "jobs.db")
        async with SqliteStore.open(path, backups="/nowhere", clock_ms=machine.wall) as opened:
            yield opened


async def hold_five(store: SqliteStore, work: Work, max_attempts: int = 3) -> list[str]:
    wanted = [draft(max_attempts=max_attempts, lease_ms=TERM_MS)] * 5
    ids = await enqueue(store, *wanted)
    for job_id in ids:
        await claim(store, job_id, until=work.clock.now() + TERM_MS)
    return ids


async def states(store: SqliteStore, ids: list[str]) -> set[JobState]:
    return {(await get(store, job_id)).state for job_id in ids}


async def held(store: SqliteStore) -> list[HeldJob]:
    return list(await store.read(lambda view: view.held_jobs(ACTOR.session)))


async def test_a_lease_lapses_when_its_time_is_up_and_not_before(
    store: SqliteStore, machine: Machine
) -> None:
    work = Work(machine)
    scheduler = Scheduler(work, store, DAEMON)
    ids = await hold_five(store, work)
    machine.work(TERM_MS - 1)
    assert await scheduler._act() == 0.001
    assert await states(store, ids) == {JobState.RUNNING}
    machine.work(1)
    assert await scheduler._act() is None
    assert await states(store, ids) == {JobState.PENDING}


async def test_nobody_loses_a_lease_to_a_night_s_sleep_or_in_the_term_after_it(
    store: SqliteStore, machine: Machine
) -> None:
    work = Work(machine)
    scheduler = Scheduler(work, store, DAEMON)
    ids = await hold_five(store, work)
    machine.work(TERM_MS - 1000)
    machine.sleep(8 * HOUR_MS)
    assert await scheduler._act() == TERM_MS / 1000
    machine.work(TERM_MS - 1)
    await scheduler._act()
    assert await states(store, ids) == {JobState.RUNNING}
    machine.work(1)
    await scheduler._act()
    assert await states(store, ids) == {JobState.PENDING}


@pytest.mark.parametrize("jump_ms", [-HOUR_MS, 24 * HOUR_MS])
async def test_a_jump_of_the_wall_clock_moves_no_lease(
    store: SqliteStore, machine: Machine, jump_ms: int
) -> None:
    work = Work(machine)
    scheduler = Scheduler(work, store, DAEMON)
    ids = await hold_five(store, work)
    machine.set_wall(jump_ms)
    await scheduler._act()
    assert await states(store, ids) == {JobState.RUNNING}
    assert {job.lease_expires_at for job in await held(store)} == {machine.wall() + TERM_MS}


async def test_a_start_of_the_daemon_gives_everybody_one_more_term(
    store: SqliteStore, machine: Machine
) -> None:
    ids = await hold_five(store, Work(machine))
    machine.work(HOUR_MS)  # nobody looked
    later = Scheduler(Work(machine), store, DAEMON)
    await later._grant(0)
    await later._act()
    assert await states(store, ids) == {JobState.RUNNING}
    machine.work(TERM_MS)
    await later._act()
    assert await states(store, ids) == {JobState.PENDING}


async def test_a_call_of_the_holder_since_renews_all_it_holds(
    store: SqliteStore, machine: Machine
) -> None:
    work = Work(machine)
    scheduler = Scheduler(work, store, DAEMON)
    ids = await hold_five(store, work)
    machine.work(TERM_MS // 2)
    work.heard_of(ACTOR.session)
    machine.work(TERM_MS // 2)
    assert await scheduler._act() == TERM_MS / 2 / 1000
    assert await states(store, ids) == {JobState.RUNNING}


async def test_d05_a_lapse_on_the_last_attempt_ends_the_job_and_leaves_no_zombie(
    store: SqliteStore, machine: Machine
) -> None:
    work = Work(machine)
    ids = await hold_five(store, work, max_attempts=1)
    machine.work(TERM_MS)
    assert await Scheduler(work, store, DAEMON)._act() is None
    assert await states(store, ids) == {JobState.DEAD_LETTERED}
    assert (await get(store, ids[0])).last_error == "its lease lapsed"
    assert (await store.check()).problems == []


async def test_what_a_dead_session_held_is_free_and_costs_no_attempt(
    store: SqliteStore, machine: Machine
) -> None:
    ids = await hold_five(store, Work(machine), max_attempts=1)
    assert await release_all(store, DAEMON, ACTOR.session, "its session ended") == 5
    assert await release_all(store, DAEMON, ACTOR.session, "its session ended") == 0
    assert await states(store, ids) == {JobState.PENDING}
    assert (await get(store, ids[0])).attempt == 0


async def test_a_time_of_day_is_looked_at_anew_while_it_is_waited_for(
    store: SqliteStore, machine: Machine
) -> None:
    work = Work(machine)
    scheduler = Scheduler(work, store, DAEMON)
    (job_id,) = await enqueue(store, draft(run_at=machine.wall() + HOUR_MS))
    assert await scheduler._act() == 60
    machine.set_wall(HOUR_MS)
    assert await scheduler._act() is None
    assert (await get(store, job_id)).due


async def test_a_back_off_ends_when_its_time_has_come(store: SqliteStore, machine: Machine) -> None:
    work = Work(machine)
    (job_id,) = await enqueue(store)
    await claim(store, job_id)
    until = machine.wall() + 5_000
    await move(store, job_id, EventKind.RETRY_SCHEDULED, last_error="x", run_at=until)
    assert await Scheduler(work, store, DAEMON)._act() == 5
    machine.work(5_000)
    await Scheduler(work, store, DAEMON)._act()
    assert (await get(store, job_id)).state is JobState.PENDING
