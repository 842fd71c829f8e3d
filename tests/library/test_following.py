"""A program that follows events and waits for jobs, under asyncio and under trio."""

from contextlib import aclosing
from typing import Any

import anyio
import pytest

from djobs import Client, DjobsError, ErrorCode, EventKind, JobState
from tests.harness.daemon import DaemonHome

pytestmark = pytest.mark.anyio

WORKSPACE = "/srv/project"


@pytest.fixture(scope="module", params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def home(daemon_home: DaemonHome, monkeypatch: pytest.MonkeyPatch) -> DaemonHome:
    monkeypatch.setenv("DJOBS_HOME", daemon_home.state)
    monkeypatch.setenv("DJOBS_START_BACKOFF_MAX_S", "0")
    return daemon_home


def client(home: DaemonHome) -> Client:
    return Client(home=home.state, workspace=WORKSPACE)


async def seen(djobs: Client, count: int, **asked: Any) -> list[tuple[int, str]]:
    """Return that many events."""
    found: list[tuple[int, str]] = []
    async with aclosing(djobs.watch(**asked)) as events:
        async for event in events:
            found.append((event.seq, event.kind))
            if len(found) == count:
                break
    return found


async def test_events_come_in_order_and_the_daemon_s_death_leaves_no_hole(
    home: DaemonHome,
) -> None:
    found: list[tuple[int, str]] = []

    async with client(home) as djobs:
        first = await djobs.enqueue("a")

        async def follow() -> None:
            found.extend(await seen(djobs, 4, after=0))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(follow)
            await djobs.complete(first)
            await anyio.to_thread.run_sync(home.kill9)
            await djobs.enqueue("b")
            await djobs.fail(await djobs.enqueue("c"), "no")
    assert found == [(1, "enqueued"), (2, "succeeded"), (3, "enqueued"), (4, "enqueued")]
    assert len(home.births()) == 2


async def test_a_watch_passes_what_it_names_and_leaves_the_client_usable(
    home: DaemonHome,
) -> None:
    async with client(home) as djobs:
        first, second = await djobs.enqueue("a"), await djobs.enqueue("b")
        await djobs.complete(first)
        kinds = [EventKind.ENQUEUED]
        assert await seen(djobs, 1, after=0, job_ids=[second], kinds=kinds) == [(2, "enqueued")]
        assert await seen(djobs, 1, after=1, types=["a"]) == [(3, "succeeded")]
        assert (await djobs.health()).total == 2


async def test_a_watch_that_is_abandoned_does_not_keep_the_client_open(home: DaemonHome) -> None:
    async with client(home) as djobs:
        await djobs.enqueue("a")
        events = djobs.watch(after=0)
        assert (await anext(events)).seq == 1
    with anyio.fail_after(30), pytest.raises(RuntimeError, match="inside"):
        async for _ in events:
            pass


async def test_an_offset_of_another_history_is_refused(home: DaemonHome) -> None:
    async with client(home) as djobs:
        with pytest.raises(DjobsError) as refusal:
            await seen(djobs, 1, after=7)
    assert refusal.value.code is ErrorCode.CONFLICT


async def test_a_wait_ends_with_the_jobs_or_with_the_time(home: DaemonHome) -> None:
    async with client(home) as djobs:
        first, second = await djobs.enqueue("a"), await djobs.enqueue("b")
        late = await djobs.wait([first], timeout_seconds=0.05)
        assert (late.done, late.jobs[0].state) == (False, JobState.PENDING)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(djobs.complete, first)
            some = await djobs.wait([first, second], any=True)
        assert some.done
        assert [job.state for job in some.jobs] == [JobState.SUCCEEDED, JobState.PENDING]


async def test_a_wait_goes_on_with_the_next_daemon(home: DaemonHome) -> None:
    async with client(home) as djobs, client(home) as helper:
        job_id = await helper.enqueue("a")

        async def end_it() -> None:
            await anyio.to_thread.run_sync(home.kill9)
            await helper.complete(job_id)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(end_it)
            waited = await djobs.wait([job_id])
    assert waited.done
