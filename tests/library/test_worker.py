"""A program with ``djobs.Worker`` against a real daemon, under asyncio and under trio."""

import threading
from collections.abc import AsyncIterator
from typing import Any

import anyio
import pytest

from djobs import Client, Discard, DjobsError, ErrorCode, JobContext, JobState, NewJob, Worker
from djobs_local import stop_mark
from tests.harness.daemon import DaemonHome

pytestmark = pytest.mark.anyio

WORKSPACE = "/srv/project"
LEASE_SECONDS = 1.0
LONG_SECONDS = 2.5
"""Well beyond a lease."""


@pytest.fixture(scope="module", params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def home(daemon_home: DaemonHome, monkeypatch: pytest.MonkeyPatch) -> DaemonHome:
    monkeypatch.setenv("DJOBS_HOME", daemon_home.state)
    monkeypatch.setenv("DJOBS_START_BACKOFF_MAX_S", "0")
    return daemon_home


@pytest.fixture
async def boss(home: DaemonHome) -> AsyncIterator[Client]:
    async with Client(home=home.state, workspace=WORKSPACE) as client:
        yield client


def worker(home: DaemonHome, **options: Any) -> Worker:
    return Worker(home=home.state, workspace=WORKSPACE, **options)


async def enqueue(boss: Client, kind: str = "count", **options: Any) -> str:
    job = NewJob(type=kind, managed_by="worker", **options)
    return (await boss.enqueue_many([job]))[0].id


async def kinds_of(boss: Client, job_id: str) -> list[str]:
    return [event.kind for event in (await boss.get(job_id)).events]


async def test_a_handler_gets_the_payload_and_what_it_returns_is_the_evidence(
    home: DaemonHome, boss: Client
) -> None:
    mine = worker(home)

    @mine.handles("add")
    async def add(job: JobContext) -> dict[str, int]:
        return {"sum": sum(job.payload), "attempt": job.attempt}

    job_id = await enqueue(boss, "add", payload=[1, 2])
    await mine.run(until_idle=True)

    job = (await boss.get(job_id)).job
    assert (job.state, job.evidence) == (JobState.SUCCEEDED, '{"sum": 3, "attempt": 1}')


async def test_neither_the_jobs_of_agents_nor_other_types_are_taken(
    home: DaemonHome, boss: Client
) -> None:
    mine = worker(home)
    mine.handles("count")(lambda _job: None)
    for_agents = await boss.enqueue("count")
    other = await enqueue(boss, "other")
    own = await boss.enqueue("count", managed_by="worker")

    await mine.run(until_idle=True)

    states = [(await boss.get(job_id)).job.state for job_id in (for_agents, other, own)]
    assert states == [JobState.PENDING, JobState.PENDING, JobState.SUCCEEDED]


async def test_a_handler_that_takes_longer_than_the_lease_keeps_its_job(
    home: DaemonHome, boss: Client
) -> None:
    mine = worker(home, lease_seconds=LEASE_SECONDS)

    @mine.handles("count")
    async def count(_job: JobContext) -> str:
        await anyio.sleep(LONG_SECONDS)
        return "long"

    job_id = await enqueue(boss, max_attempts=1)
    await mine.run(until_idle=True)

    assert await kinds_of(boss, job_id) == ["enqueued", "claimed", "succeeded"]


async def test_a_plain_function_that_takes_longer_than_the_lease_keeps_its_job_too(
    home: DaemonHome, boss: Client
) -> None:
    mine = worker(home, lease_seconds=LEASE_SECONDS)
    mine.handles("count")(lambda _job: threading.Event().wait(LONG_SECONDS))
    job_id = await enqueue(boss, max_attempts=1)

    await mine.run(until_idle=True)

    assert await kinds_of(boss, job_id) == ["enqueued", "claimed", "succeeded"]


async def test_an_exception_costs_an_attempt_and_discard_ends_the_job(
    home: DaemonHome, boss: Client
) -> None:
    mine = worker(home)

    @mine.handles("fails")
    async def fails(_job: JobContext) -> None:
        raise OSError("no such pixel")

    @mine.handles("hopeless")
    def hopeless(_job: JobContext) -> None:
        raise Discard("not a picture")

    again, never = await enqueue(boss, "fails"), await enqueue(boss, "hopeless")
    await mine.run(until_idle=True)

    tried, given_up = (await boss.get(again)).job, (await boss.get(never)).job
    assert (tried.state, tried.last_error) == (JobState.RETRY_SCHEDULED, "OSError: no such pixel")
    assert (given_up.state, given_up.last_error) == (JobState.FAILED, "Discard: not a picture")


async def test_a_handler_whose_job_was_stopped_is_cancelled_and_reports_nothing(
    home: DaemonHome, boss: Client
) -> None:
    mine = worker(home, lease_seconds=LEASE_SECONDS)
    begun, ended = anyio.Event(), anyio.Event()
    held: list[bool] = []

    @mine.handles("count")
    async def count(job: JobContext) -> str:
        begun.set()
        try:
            await anyio.sleep_forever()
        finally:
            held.append(job.is_held)
            ended.set()
        return "never"

    job_id = await enqueue(boss)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(mine.run)
        await begun.wait()
        await boss.cancel(job_id, reason="not wanted")
        with anyio.fail_after(20):
            await ended.wait()
        tasks.cancel_scope.cancel()

    assert held == [False]
    assert (await boss.get(job_id)).job.state is JobState.STOPPED


async def test_a_worker_that_is_ended_gives_its_job_back_at_the_cost_of_no_attempt(
    home: DaemonHome, boss: Client
) -> None:
    mine = worker(home)
    begun = anyio.Event()

    @mine.handles("count")
    async def count(_job: JobContext) -> None:
        begun.set()
        await anyio.sleep_forever()

    job_id = await enqueue(boss)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(mine.run)
        await begun.wait()
        tasks.cancel_scope.cancel()

    job = (await boss.get(job_id)).job
    assert (job.state, job.attempt) == (JobState.PENDING, 0)
    assert await kinds_of(boss, job_id) == ["enqueued", "claimed", "released"]


async def test_what_a_thread_had_begun_is_reported_though_the_worker_is_ended(
    home: DaemonHome, boss: Client
) -> None:
    mine = worker(home)
    begun, go_on = threading.Event(), threading.Event()

    @mine.handles("count")
    def count(_job: JobContext) -> str:
        begun.set()
        assert go_on.wait(20)
        return "done"

    job_id = await enqueue(boss)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(mine.run)
        await anyio.to_thread.run_sync(begun.wait, 20)
        tasks.cancel_scope.cancel()
        go_on.set()

    assert (await boss.get(job_id)).job.state is JobState.SUCCEEDED


async def test_as_many_handlers_work_at_once_as_asked_for(home: DaemonHome, boss: Client) -> None:
    mine = worker(home, concurrency=2)
    here: list[str] = []
    both = anyio.Event()

    @mine.handles("count")
    async def count(job: JobContext) -> None:
        here.append(job.job.id)
        if len(here) == 2:
            both.set()
        with anyio.fail_after(20):
            await both.wait()

    ids = [await enqueue(boss), await enqueue(boss)]
    await mine.run(until_idle=True)

    assert sorted(here) == sorted(ids)


async def test_a_killed_daemon_costs_a_handler_nothing(home: DaemonHome, boss: Client) -> None:
    mine = worker(home, lease_seconds=LEASE_SECONDS)
    runs: list[str] = []

    @mine.handles("count")
    async def count(job: JobContext) -> str:
        runs.append(job.job.id)
        await anyio.to_thread.run_sync(home.kill9)
        await anyio.sleep(LEASE_SECONDS)
        return "done"

    job_id = await enqueue(boss)
    await mine.run(until_idle=True)

    assert runs == [job_id]
    assert await kinds_of(boss, job_id) == ["enqueued", "claimed", "succeeded"]


async def test_a_daemon_that_was_stopped_on_purpose_ends_the_worker_with_the_reason(
    home: DaemonHome, boss: Client
) -> None:
    mine = worker(home, timeout_seconds=5)
    mine.handles("count")(lambda _job: None)
    stop_mark.write_stop_mark(home.state, "a person")
    await anyio.to_thread.run_sync(home.stop)

    with pytest.raises(DjobsError) as refused:
        await mine.run()
    assert refused.value.code is ErrorCode.STOPPED_BY_USER


async def test_a_type_has_one_handler_and_a_worker_has_at_least_one(home: DaemonHome) -> None:
    mine = worker(home)
    with pytest.raises(RuntimeError, match="needs a handler"):
        await mine.run()
    mine.handles("count")(lambda _job: None)
    with pytest.raises(ValueError, match="'count' has a handler"):
        mine.handles("count")(print)
