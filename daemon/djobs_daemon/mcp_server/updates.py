"""Telling a client that a resource it subscribed to has changed.

One task for a session that has subscriptions: woken by a commit, it reads which of the subscribed
resources the new events concern, and names each once. Then it rests a moment, and whatever happens
meanwhile is told together; while the client does not read, nothing is told at all. An update says
only that there is something new to read, so none is lost by that.

A session that goes on in another daemon brings its subscriptions along. What happened in between
nobody noted, so each is told of at once.
"""

import logging
from typing import Final

import anyio
from anyio.abc import TaskGroup

from djobs_daemon.app import App
from djobs_daemon.mcp_server import messages
from djobs_daemon.mcp_server.link import Link
from djobs_daemon.mcp_server.messages import Message
from djobs_daemon.mcp_server.resources import Subject, events_of, subject_of
from djobs_daemon.store.records import FeedFilter, FeedPage
from djobs_protocol.errors import DjobsError
from djobs_protocol.limits import PAGE_ITEMS_MAX

log = logging.getLogger(__name__)

RESOURCES_MAX: Final = 64
"""That one session is subscribed to."""
REST_SECONDS: Final = 0.25
"""Between two updates about the same resource, at least."""


class Interest:
    """One resource and who is to be told of it."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.line: int | None = None
        """Of ``resources/subscribe``, which the shim keeps."""
        self.listeners: set[int | str] = set()
        """Requests of ``subscriptions/listen``."""

    @property
    def is_idle(self) -> bool:
        """Whether nobody is to be told any more."""
        return self.line is None and not self.listeners


class Updates:
    """The resources that one session is subscribed to, by address."""

    def __init__(self, app: App, link: Link) -> None:
        self._app = app
        self._link = link
        self._interests: dict[str, Interest] = {}
        self._tasks: TaskGroup | None = None
        self._beginning = anyio.Lock()
        self._offset: int | None = None
        """Told of up to here; None while nobody follows."""

    def begin(self, tasks: TaskGroup) -> None:
        """Let the task that follows live in ``tasks``."""
        self._tasks = tasks

    def is_full_for(self, *uris: str) -> bool:
        """Say whether these would make it more than RESOURCES_MAX resources."""
        return len(self._interests.keys() | set(uris)) > RESOURCES_MAX

    async def listen(self, request_id: int | str, message: Message, *, replayed: bool) -> None:
        """Take up what a ``subscriptions/listen`` asks for; an address of no resource is idle."""
        for uri in uris_of(message):
            subject = subject_of(uri)
            if subject is not None:
                self._interest(uri, subject).listeners.add(request_id)
        await self._follow(uris_of(message) if replayed else [])

    def drop(self, request_id: int | str) -> None:
        """Forget a ``subscriptions/listen`` that is over."""
        for uri, interest in list(self._interests.items()):
            interest.listeners.discard(request_id)
            self._tidy(uri, interest)

    async def subscribe(self, uri: str, subject: Subject, line: int, *, replayed: bool) -> None:
        """Take up a ``resources/subscribe``; one that is there already stays."""
        interest = self._interest(uri, subject)
        if interest.line is None:
            interest.line = line
        await self._follow([uri] if replayed else [])

    def unsubscribe(self, uri: str) -> None:
        """End a ``resources/subscribe``."""
        interest = self._interests.get(uri)
        if interest is not None and interest.line is not None:
            self._link.forget(interest.line)
            interest.line = None
            self._tidy(uri, interest)

    def keeps(self, line: int) -> bool:
        """Say whether a line is to be replayed to the next daemon."""
        return any(interest.line == line for interest in self._interests.values())

    def _interest(self, uri: str, subject: Subject) -> Interest:
        return self._interests.setdefault(uri, Interest(subject))

    def _tidy(self, uri: str, interest: Interest) -> None:
        if interest.is_idle:
            del self._interests[uri]

    async def _follow(self, missed: list[str]) -> None:
        """Follow from now on, if nobody does, and tell of what may have been missed before."""
        async with self._beginning:
            if self._interests and self._offset is None:
                self._offset = await self._end_of_history()
                assert self._tasks is not None
                self._tasks.start_soon(self._serve)
        for uri in missed:
            self._tell(uri)

    async def _end_of_history(self) -> int:
        found = await self._app.store.read(lambda view: view.events_after(FeedFilter(), None, 1))
        return found.offset

    async def _serve(self) -> None:
        try:
            while self._interests and self._offset is not None:
                await self._app.work.feed.beyond(self._offset)
                await self._link.wait_room()
                self._offset = await self._tell_after(self._offset)
                await anyio.sleep(REST_SECONDS)
        except DjobsError as error:  # the daemon ends; the next one tells of everything
            log.warning("updates of resources end", extra={"code": error.code})
        finally:
            self._offset = None

    async def _tell_after(self, offset: int) -> int:
        """Tell of everything that changed after ``offset``; return how far that went."""
        untold = dict(self._interests)
        while True:
            found = await self._look(list(untold.values()), offset)
            for uri, interest in list(untold.items()):
                if any(interest.subject.concerns(event) for event in found.events):
                    del untold[uri]
                    self._tell(uri)
            if not untold:
                return found.newest
            offset = found.offset
            if offset >= found.newest:
                return offset

    async def _look(self, interests: list[Interest], offset: int) -> FeedPage:
        which = events_of([interest.subject for interest in interests])
        return await self._app.store.read(
            lambda view: view.events_after(which, offset, PAGE_ITEMS_MAX)
        )

    def _tell(self, uri: str) -> None:
        interest = self._interests.get(uri)
        if interest is None:
            return
        if interest.line is not None:
            self._link.push(messages.resource_updated(uri))
        for request_id in interest.listeners:
            self._link.push(messages.resource_updated(uri, request_id))


def uris_of(message: Message) -> list[str]:
    """Return the addresses of resources that a ``subscriptions/listen`` names."""
    wanted = (message.params or {}).get("notifications")
    named = wanted.get("resourceSubscriptions") if isinstance(wanted, dict) else None
    if message.method != messages.LISTEN or not isinstance(named, list):
        return []
    return [uri for uri in named if isinstance(uri, str)]
