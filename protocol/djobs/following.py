"""The part of a client that follows what happens: events as they come, and the ends of jobs."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TypeVar

import anyio
import msgspec
from anyio.abc import TaskGroup

from djobs.connection import Connection, ConnectionLost, encode_params
from djobs.decoding import decode
from djobs.session import RECONNECT_PAUSES_SECONDS, Session
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.job_replies import WaitedJobs
from djobs_protocol.job_requests import WaitForJobs
from djobs_protocol.limits import WAIT_SECONDS_MAX
from djobs_protocol.reading_replies import EventNotice, Subscription
from djobs_protocol.reading_requests import SubscribeEvents
from djobs_protocol.requests import Request
from djobs_protocol.states import EventKind
from djobs_protocol.values import Event

R = TypeVar("R")


class Following:
    """Methods of ``Client`` that wait for others."""

    timeout_seconds: float
    """What bounds a call that waits for nothing."""

    async def call_within(self, request: Request, reply: type[R], seconds: float) -> R:
        """Send a request that may take that long."""
        raise NotImplementedError

    def another_session(self) -> AbstractContextManager[Session]:
        """Have a session beside the client's own."""
        raise NotImplementedError

    def readers(self) -> TaskGroup:
        """Return what runs the readers of connections."""
        raise NotImplementedError

    async def wait(
        self, job_ids: Sequence[str], *, any: bool = False, timeout_seconds: float | None = None
    ) -> WaitedJobs:
        """Return when all the jobs have ended (``any``: one of them), or the time is up.

        ``done`` says which. Up to 100 jobs; restarts of the daemon are waited out.
        """
        span = float("inf") if timeout_seconds is None else timeout_seconds
        deadline = anyio.current_time() + span
        while True:
            left = max(0.0, deadline - anyio.current_time())
            wait_seconds = min(left, WAIT_SECONDS_MAX)
            request = WaitForJobs(job_ids=[*job_ids], any=any, wait_seconds=wait_seconds)
            try:
                reply = await self.call_within(
                    request, WaitedJobs, wait_seconds + self.timeout_seconds
                )
            except DjobsError as error:
                if error.code is not ErrorCode.DEADLINE_EXCEEDED or not wait_seconds:
                    raise
                continue  # a daemon that ended took the wait with it, and the next began anew
            if reply.done or left <= wait_seconds:
                return reply

    async def watch(
        self,
        *,
        after: int | None = None,
        since: datetime | None = None,
        job_ids: Sequence[str] = (),
        correlation_id: str | None = None,
        kinds: Sequence[EventKind] = (),
        types: Sequence[str] = (),
        agent: str | None = None,
    ) -> AsyncGenerator[Event, None]:
        """Yield events as they are committed, for ever: none is missed, none comes twice.

        ``after`` is the ``seq`` of the last event that is known; without it, and without ``since``,
        only what is to come. Of the jobs, or of the workflow, that are named. Who takes events
        slowly is served from the history; ``CONFLICT`` if that was cut off before they were taken.
        It has a connection of its own; leave the loop early inside ``contextlib.aclosing``.
        """
        request = SubscribeEvents(
            after=after,
            since=since,
            job_ids=[*job_ids],
            correlation_id=correlation_id,
            kinds=[*kinds],
            types=[*types],
            agent=agent,
        )
        pauses = iter(RECONNECT_PAUSES_SECONDS)
        with self.another_session() as session:
            while True:
                try:
                    connection, begun = await session.follow(
                        self.readers(), "events.subscribe", encode_params(request)
                    )
                except ConnectionLost:
                    await anyio.sleep(next(pauses, RECONNECT_PAUSES_SECONDS[-1]))
                    continue
                pauses = iter(RECONNECT_PAUSES_SECONDS)
                request = _from(request, decode(begun, Subscription).offset)
                while (notice := await _next_notice(connection)) is not None:
                    for event in notice.events:
                        yield event
                    request = _from(request, notice.offset)


def _from(request: SubscribeEvents, offset: int) -> SubscribeEvents:
    return msgspec.structs.replace(request, after=offset, since=None)


async def _next_notice(connection: Connection) -> EventNotice | None:
    """Return what a connection tells of next; None when it is lost."""
    encoded = await connection.notices.take()
    if encoded is None:
        return None
    notice = decode(encoded, EventNotice)
    if notice.lagged is not None:
        raise DjobsError(
            ErrorCode.CONFLICT,
            f"The history before offset {notice.lagged} is no longer kept.",
            hint=f"Go on with after={notice.lagged}, and read the jobs anew.",
        )
    return notice
