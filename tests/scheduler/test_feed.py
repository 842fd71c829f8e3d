"""Who waits for lines of the history, or for the end of jobs, is woken by those alone."""

import anyio
import anyio.lowlevel

from djobs_daemon.scheduler.feed import Endings, Feed


async def settled() -> None:
    for _ in range(5):
        await anyio.lowlevel.checkpoint()


async def test_a_follower_is_woken_by_a_line_beyond_its_offset_only() -> None:
    feed, woken = Feed(), list[int]()

    async def follow(offset: int) -> None:
        await feed.beyond(offset)
        woken.append(offset)

    async with anyio.create_task_group() as tasks:
        for offset in (0, 5, 7):
            tasks.start_soon(follow, offset)
        await settled()
        assert woken == []
        feed.grew(6)
        await settled()
        assert sorted(woken) == [0, 5]
        feed.grew(6)
        await settled()
        assert sorted(woken) == [0, 5]
        feed.grew(8)
    assert woken[-1] == 7


async def test_what_came_before_is_there_at_once() -> None:
    feed = Feed()
    feed.grew(3)
    with anyio.fail_after(5):
        await feed.beyond(2)


async def test_a_waiter_hears_of_its_own_jobs_only_and_of_each_end_anew() -> None:
    endings, heard = Endings(), list[str]()

    async def wait() -> None:
        with endings.waiting(["a", "b"]) as ending:
            for name in ("first", "second"):
                await ending.wait()
                heard.append(name)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(wait)
        await settled()
        endings.announce(["c"])
        await settled()
        assert heard == []
        endings.announce(["b", "c"])
        await settled()
        assert heard == ["first"]
        endings.announce(["a"])
    assert heard == ["first", "second"]


async def test_nothing_is_kept_of_those_who_left() -> None:
    endings = Endings()
    with endings.waiting(["a", "a", "b"]), endings.waiting(["a"]):
        pass
    assert endings._waiting == {}
