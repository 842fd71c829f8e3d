"""A subscription waits for its reader: nothing piles up for one that does not read."""

from types import SimpleNamespace
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from djobs_daemon.rpc.handlers import events
from djobs_daemon.rpc.subscriptions import Subscriptions
from djobs_daemon.scheduler.feed import Feed
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.reading_replies import EventPage
from djobs_protocol.reading_requests import SubscribeEvents


class StubbornReader:
    """A peer that takes one message, and the next only when it is told to."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.closed = False
        self._room = anyio.Event()
        self._room.set()

    async def wait_taken(self) -> None:
        await self._room.wait()

    def write(self, data: bytes) -> None:
        self.written.append(data)
        self._room = anyio.Event()

    def take(self) -> None:
        self._room.set()

    def close(self) -> None:
        self.closed = True


class Looks:
    """The history as a test wants it: always more, or an error."""

    def __init__(self, error: DjobsError | None = None) -> None:
        self.count = 0
        self.error = error

    async def __call__(self, _app: Any, _which: Any, after: int, _limit: int) -> EventPage:
        await anyio.lowlevel.checkpoint()
        self.count += 1
        if self.error is not None and self.count > 1:
            raise self.error
        return EventPage(offset=after + 1, more=True, lagged=after)


async def settled() -> None:
    for _ in range(30):
        await anyio.lowlevel.checkpoint()


async def begun(lines: StubbornReader, looks: Looks, patch: pytest.MonkeyPatch, tasks: Any) -> None:
    patch.setattr(events, "look", looks)
    app: Any = SimpleNamespace(work=SimpleNamespace(feed=Feed()))
    asked = SubscribeEvents(after=0)
    reply = await Subscriptions(app, lines, tasks).begin(asked)  # type: ignore[arg-type]
    assert (reply.subscription, reply.offset) == (1, 0)


async def test_nothing_is_read_for_who_has_not_taken_the_last_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines, looks = StubbornReader(), Looks()
    async with anyio.create_task_group() as tasks:
        await begun(lines, looks, monkeypatch, tasks)
        await settled()
        assert (len(lines.written), looks.count) == (1, 2)  # one look is the check of the offset
        lines.take()
        await settled()
        assert (len(lines.written), looks.count) == (2, 3)
        tasks.cancel_scope.cancel()


async def test_a_subscription_that_cannot_be_served_ends_its_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines, looks = StubbornReader(), Looks(DjobsError(ErrorCode.DB_REPLACED))
    async with anyio.create_task_group() as tasks:
        await begun(lines, looks, monkeypatch, tasks)
    assert lines.closed
