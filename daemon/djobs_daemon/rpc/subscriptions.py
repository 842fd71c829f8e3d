"""Telling a connection of events as they are committed.

A subscription is a place in the history and a task that moves it on: woken by a commit, it reads
what came after the place, as much as fits one message, and sends it as soon as the client has taken
what it was sent before. So whoever reads slowly, or not at all, has one message waiting for it and
keeps nobody up; the rest is in the history, where it has lost nothing.
"""

import logging
from itertools import count

import anyio
from anyio.abc import TaskGroup

from djobs_daemon.app import App
from djobs_daemon.queue.feed import selection
from djobs_daemon.rpc.handlers import events
from djobs_daemon.rpc.lines import LOSSES, LineStream
from djobs_daemon.store.records import FeedFilter
from djobs_protocol.envelope import notification_line
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.limits import EVENTS_PAGE_MAX, SUBSCRIPTIONS_MAX
from djobs_protocol.reading_replies import EventNotice, EventPage, Subscription
from djobs_protocol.reading_requests import SubscribeEvents
from djobs_protocol.requests import EVENTS_METHOD

log = logging.getLogger(__name__)


class _Following:
    """One subscription."""

    def __init__(self, which: FeedFilter, offset: int) -> None:
        self.which = which
        self.offset = offset
        self.scope = anyio.CancelScope()


class Subscriptions:
    """Those of one connection; they live in ``tasks``, which the connection ends."""

    def __init__(self, app: App, lines: LineStream, tasks: TaskGroup) -> None:
        self._app = app
        self._lines = lines
        self._tasks = tasks
        self._numbers = count(1)
        self._open: dict[int, _Following] = {}

    async def begin(self, request: SubscribeEvents) -> Subscription:
        """Begin a subscription; its first notice comes after the reply."""
        which = selection(request)
        offset = await events.beginning(self._app, request)
        await events.look(self._app, which, offset, 1)  # so that a wrong offset is refused
        if len(self._open) >= SUBSCRIPTIONS_MAX:
            raise DjobsError(
                ErrorCode.BUSY,
                f"This connection has {SUBSCRIPTIONS_MAX} subscriptions (SUBSCRIPTIONS_MAX).",
                hint="End one with events.unsubscribe, or open another connection.",
            )
        number = next(self._numbers)
        self._open[number] = following = _Following(which, offset)
        self._tasks.start_soon(self._serve, number, following)
        return Subscription(subscription=number, offset=offset)

    def end(self, number: int) -> Subscription:
        """End a subscription, and say what to go on from."""
        following = self._open.pop(number, None)
        if following is None:
            raise DjobsError(
                ErrorCode.INVALID_PARAMS, f"This connection has no subscription {number}."
            )
        following.scope.cancel()
        return Subscription(subscription=number, offset=following.offset)

    async def _serve(self, number: int, following: _Following) -> None:
        with following.scope:
            try:
                await self._tell(number, following)
            except LOSSES:
                log.debug("a notice reached nobody")
            except DjobsError as error:
                # Its client would wait for ever; a connection that ends is one it opens again.
                log.warning("a subscription ended", extra={"code": error.code})
                self._lines.close()

    async def _tell(self, number: int, following: _Following) -> None:
        while True:
            await self._lines.wait_taken()
            page = await events.look(self._app, following.which, following.offset, EVENTS_PAGE_MAX)
            following.offset = page.offset
            if page.events or page.lagged is not None:
                self._lines.write(notification_line(EVENTS_METHOD, _notice(number, page)))
            if not page.more:
                await self._app.work.feed.beyond(page.offset)


def _notice(number: int, page: EventPage) -> EventNotice:
    return EventNotice(
        subscription=number,
        events=page.events,
        offset=page.offset,
        more=page.more,
        lagged=page.lagged,
    )
