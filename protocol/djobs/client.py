"""A client of the daemon for asynchronous Python programs (anyio: asyncio or trio).

Survives restarts of the daemon: a request that was not answered is sent again under the same
session and id, and the daemon answers a repeated write from what it stored (R19). So every method
here happens once, or raises.
"""

import os
import secrets
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from types import TracebackType
from typing import Any, Self, TypeVar

import anyio
import anyio.to_thread
import msgspec

from djobs.connection import Connection, ConnectionLost, greet, hello, open_connection
from djobs_local import settings
from djobs_local.start import ensure_running
from djobs_protocol.endpoint import socket_path, state_dir
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.limits import REQUEST_SECONDS_DEFAULT
from djobs_protocol.replies import (
    AuditReport,
    EnqueuedJob,
    EnqueuedJobs,
    FinishedJob,
    HealthReport,
    JobDetail,
    JobPage,
    ResumePage,
    Welcome,
)
from djobs_protocol.requests import (
    METHODS,
    CompleteJob,
    EnqueueJobs,
    FailJob,
    GetHealth,
    GetJob,
    ListJobs,
    QueryAudit,
    Request,
    ResumeSession,
)
from djobs_protocol.states import JobState
from djobs_protocol.values import ATTEMPTS_DEFAULT, PRIORITY_DEFAULT, NewJob

R = TypeVar("R")

RECONNECT_PAUSES_SECONDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)

_METHOD_OF = {kind: method for method, kind in METHODS.items()}


class Client:
    """An open session with the daemon; starts the daemon when there is none.

    Use as an asynchronous context manager. Any number of tasks may call it at once.
    """

    def __init__(
        self,
        *,
        workspace: str | None = None,
        agent: str | None = None,
        home: str | None = None,
        start: bool = True,
        timeout_seconds: float = REQUEST_SECONDS_DEFAULT,
        name: str = "djobs",
    ) -> None:
        """``home`` is the state folder (default: ``DJOBS_HOME``, else the account's own)."""
        self._state = os.path.realpath(home) if home else state_dir()
        self._start = start
        self._timeout = timeout_seconds
        self._session = secrets.token_hex(16)
        self._hello = hello(self._session, workspace, agent, name)
        self._last_id = 0
        self._connection: Connection | None = None
        self._connecting = anyio.Lock()
        self._exit = AsyncExitStack()
        self.welcome: Welcome | None = None

    async def __aenter__(self) -> Self:
        self._tasks = await self._exit.enter_async_context(anyio.create_task_group())
        try:
            await self._connected()
        except BaseException:
            await self._leave()
            raise
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._leave()

    async def enqueue(
        self,
        kind: str,
        payload: Any = None,
        *,
        priority: int = PRIORITY_DEFAULT,
        max_attempts: int = ATTEMPTS_DEFAULT,
        idempotency_key: str | None = None,
        depends_on: Sequence[str] = (),
        resource_key: str | None = None,
        correlation_id: str | None = None,
    ) -> str:
        """Record one job and return its id."""
        job = NewJob(
            type=kind,
            payload={} if payload is None else payload,
            priority=priority,
            max_attempts=max_attempts,
            idempotency_key=idempotency_key,
            depends_on=list(depends_on),
            resource_key=resource_key,
        )
        return (await self.enqueue_many([job], correlation_id=correlation_id))[0].id

    async def enqueue_many(
        self, jobs: Sequence[NewJob], *, correlation_id: str | None = None
    ) -> list[EnqueuedJob]:
        """Record jobs, all or none, and return them in the same order."""
        request = EnqueueJobs(jobs=list(jobs), correlation_id=correlation_id)
        return (await self.call(request, EnqueuedJobs)).jobs

    async def complete(self, job_id: str, evidence: str | None = None) -> FinishedJob:
        """Report success."""
        return await self.call(CompleteJob(job_id=job_id, evidence=evidence), FinishedJob)

    async def fail(self, job_id: str, error: str) -> FinishedJob:
        """Report failure."""
        return await self.call(FailJob(job_id=job_id, error=error), FinishedJob)

    async def get(self, job_id: str) -> JobDetail:
        """Return one job with its history."""
        return await self.call(GetJob(job_id=job_id), JobDetail)

    async def list(
        self,
        *,
        correlation_id: str | None = None,
        states: Sequence[JobState] = (),
        limit: int = 50,
        cursor: str | None = None,
    ) -> JobPage:
        """Return a page of jobs, newest first."""
        request = ListJobs(
            correlation_id=correlation_id, states=[*states], limit=limit, cursor=cursor
        )
        return await self.call(request, JobPage)

    async def resume(
        self, correlation_id: str | None = None, *, limit: int = 20, cursor: str | None = None
    ) -> ResumePage:
        """Return what is unfinished."""
        request = ResumeSession(correlation_id=correlation_id, limit=limit, cursor=cursor)
        return await self.call(request, ResumePage)

    async def audit(
        self,
        *,
        since: datetime | None = None,
        correlation_id: str | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> AuditReport:
        """Return a page of the history, newest first."""
        request = QueryAudit(since=since, correlation_id=correlation_id, limit=limit, cursor=cursor)
        return await self.call(request, AuditReport)

    async def health(self) -> HealthReport:
        """Return the counts by state."""
        return await self.call(GetHealth(), HealthReport)

    async def call(self, request: Request, reply: type[R]) -> R:
        """Send any request of the protocol and return its reply.

        Raises the daemon's ``DjobsError``, or ``DEADLINE_EXCEEDED``: then a write may have
        happened, and the connection is not used again.
        """
        self._last_id += 1
        request_id = self._last_id
        try:
            with anyio.fail_after(self._timeout):
                encoded = await self._ask_until_answered(request_id, request)
        except TimeoutError:
            await self._drop()
            raise DjobsError(
                ErrorCode.DEADLINE_EXCEEDED, f"No answer within {self._timeout:g} s."
            ) from None
        return msgspec.json.decode(encoded, type=reply)

    async def _ask_until_answered(self, request_id: int, request: Request) -> bytes:
        method = _METHOD_OF[type(request)]
        while True:
            connection = await self._connected()
            try:
                return await connection.ask(request_id, method, request, self._timeout)
            except ConnectionLost:
                continue
            except DjobsError as error:
                if error.code is not ErrorCode.DRAINING:
                    raise
                await self._drop()

    async def _connected(self) -> Connection:
        async with self._connecting:
            if self._connection is None or self._connection.lost:
                self._connection = await self._connect()
            return self._connection

    async def _connect(self) -> Connection:
        pauses = iter(RECONNECT_PAUSES_SECONDS)
        while True:
            try:
                return await self._connect_once()
            except (OSError, ConnectionLost):
                await anyio.to_thread.run_sync(self._ensure_running)
                await anyio.sleep(next(pauses, RECONNECT_PAUSES_SECONDS[-1]))

    def _ensure_running(self) -> None:
        chosen = settings.load(self._state)
        ensure_running(
            self._state,
            chosen.start_timeout_seconds,
            "library",
            spawn=self._start and not chosen.no_spawn,
            backoff_max_seconds=chosen.start_backoff_max_seconds,
        )

    async def _connect_once(self) -> Connection:
        connection = await open_connection(socket_path(self._state))
        self._tasks.start_soon(connection.read_answers)
        try:
            self.welcome = await greet(connection, self._hello, self._timeout)
        except BaseException:
            await connection.aclose()
            raise
        return connection

    async def _drop(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await connection.aclose()

    async def _leave(self) -> None:
        await self._drop()
        self._tasks.cancel_scope.cancel()
        await self._exit.aclose()
