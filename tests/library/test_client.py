"""A program that uses ``djobs.Client`` against a real daemon, under asyncio and under trio."""

from datetime import datetime
from typing import Any

import anyio
import pytest

from djobs import Client, DjobsError, ErrorCode, JobState, NewJob
from djobs_local import stop_mark
from djobs_protocol.limits import FRAME_BYTES_MAX
from tests.harness.daemon import DaemonHome
from tests.harness.length import all_but_slow

pytestmark = pytest.mark.anyio

WORKSPACE = "/srv/project"


@pytest.fixture(scope="module", params=all_but_slow(1, ["asyncio", "trio"]))
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def home(daemon_home: DaemonHome, monkeypatch: pytest.MonkeyPatch) -> DaemonHome:
    """Return a private home that is also this process's own, so that a slip hurts nobody."""
    monkeypatch.setenv("DJOBS_HOME", daemon_home.state)
    return daemon_home


def client(home: DaemonHome, **options: Any) -> Client:
    return Client(**{"home": home.state, "workspace": WORKSPACE, **options})


async def kinds_of(client: Client, job_id: str) -> list[str]:
    return [event.kind for event in (await client.get(job_id)).events]


async def test_entering_starts_the_daemon_and_a_job_lives_from_enqueue_to_evidence(
    home: DaemonHome,
) -> None:
    async with client(home) as djobs:
        job_id = await djobs.enqueue("resize", {"path": "a.png"}, priority=2)
        left = await djobs.resume()
        done = await djobs.complete(job_id, evidence="a.png is 400 px wide")
        detail = await djobs.get(job_id)
        later = await djobs.enqueue("resize", delay_seconds=3600)
        waiting = (await djobs.get(later)).job
    assert waiting.run_at is not None
    assert (waiting.run_at - waiting.created_at).total_seconds() == 3600
    assert [job.id for job in left.jobs] == [job_id]
    assert (done.state, done.unfinished) == (JobState.SUCCEEDED, 0)
    assert (detail.job.payload, detail.job.priority) == ({"path": "a.png"}, 2)
    assert detail.job.evidence == "a.png is 400 px wide"
    assert len(home.births()) == 1


async def test_tasks_of_one_program_share_a_client_and_each_gets_its_own_answer(
    home: DaemonHome,
) -> None:
    found: dict[int, str] = {}

    async def record(number: int) -> None:
        found[number] = await djobs.enqueue("count", {"number": number})

    async with client(home) as djobs:
        async with anyio.create_task_group() as tasks:
            for number in range(150):
                tasks.start_soon(record, number)
        for number in (0, 70, 149):
            detail = await djobs.get(found[number])
            assert detail.job.payload == {"number": number}
    assert len(set(found.values())) == 150


async def test_every_write_happens_once_though_the_daemon_is_killed_again_and_again(
    home: DaemonHome,
) -> None:
    finished: list[str] = []

    async def work(number: int) -> None:
        job_id = await djobs.enqueue("edit", {"number": number})
        await djobs.complete(job_id, evidence=f"number {number}")
        finished.append(job_id)

    async with client(home) as djobs:
        async with anyio.create_task_group() as tasks:
            for number in range(60):
                tasks.start_soon(work, number)
            for _ in range(3):
                await anyio.to_thread.run_sync(home.kill9)
                await djobs.health()
        assert len(set(finished)) == 60
        assert (await djobs.health()).counts == {JobState.SUCCEEDED: 60}
        history = await djobs.audit(limit=500)
        assert history.by_kind == {"enqueued": 60, "succeeded": 60}
    assert len(home.births()) >= 4


async def test_a_daemon_that_drains_is_only_a_pause(home: DaemonHome) -> None:
    async def record(number: int) -> None:
        for step in range(5):
            await djobs.enqueue("edit", {"number": number, "step": step})

    async with client(home) as djobs:
        async with anyio.create_task_group() as tasks:
            for number in range(8):
                tasks.start_soon(record, number)
            await anyio.to_thread.run_sync(home.stop)
        assert (await djobs.health()).total == 40


async def test_two_programs_that_report_the_same_job_are_told_who_was_first(
    home: DaemonHome,
) -> None:
    refused: list[DjobsError] = []

    async def report(reporter: Client) -> None:
        try:
            await reporter.complete(job_id)
        except DjobsError as error:
            refused.append(error)

    async with client(home) as first, client(home) as second:
        job_id = await first.enqueue("edit")
        async with anyio.create_task_group() as tasks:
            for reporter in (first, second, first, second):
                tasks.start_soon(report, reporter)
        assert [error.code for error in refused] == [ErrorCode.ALREADY_FINISHED] * 3
        assert await kinds_of(first, job_id) == ["enqueued", "succeeded"]


async def test_a_silent_daemon_is_reported_at_the_deadline_and_the_client_stays_usable(
    home: DaemonHome,
) -> None:
    home.start()
    home.status()  # a second is for the silence, not for the start
    async with client(home, timeout_seconds=1.0) as djobs:
        home.sigstop()
        with pytest.raises(DjobsError) as caught:
            await djobs.health()
        home.sigcont()
        assert caught.value.code is ErrorCode.DEADLINE_EXCEEDED
        assert (await djobs.health()).status == "ok"


async def test_entering_names_a_silent_daemon_and_starts_no_other(home: DaemonHome) -> None:
    home.start()
    home.sigstop()
    with pytest.raises(DjobsError) as caught:
        async with client(home, timeout_seconds=0.5):
            pass
    assert caught.value.code is ErrorCode.UNRESPONSIVE
    assert str(home.pid()) in caught.value.message
    assert len(home.births()) == 1


async def test_a_call_cancelled_in_the_middle_of_its_line_spoils_no_other(
    home: DaemonHome,
) -> None:
    async with client(home) as djobs:
        home.sigstop()
        for _ in range(4):  # more than the socket's buffer takes, so one is cut short
            with anyio.move_on_after(0.1):
                await djobs.enqueue("large", "x" * 200_000)
        home.sigcont()
        assert (await djobs.health()).status == "ok"
        assert await djobs.enqueue("small")


async def test_leaving_while_cancelled_ends_cleanly(home: DaemonHome) -> None:
    with anyio.CancelScope() as scope:
        async with client(home) as djobs:
            await djobs.health()
            scope.cancel()
            await anyio.sleep_forever()
    assert scope.cancelled_caught


async def test_the_callers_own_exception_passes_through_unwrapped(home: DaemonHome) -> None:
    with pytest.raises(ZeroDivisionError):
        async with client(home):
            raise ZeroDivisionError


async def test_a_client_is_entered_once_and_used_inside(home: DaemonHome) -> None:
    djobs = client(home)
    with pytest.raises(RuntimeError, match="async with"):
        await djobs.health()
    async with djobs:
        pass
    with pytest.raises(RuntimeError, match="async with"):
        await djobs.health()
    with pytest.raises(RuntimeError, match="once"):
        async with djobs:
            pass


async def test_an_expected_database_refuses_every_other(home: DaemonHome) -> None:
    async with client(home) as djobs:
        assert djobs.welcome is not None
        database = djobs.welcome.database
    async with client(home, expected_database=database) as djobs:
        await djobs.health()
    with pytest.raises(DjobsError) as caught:
        async with client(home, expected_database="another"):
            pass
    assert caught.value.code is ErrorCode.WRONG_DATABASE


async def test_a_write_is_never_repeated_into_a_database_that_took_the_firsts_place(
    home: DaemonHome,
) -> None:
    async with client(home) as djobs:
        await djobs.enqueue("edit")
        home.kill9()
        for file in home.folder.glob("jobs.db*"):
            file.unlink()
        with pytest.raises(DjobsError) as caught:
            await djobs.enqueue("edit")
    assert caught.value.code is ErrorCode.WRONG_DATABASE
    async with client(home) as djobs:
        assert (await djobs.health()).total == 0


@pytest.mark.parametrize("how", ["argument", "environment"])
async def test_a_client_that_may_not_start_a_daemon_says_that_none_runs(
    home: DaemonHome, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if how == "environment":
        monkeypatch.setenv("DJOBS_NO_SPAWN", "1")
    with pytest.raises(DjobsError) as caught:
        async with client(home, start=how == "environment"):
            pass
    assert caught.value.code is ErrorCode.UNAVAILABLE
    assert home.births() == []


async def test_a_daemon_stopped_on_purpose_stays_stopped(home: DaemonHome) -> None:
    async with client(home) as djobs:
        await djobs.health()
        stop_mark.write_stop_mark(home.state, "a person")
        home.stop()
        with pytest.raises(DjobsError) as caught:
            await djobs.health()
    assert caught.value.code is ErrorCode.STOPPED_BY_USER
    assert len(home.births()) == 1


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"payload": object()}, ErrorCode.INVALID_PARAMS),
        ({"payload": "\ud800"}, ErrorCode.INVALID_PARAMS),
        ({"payload": "x" * FRAME_BYTES_MAX}, ErrorCode.FRAME_TOO_LARGE),
        ({"payload": "x" * 300_000}, ErrorCode.TOO_LARGE),
        ({"depends_on": "j1ab"}, ErrorCode.INVALID_PARAMS),
        ({"depends_on": ["j1ab"]}, ErrorCode.UNKNOWN_DEPENDENCY),
        ({"priority": 99}, ErrorCode.INVALID_PARAMS),
    ],
    ids=["no json", "surrogate", "frame", "payload", "text for a list", "dependency", "priority"],
)
async def test_what_cannot_be_recorded_is_refused_at_once_and_nothing_else_suffers(
    home: DaemonHome, options: dict[str, Any], code: ErrorCode
) -> None:
    async with client(home) as djobs:
        with pytest.raises(DjobsError) as caught:
            await djobs.enqueue("edit", **options)
        assert caught.value.code is code
        assert (await djobs.health()).total == 0


async def test_a_batch_is_recorded_whole_or_not_at_all(home: DaemonHome) -> None:
    async with client(home) as djobs:
        with pytest.raises(DjobsError):
            await djobs.enqueue_many([NewJob(type="good"), NewJob(type="bad", depends_on=["j1ab"])])
        stored = await djobs.enqueue_many([NewJob(type=f"t{number}") for number in range(500)])
        assert (await djobs.health()).total == 500
        newest = (await djobs.list(limit=1)).jobs
    assert stored[-1].id == newest[0].id


async def test_a_time_without_a_zone_is_not_taken_for_utc_unseen(home: DaemonHome) -> None:
    async with client(home) as djobs:
        with pytest.raises(DjobsError, match="time zone"):
            await djobs.audit(since=datetime(2026, 1, 1))  # noqa: DTZ001  the mistake under test


async def test_pages_follow_each_other_without_gap_while_others_finish_jobs(
    home: DaemonHome,
) -> None:
    async with client(home) as djobs:
        stored = await djobs.enqueue_many([NewJob(type="edit") for _ in range(90)])
        seen: list[str] = []
        cursor = None
        while True:
            page = await djobs.list(correlation_id=WORKSPACE, limit=20, cursor=cursor)
            seen += [job.id for job in page.jobs]
            await djobs.complete(stored[len(seen) // 2].id)
            cursor = page.next_cursor
            if cursor is None:
                break
    assert seen == [each.id for each in reversed(stored)]


async def test_two_programs_share_work_and_leaving_gives_it_back(home: DaemonHome) -> None:
    async with client(home) as boss:
        first, second = [await boss.enqueue("resize", {"n": n}) for n in range(2)]
        async with client(home) as worker:
            taken = await worker.claim(types=["resize"])
            assert taken is not None
            assert (taken.id, taken.attempt) == (first, 1)
            assert taken.holder is not None
            with pytest.raises(DjobsError) as refusal:
                await boss.complete(first)
            assert refusal.value.code is ErrorCode.NOT_HOLDER
            await worker.complete(first, "done")
            assert (await worker.claim()) is not None
            held = await boss.explain(second)
            assert [each.kind for each in held.obstacles] == ["running"]
        again = await boss.claim(wait_seconds=10)
        assert again is not None
        assert (again.id, again.attempt) == (second, 1)
        assert (await boss.release(second, "enough for today")).state is JobState.PENDING
        assert (await boss.skip(second)).state is JobState.SKIPPED
