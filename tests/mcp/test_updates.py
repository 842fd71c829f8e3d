"""Updates of resources wait for a client that does not read, and leave out what nobody follows."""

from types import SimpleNamespace
from typing import Any, cast

import anyio
import anyio.lowlevel

from djobs_daemon.mcp_server import messages
from djobs_daemon.mcp_server.resources import JobSubject, workflow_uri
from djobs_daemon.mcp_server.updates import Updates
from djobs_daemon.scheduler.work import Work
from djobs_daemon.store.records import EventRow, FeedPage
from djobs_protocol.states import EventKind, JobState

URI = "djobs://job/j1xx"


class SlowClient:
    """A link whose client has room when the test says so."""

    def __init__(self) -> None:
        self.pushed: list[bytes] = []
        self.forgotten: list[int] = []
        self.room = anyio.Event()

    async def wait_room(self) -> None:
        await self.room.wait()

    def push(self, message: bytes) -> None:
        self.pushed.append(message)

    def forget(self, number: int) -> None:
        self.forgotten.append(number)


class History:
    """A store of one event for each line."""

    def __init__(self) -> None:
        self.newest = 1

    async def read(self, work: Any) -> FeedPage:
        await anyio.lowlevel.checkpoint()
        page: FeedPage = work(self)
        return page

    def events_after(self, _which: Any, after: int | None, _limit: int) -> FeedPage:
        numbers = [] if after is None else range(after + 1, self.newest + 1)
        events = [event(number) for number in numbers]
        return FeedPage(events, self.newest, 1, self.newest)


def event(number: int) -> EventRow:
    return EventRow(
        number, 0, EventKind.CLAIMED, "j1xx", "t", "w", JobState.RUNNING, "s", None, None
    )


async def settled() -> None:
    for _ in range(20):
        await anyio.lowlevel.checkpoint()


async def test_nothing_is_told_while_the_client_does_not_read_and_then_once() -> None:
    link, history, work = SlowClient(), History(), Work()
    updates = Updates(cast("Any", SimpleNamespace(store=history, work=work)), cast("Any", link))
    async with anyio.create_task_group() as tasks:
        updates.begin(tasks)
        await updates.subscribe(URI, JobSubject("j1xx"), 7, replayed=False)
        for newest in (2, 3, 4):
            history.newest = newest
            work.feed.grew(newest)
            await settled()
        assert link.pushed == []
        link.room.set()
        await settled()
        assert link.pushed == [messages.resource_updated(URI)]
        tasks.cancel_scope.cancel()


async def test_the_follower_ends_with_the_last_subscription_and_begins_with_the_next() -> None:
    link, history, work = SlowClient(), History(), Work()
    link.room.set()
    updates = Updates(cast("Any", SimpleNamespace(store=history, work=work)), cast("Any", link))
    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            updates.begin(tasks)
            await updates.subscribe(URI, JobSubject("j1xx"), 7, replayed=False)
            assert (updates.keeps(7), updates.keeps(8)) == (True, False)
            updates.unsubscribe(URI)
            updates.unsubscribe(workflow_uri("never"))
            history.newest = 2
            work.feed.grew(2)
        assert (link.pushed, link.forgotten) == ([], [7])
        async with anyio.create_task_group() as tasks:
            updates.begin(tasks)
            await updates.subscribe(URI, JobSubject("j1xx"), 8, replayed=False)
            history.newest = 3
            work.feed.grew(3)
            await settled()
            assert link.pushed == [messages.resource_updated(URI)]
            tasks.cancel_scope.cancel()
