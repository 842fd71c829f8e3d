"""One session over any number of connections: what outlives a restart of the daemon.

A request that was not answered is sent again under the same session and id, and the daemon answers
a repeated write from what it stored (R19).
"""

from typing import TypeAlias

import anyio
import anyio.to_thread
import msgspec
from anyio.abc import TaskGroup

from djobs.connection import Connection, ConnectionLost, greet, open_connection
from djobs_local import folders, settings
from djobs_local.start import Terms, ensure_running
from djobs_protocol.daemon_replies import Welcome
from djobs_protocol.daemon_requests import Hello
from djobs_protocol.endpoint import socket_path
from djobs_protocol.errors import DjobsError, ErrorCode

RECONNECT_PAUSES_SECONDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
"""The last one repeats."""


Followed: TypeAlias = tuple[Connection, bytes]


class Session:
    """Finds or starts the daemon of ``state``, connects, and connects again.

    ``seconds`` bounds each request, and the attempts to connect beside the start of a daemon.
    ``database`` is the id of the only database to talk to; None: the first one met.
    """

    def __init__(
        self, state: str, greeting: Hello, *, start: bool, seconds: float, database: str | None
    ) -> None:
        self.welcome: Welcome | None = None
        """What the daemon said of itself at the last hello."""
        self._state = state
        self._hello = greeting
        self._start = start
        self._seconds = seconds
        self._database = database
        self._last_id = 0
        self._connection: Connection | None = None
        self._connecting = anyio.Lock()

    def close(self) -> None:
        """Close the connection, if there is one; harmless when repeated."""
        if self._connection is not None:
            self._connection.close()

    async def ask(
        self, readers: TaskGroup, method: str, params: bytes, seconds: float | None = None
    ) -> bytes:
        """Return the encoded result, however many daemons it takes; the caller bounds them all.

        ``seconds`` is what one of them may take (default: as any request).
        """
        self._last_id += 1
        request_id = self._last_id
        pauses = iter(RECONNECT_PAUSES_SECONDS)
        while True:
            connection = await self.connected(readers)
            try:
                return await self._ask_on(connection, request_id, method, params, seconds)
            except ConnectionLost:
                pass
            await anyio.sleep(next(pauses, RECONNECT_PAUSES_SECONDS[-1]))

    async def follow(self, readers: TaskGroup, method: str, params: bytes) -> Followed:
        """Ask for notices, and return the connection that they come on with the encoded result.

        ``ConnectionLost`` when its daemon went away.
        """
        connection = await self.connected(readers)
        connection.notices.open()
        self._last_id += 1
        return connection, await self._ask_on(connection, self._last_id, method, params, None)

    async def _ask_on(
        self,
        connection: Connection,
        request_id: int,
        method: str,
        params: bytes,
        seconds: float | None,
    ) -> bytes:
        """Ask one daemon; one that drains is as good as gone."""
        try:
            return await connection.ask(request_id, method, params, seconds or self._seconds)
        except DjobsError as error:
            if error.code is not ErrorCode.DRAINING:
                raise
            connection.close()
            raise ConnectionLost from None

    async def connected(self, readers: TaskGroup) -> Connection:
        """Return the connection, made by whoever came first; ``readers`` gets its reader."""
        async with self._connecting:
            if self._connection is None or self._connection.lost:
                self._connection = await self._connect(readers)
            return self._connection

    async def _connect(self, readers: TaskGroup) -> Connection:
        """Connect; a listener that answers looks but no hello is given up after ``seconds``."""
        pauses = iter(RECONNECT_PAUSES_SECONDS)
        deadline = anyio.current_time() + self._seconds
        while True:
            last = anyio.current_time() >= deadline
            try:
                return await self._connect_once(readers)
            except (OSError, ConnectionLost) as error:  # no answer in time is an OSError
                reason: Exception = error
            except DjobsError as error:
                if error.code is not ErrorCode.DRAINING:
                    raise
                reason = error
            if last:
                raise _not_taken_in(self._seconds, reason)
            began = anyio.current_time()
            await anyio.to_thread.run_sync(self._ensure_running, abandon_on_cancel=True)
            deadline += anyio.current_time() - began  # a start has its own bound
            await anyio.sleep(next(pauses, RECONNECT_PAUSES_SECONDS[-1]))

    def _ensure_running(self) -> None:
        chosen = settings.load(self._state)
        ensure_running(
            self._state,
            min(chosen.start_timeout_seconds, self._seconds),
            "library",
            Terms(
                spawn=self._start and not chosen.no_spawn,
                backoff_max_seconds=chosen.start_backoff_max_seconds,
            ),
        )

    async def _connect_once(self, readers: TaskGroup) -> Connection:
        folders.refuse_real_home(self._state)
        with anyio.fail_after(self._seconds):
            connection = await open_connection(socket_path(self._state))
        readers.start_soon(connection.read_answers)
        greeting = msgspec.structs.replace(self._hello, expected_db=self._database)
        try:
            self.welcome = await greet(connection, greeting, self._seconds)
        except BaseException:
            connection.close()
            raise
        self._database = self.welcome.database
        return connection


def _not_taken_in(seconds: float, reason: Exception) -> DjobsError:
    last = str(reason) or "it closed the connection before it answered the hello"
    return DjobsError(
        ErrorCode.UNRESPONSIVE,
        f"The daemon took this client in at no attempt within {seconds:g} s; at the last one: "
        f"{last}.",
    )
