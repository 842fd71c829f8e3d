"""Telling somebody of each event once, whatever ends meanwhile, and never in anybody's way.

A channel is a place in the history and a task that moves it on, as a subscription is. What it sent
is noted in the record of notices after it arrived; so a daemon that dies in between sends it again,
under the same id, and one that dies at any other moment neither loses nor repeats anything.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Final

import anyio

from djobs_daemon.app import App
from djobs_daemon.holders import daemon_actor
from djobs_daemon.notifying.channels import Channel, Undelivered
from djobs_daemon.notifying.choosing import KINDS, chosen
from djobs_daemon.notifying.message import Notification, message_of
from djobs_daemon.notifying.place import Places
from djobs_daemon.notifying.table import EventName
from djobs_daemon.queue.present import moment
from djobs_daemon.storage import clock_ms
from djobs_daemon.store.interface import Ledger, View
from djobs_daemon.store.records import Done, FeedFilter
from djobs_daemon.store.upkeep_records import Notice
from djobs_protocol.errors import DjobsError

log = logging.getLogger(__name__)

KIND: Final = "notification"
"""Of what is sent, in the record of notices."""
PAGE: Final = 100
BATCH: Final = 20
"""Things in one message."""
REST_SECONDS: Final = 0.5
"""Between two looks: what happens together is told together."""
PAUSES_SECONDS: Final = (2.0, 10.0, 30.0)
"""Before each further attempt; after the last one the message is given up."""
STORE_PAUSE_SECONDS: Final = 30.0
"""After which a database that refused is asked again."""
REMEMBERED_MS: Final = 30 * 86_400_000
"""For so long the record says that something was told; the place in the history goes further."""
FAR: Final = 10_000
"""Lines after which a place is kept though nothing was told."""


class Notifier:
    """All channels. Lives on the event loop's thread."""

    def __init__(
        self,
        app: App,
        channels: Sequence[Channel],
        events: Sequence[EventName],
        places: Places,
        pauses: Sequence[float] = PAUSES_SECONDS,
    ) -> None:
        self._app = app
        self._channels = channels
        self._events = frozenset(events)
        self._places = places
        self._pauses = pauses
        self._is_down: dict[str, bool] = {}

    async def begin(self) -> None:
        """Settle where channels begin that are new: with what comes from now on."""
        end = await self._end()
        for channel in self._channels:
            known = self._places.of(channel.name)
            if known is None or known > end:  # the latter of a database that was restored
                self._places.move(channel.name, end)

    async def run(self) -> None:
        """Tell until cancelled; a channel that fails holds up no other."""
        async with anyio.create_task_group() as tasks:
            for channel in self._channels:
                tasks.start_soon(self._serve, channel, name=f"notify by {channel.name}")
            await anyio.sleep_forever()

    async def _serve(self, channel: Channel) -> None:
        while True:
            try:
                await self._follow(channel)
            except DjobsError as error:
                log.warning("Nobody is told now.", extra={"code": error.code, "of": channel.name})
                await anyio.sleep(STORE_PAUSE_SECONDS)

    async def _follow(self, channel: Channel) -> None:
        kept = offset = min(self._places.of(channel.name) or 0, await self._end())
        while True:
            found, reached, newest = await self._look(channel.name, offset)
            for start in range(0, len(found), BATCH):
                batch = found[start : start + BATCH]
                await self._deliver(channel, batch)
                self._places.move(channel.name, batch[-1].offset)
            offset = reached
            if found or offset - kept >= FAR:
                self._places.move(channel.name, offset)
                kept = offset
            if offset >= newest:
                await self._app.work.feed.beyond(offset)
                await anyio.sleep(REST_SECONDS)

    async def _end(self) -> int:
        return await self._app.store.read(
            lambda view: view.events_after(FeedFilter(), None, 1).offset
        )

    async def _look(self, channel: str, offset: int) -> tuple[list[Notification], int, int]:
        which = FeedFilter(kinds=KINDS)

        def work(view: View) -> tuple[list[Notification], int, int]:
            page = view.events_after(which, offset, PAGE)
            told = chosen(view, page.events, self._events)
            new = [each for each in told if view.delivery(_notice(channel, each)) is None]
            return new, page.offset, page.newest

        return await self._app.store.read(work)

    async def _deliver(self, channel: Channel, batch: Sequence[Notification]) -> None:
        now = moment(clock_ms()).isoformat().replace("+00:00", "Z")
        message = message_of(self._app.store.database, batch, now)
        was_down = self._is_down.get(channel.name, False)
        pauses = () if was_down else self._pauses  # it is known: one attempt for each
        for pause in (*pauses, None):
            try:
                await channel.send(message)
            except Undelivered as reason:
                if pause is None or not reason.may_help:
                    self._give_up(channel, batch, str(reason))
                    return
                log.info("Nobody was told yet.", extra={"by": channel.name, "why": str(reason)})
                await anyio.sleep(pause)
            else:
                await self._arrived(channel, batch)
                return

    async def _arrived(self, channel: Channel, batch: Sequence[Notification]) -> None:
        self._is_down[channel.name] = False
        self._app.problems.pop(_problem(channel), None)
        log.info("Somebody was told.", extra={"by": channel.name, "things": len(batch)})

        def work(ledger: Ledger) -> Done:
            for each in batch:
                ledger.note_delivery(_notice(channel.name, each), ledger.now + REMEMBERED_MS)
            return Done()

        await self._app.store.write(daemon_actor(self._app), work)

    def _give_up(self, channel: Channel, batch: Sequence[Notification], why: str) -> None:
        self._is_down[channel.name] = True
        last = batch[-1].text
        self._app.problems[_problem(channel)] = (
            f"Notifications by {channel.name} do not arrive: {why} "
            f"Given up was, among others: {last}"
        )
        extra: Mapping[str, object] = {"by": channel.name, "why": why, "things": len(batch)}
        log.warning("Nobody could be told.", extra=extra)


def _problem(channel: Channel) -> str:
    return f"notify.{channel.name}"


def _notice(channel: str, what: Notification) -> Notice:
    return Notice(KIND, f"{what.kind} {what.offset}", channel)
