"""Limits: no more run at once, and no more start in a window, than was said."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from djobs_daemon.rpc.handlers import limits as handler
from djobs_daemon.scheduler.loop import Scheduler
from djobs_local.call import Connection
from djobs_protocol.errors import DjobsError, ErrorCode
from tests.harness.daemon import DaemonHome
from tests.harness.editor import Editor
from tests.store.ledger_tools import ACTOR, HERE
from tests.work.desk import AT, Desk
from tests.work.test_claims import waiting_claim
from tests.work.test_pauses import WAKE_SECONDS

TYPE: dict[str, Any] = {"scope": "type", "subject": "t"}
GPU: dict[str, Any] = {"scope": "resource", "subject": "gpu"}
WINDOW_MS = 60_000


async def claim(desk: Desk, **asked: Any) -> str | None:
    """Return the id of the job that a claim got."""
    job = (await desk.ask("job.claim", **asked)).get("job")
    return None if job is None else str(job["id"])


async def why(desk: Desk, job_id: str) -> list[tuple[str, str]]:
    answer = await desk.ask("job.explain", job_id=job_id)
    return [(each["kind"], each["text"]) for each in answer.get("obstacles", [])]


async def look_after(desk: Desk) -> None:
    """Let the scheduler do what is due."""
    await Scheduler(desk.work, desk.store, ACTOR)._act()


async def test_no_more_jobs_of_a_type_run_at_once_than_its_limit_says(desk: Desk) -> None:
    first, second, third = await desk.enqueue({}, {}, {})
    (other,) = await desk.enqueue({"type": "other"})
    await desk.ask("limit.set", **TYPE, running=2)

    assert [await claim(desk) for _ in range(4)] == [first, second, other, None]
    assert await why(desk, third) == [
        ("limit", "The type t is limited to 2 running jobs, and 2 run.")
    ]
    await desk.ask("job.complete", job_id=first)
    assert await claim(desk) == third
    assert await desk.is_sound()


async def test_a_workspace_s_limit_leaves_the_others_alone(desk: Desk) -> None:
    mine, _ = await desk.enqueue({}, {})
    (theirs,) = await desk.enqueue({}, actor=AT)
    await desk.ask("limit.set", scope="workspace", running=1)

    assert [await claim(desk, everywhere=True) for _ in range(3)] == [mine, theirs, None]


async def test_a_resource_with_a_limit_is_that_many_jobs_at_once(desk: Desk) -> None:
    jobs = await desk.enqueue(*[{"resource_key": "gpu"}] * 5)
    assert [await claim(desk), await claim(desk)] == [jobs[0], None]

    await desk.ask("limit.set", **GPU, running=3)

    assert [await claim(desk) for _ in range(3)] == [jobs[1], jobs[2], None]
    assert ("resource", f"{jobs[0]}, held by {ACTOR.session}, has the resource 'gpu'.") in [
        (kind, text) for kind, text in await why(desk, jobs[3])
    ]
    await desk.ask("job.complete", job_id=jobs[1])
    assert [await claim(desk), await claim(desk)] == [jobs[3], None]
    assert await desk.is_sound()


async def test_a_resource_whose_limit_was_lowered_is_given_to_nobody_until_few_enough_have_it(
    desk: Desk,
) -> None:
    jobs = await desk.enqueue(*[{"resource_key": "gpu"}] * 4)
    await desk.ask("limit.set", **GPU, running=3)
    assert [await claim(desk) for _ in range(3)] == jobs[:3]
    await desk.ask("limit.clear", **GPU)

    await desk.ask("job.complete", job_id=jobs[0])
    assert await claim(desk) is None
    await desk.ask("job.complete", job_id=jobs[1])
    assert await claim(desk) is None
    await desk.ask("job.complete", job_id=jobs[2])
    assert await claim(desk) == jobs[3]


async def test_a_resource_of_another_workspace_has_a_limit_of_its_own(desk: Desk) -> None:
    await desk.ask("limit.set", **GPU, running=2)
    theirs = await desk.enqueue(*[{"resource_key": "gpu"}] * 2, actor=AT)

    assert (await desk.ask("job.claim", AT))["job"]["id"] == theirs[0]
    assert (await desk.ask("job.claim", AT)).get("job") is None


async def test_no_window_of_a_rate_ever_sees_more_starts_than_it_allows(desk: Desk) -> None:
    await desk.ask("limit.set", **TYPE, starts=3, window_seconds=WINDOW_MS / 1000)
    await desk.enqueue(*[{}] * 30)
    starts: list[int] = []
    for step in (0, 5_000, 25_000, 29_999, 1, 4_999, 1, 25_000, 30_000, 1, 61_000, 0, 0, 0):
        desk.clock.advance(step)
        if (job := await claim(desk)) is not None:
            starts.append(desk.clock.now)
            await desk.ask("job.release", job_id=job)
    assert len(starts) == 10
    assert all(later - first >= WINDOW_MS for first, later in zip(starts, starts[3:], strict=False))


async def test_a_rate_says_when_it_lets_the_next_job_start(desk: Desk) -> None:
    first, second = await desk.enqueue({}, {})
    await desk.ask("limit.set", **TYPE, starts=1, window_seconds=60)
    assert [await claim(desk), await claim(desk)] == [first, None]

    (obstacle,) = (await desk.ask("job.explain", job_id=second))["obstacles"]
    (limit,) = (await desk.ask("limit.list"))["limits"]

    assert obstacle["kind"] == "limit"
    assert obstacle["text"].startswith("The type t is limited to 1 start in 60 s; next at 20")
    assert obstacle["until"] == limit["opens_at"]
    desk.clock.advance(WINDOW_MS)
    assert "opens_at" not in (await desk.ask("limit.list"))["limits"][0]
    assert await claim(desk) == second


async def test_a_job_held_up_by_the_rate_of_its_resource_is_let_out_when_the_window_opens(
    desk: Desk,
) -> None:
    jobs = await desk.enqueue(*[{"resource_key": "gpu"}] * 3)
    await desk.ask("limit.set", **GPU, running=3, starts=1, window_seconds=60)
    scheduler = Scheduler(desk.work, desk.store, ACTOR)
    assert [await claim(desk), await claim(desk)] == [jobs[0], None]
    await scheduler._act()
    desk.clock.advance(WINDOW_MS - 1)
    await scheduler._act()
    assert await claim(desk) is None

    desk.clock.advance(1)
    await scheduler._act()

    assert [await claim(desk), await claim(desk)] == [jobs[1], None]


async def test_a_job_held_up_by_a_rate_alone_is_no_damage(desk: Desk) -> None:
    first, _ = await desk.enqueue(*[{"resource_key": "gpu"}] * 2)
    await desk.ask("limit.set", **GPU, starts=1, window_seconds=60)
    assert await claim(desk) == first
    await desk.ask("job.complete", job_id=first)
    assert await claim(desk) is None
    assert await desk.is_sound()


async def test_a_window_that_opened_while_there_was_no_daemon_is_seen_by_the_next(
    desk: Desk,
) -> None:
    jobs = await desk.enqueue(*[{"resource_key": "gpu"}] * 2)
    await desk.ask("limit.set", **GPU, running=2, starts=1, window_seconds=60)
    assert [await claim(desk), await claim(desk)] == [jobs[0], None]
    desk.clock.advance(WINDOW_MS)

    await look_after(desk)

    assert await claim(desk) == jobs[1]


async def test_a_clock_that_is_set_back_blocks_nothing_for_longer_than_a_window(
    desk: Desk,
) -> None:
    first, second = await desk.enqueue({}, {})
    await desk.ask("limit.set", **TYPE, starts=1, window_seconds=60)
    assert await claim(desk) == first
    desk.clock.advance(-3_600_000)
    assert await claim(desk) is None

    desk.clock.advance(WINDOW_MS)

    assert await claim(desk) == second


async def test_a_limited_job_asked_for_by_name_is_refused_with_the_reason(desk: Desk) -> None:
    first, second = await desk.enqueue({}, {})
    await desk.ask("limit.set", **TYPE, running=1)
    await claim(desk, job_id=first)

    with pytest.raises(DjobsError) as refused:
        await claim(desk, job_id=second)
    assert refused.value.code is ErrorCode.ILLEGAL_TRANSITION
    assert "The type t is limited to 1 running job, and 1 run." in refused.value.message


async def test_a_limit_is_replaced_and_ended(desk: Desk) -> None:
    await desk.ask("limit.set", **TYPE, running=2, starts=5, window_seconds=60)
    (limit,) = (await desk.ask("limit.set", **TYPE, running=1))["limits"]
    assert (limit["running"], limit.get("starts")) == (1, None)
    assert (await desk.ask("limit.clear", **TYPE)).get("limits", []) == []
    with pytest.raises(DjobsError, match="The type t has no limit") as refused:
        await desk.ask("limit.clear", **TYPE)
    assert refused.value.code is ErrorCode.CONFLICT


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (TYPE, "expected running, how many at once, or starts"),
        ({**TYPE, "starts": 3}, "starts and window_seconds belong together"),
        ({"scope": "type", "running": 1}, "subject is missing; expected the type to limit"),
        ({**TYPE, "running": 0}, "running"),
    ],
)
async def test_a_limit_that_means_nothing_is_refused(
    desk: Desk, asked: dict[str, Any], words: str
) -> None:
    with pytest.raises(DjobsError, match=words) as refused:
        await desk.ask("limit.set", **asked)
    assert refused.value.code is ErrorCode.INVALID_PARAMS


async def test_there_are_only_so_many_limits(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler, "LIMITS_MAX", 1)
    await desk.ask("limit.set", **TYPE, running=1)
    await desk.ask("limit.set", **TYPE, running=2)
    with pytest.raises(DjobsError, match="There are 1 limits already"):
        await desk.ask("limit.set", scope="type", subject="u", running=1)
    assert len((await desk.ask("limit.list"))["limits"]) == 1


def test_what_a_limit_held_up_starts_when_it_may(home: DaemonHome, one: Connection) -> None:
    """When a running job ends, when the limit is raised, and when a window opens."""
    with Editor(home) as editor:
        editor.open()
        first, second, third, fourth = enqueue_in(editor, 4)
        one.call("limit.set", {**TYPE, "running": 1})
        assert one.call("job.claim", {"job_id": first})["job"]["id"] == first

        with waits(editor) as claimed:
            one.call("job.complete", {"job_id": first})
            assert claimed() == second
        with waits(editor) as claimed:
            one.call("limit.set", {**TYPE, "starts": 1, "window_seconds": 1})
            assert claimed() == third
        with waits(editor) as claimed:
            assert claimed() == fourth


def enqueue_in(editor: Editor, count: int) -> list[str]:
    ids: list[str] = editor.call("enqueue_task", tasks=[{"task_type": "t"}] * count)["ids"]
    return ids


@contextmanager
def waits(editor: Editor) -> Iterator[Callable[[], str]]:
    """Have a claim wait, and give what tells the job that it got."""
    number = editor.ask("tools/call", waiting_claim(30))
    editor.call("health")  # answered after the claim was taken up
    yield lambda: str(editor.outcome(number, WAKE_SECONDS)[1]["id"])


def test_agents_set_and_see_limits(home: DaemonHome) -> None:
    with Editor(home, HERE) as editor:
        editor.open()
        editor.call("limit_work", scope="type", subject="build", running=2)
        (limit,) = editor.call("list_limits")["limits"]
        assert limit == {"scope": "type", "subject": "build", "running": 2, "running_now": 0}
        assert editor.call("limit_work", scope="type", subject="build") == {"limits": []}
        assert editor.refusal("limit_work", scope="type", subject="build")["error"] == "conflict"
