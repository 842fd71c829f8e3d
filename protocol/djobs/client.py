"""A client of the daemon for asynchronous Python programs (anyio: asyncio or trio).

Survives restarts of the daemon: a request that was not answered is sent again under the same
session and id, and the daemon answers a repeated write from what it stored (R19). So every method
here happens once, or raises.
"""

import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from types import TracebackType
from typing import Any, Self, TypeVar

import anyio
from anyio.abc import TaskGroup

from djobs.auditing import Auditing
from djobs.connection import encode_params, hello
from djobs.decoding import decode
from djobs.following import Following
from djobs.keeping import Keeping
from djobs.scheduling import Scheduling
from djobs.session import Session
from djobs.sharing import Sharing
from djobs.submitting import Submitting
from djobs_protocol.daemon_replies import HealthReport, Welcome
from djobs_protocol.daemon_requests import GetHealth
from djobs_protocol.endpoint import state_dir
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.evidence import Check
from djobs_protocol.job_replies import EnqueuedJob, EnqueuedJobs, FinishedJob
from djobs_protocol.job_requests import CompleteJob, EnqueueJobs, FailJob
from djobs_protocol.limits import CHECKS_WAIT_SECONDS, REQUEST_SECONDS_DEFAULT
from djobs_protocol.reading_replies import JobDetail, JobPage, ResumePage
from djobs_protocol.reading_requests import GetJob, ListJobs, ResumeSession
from djobs_protocol.requests import METHODS, Request
from djobs_protocol.states import JobState
from djobs_protocol.values import (
    KeyScope,
    KeyStates,
    ManagedBy,
    NewJob,
    Retry,
)

R = TypeVar("R")

_METHOD_OF = {kind: method for method, kind in METHODS.items()}


class Client(Submitting, Sharing, Scheduling, Keeping, Following, Auditing):
    """An open session with the daemon; starts the daemon when there is none.

    Use as an asynchronous context manager, once. Any number of tasks may call it at once. A call
    that is cancelled may still happen.
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
        expected_database: str | None = None,
    ) -> None:
        """Prepare a session; entering it connects.

        ``workspace`` is the folder whose jobs these are, the default of every
        ``correlation_id``. ``home`` is the state folder (default: ``DJOBS_HOME``, else the
        account's own). ``start=False`` never starts a daemon. ``timeout_seconds`` bounds each
        call, restarts of the daemon included. ``expected_database`` is the id of the only
        database to talk to (default: the first one met); another is refused with
        ``WRONG_DATABASE`` (R6).
        """
        folder = None if workspace is None else os.path.realpath(workspace)
        self.timeout_seconds = timeout_seconds

        def session() -> Session:
            return Session(
                os.path.realpath(home) if home else state_dir(),
                hello(secrets.token_hex(16), folder, agent, name),
                start=start,
                seconds=timeout_seconds,
                database=expected_database,
            )

        self._new_session = session
        self._session = session()
        self._others: list[Session] = []
        self._readers: TaskGroup | None = None
        self._left = False

    @property
    def welcome(self) -> Welcome | None:
        """What the daemon said of itself at the last hello."""
        return self._session.welcome

    async def __aenter__(self) -> Self:
        if self._readers is not None or self._left:
            raise RuntimeError("A djobs.Client can be entered once; make another.")
        self._readers = anyio.create_task_group()
        await self._readers.__aenter__()
        try:
            await self._session.connected(self._readers)
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # The group never learns of the caller's exception, which it would wrap in another.
        # Nothing may be awaited before: under cancellation that would leave its scope open.
        readers, self._readers, self._left = self._readers, None, True
        for session in (self._session, *self._others):
            session.close()
        if readers is not None:
            await readers.__aexit__(None, None, None)

    async def enqueue(
        self,
        kind: str,
        payload: Any = None,
        *,
        priority: int | None = None,
        max_attempts: int | None = None,
        retry: Retry | None = None,
        idempotency_key: str | None = None,
        key_scope: KeyScope = "workspace",
        key_states: KeyStates = "successful",
        key_seconds: float | None = None,
        depends_on: Sequence[str] = (),
        resource_key: str | None = None,
        resource_scope: KeyScope = "workspace",
        correlation_id: str | None = None,
        managed_by: ManagedBy | None = None,
        run_at: datetime | None = None,
        delay_seconds: float | None = None,
        verify: Sequence[Check] = (),
    ) -> str:
        """Record one job and return its id; the fields of ``NewJob`` say what each means.

        ``payload`` is any JSON value. It is for agents, unless it is ``managed_by="worker"``.
        ``verify`` are checks that the daemon runs when success is reported, before it stands.
        """
        if isinstance(depends_on, str):
            raise DjobsError(ErrorCode.INVALID_PARAMS, "depends_on is one id; expected is a list.")
        job = NewJob(
            type=kind,
            payload={} if payload is None else payload,
            priority=priority,
            max_attempts=max_attempts,
            retry=retry,
            idempotency_key=idempotency_key,
            key_scope=key_scope,
            key_states=key_states,
            key_seconds=key_seconds,
            depends_on=list(depends_on),
            resource_key=resource_key,
            managed_by=managed_by,
            resource_scope=resource_scope,
            run_at=run_at,
            delay_seconds=delay_seconds,
            verify=list(verify),
        )
        return (await self.enqueue_many([job], correlation_id=correlation_id))[0].id

    async def enqueue_many(
        self, jobs: Sequence[NewJob], *, correlation_id: str | None = None
    ) -> list[EnqueuedJob]:
        """Record jobs, all or none, and return them in the same order."""
        request = EnqueueJobs(jobs=list(jobs), correlation_id=correlation_id)
        return (await self.call(request, EnqueuedJobs)).jobs

    async def complete(self, job_id: str, evidence: str | None = None) -> FinishedJob:
        """Report success; of a job that has checks it stands once the daemon has run them.

        That is waited for: ``VERIFICATION_FAILED`` names the check that did not pass, and the job
        is still this session's. ``checking`` in the answer: they still run, after 40 s.
        """
        request = CompleteJob(job_id=job_id, evidence=evidence)
        seconds = CHECKS_WAIT_SECONDS + self.timeout_seconds
        return await self.call_within(request, FinishedJob, seconds)

    async def fail(self, job_id: str, error: str, *, retry: bool = True) -> FinishedJob:
        """Report failure. A claimed job with attempts left is tried again, unless not ``retry``."""
        return await self.call(FailJob(job_id=job_id, error=error, retry=retry), FinishedJob)

    async def get(self, job_id: str) -> JobDetail:
        """Return one job with its history."""
        return await self.call(GetJob(job_id=job_id), JobDetail)

    async def list(
        self,
        *,
        correlation_id: str | None = None,
        states: Sequence[JobState] = (),
        archived: bool = False,
        limit: int = 50,
        cursor: str | None = None,
    ) -> JobPage:
        """Return a page of jobs, newest first; the archived ones only if asked, and only they."""
        request = ListJobs(
            correlation_id=correlation_id,
            states=[*states],
            archived=archived,
            limit=limit,
            cursor=cursor,
        )
        return await self.call(request, JobPage)

    async def resume(
        self,
        correlation_id: str | None = None,
        *,
        limit: int = 20,
        cursor: str | None = None,
        known_hash: str | None = None,
    ) -> ResumePage:
        """Return what is unfinished; ``unchanged`` if the page still is the one with that hash."""
        request = ResumeSession(
            correlation_id=correlation_id, limit=limit, cursor=cursor, known_hash=known_hash
        )
        return await self.call(request, ResumePage)

    async def health(self) -> HealthReport:
        """Return the counts by state."""
        return await self.call(GetHealth(), HealthReport)

    async def call(self, request: Request, reply: type[R]) -> R:
        """Send any request of the protocol and return its reply.

        Raises the daemon's ``DjobsError``, ``DEADLINE_EXCEEDED`` or ``PARSE_ERROR`` (what answered
        is no daemon of this protocol): in both cases a write may have happened.
        """
        return await self.call_within(request, reply, self.timeout_seconds)

    async def call_within(self, request: Request, reply: type[R], seconds: float) -> R:
        """Send any request as ``call`` does, bounded by ``seconds``."""
        readers, method = self.readers(), _METHOD_OF[type(request)]
        params = encode_params(request)
        try:
            with anyio.fail_after(seconds):
                encoded = await self._session.ask(readers, method, params, seconds)
        except TimeoutError:
            raise DjobsError(
                ErrorCode.DEADLINE_EXCEEDED, f"No answer within {seconds:g} s."
            ) from None
        return decode(encoded, reply)

    @contextmanager
    def another_session(self) -> Iterator[Session]:
        """Have a session beside the client's own, as long as the block runs or the client does."""
        session = self._new_session()
        self._others.append(session)
        try:
            yield session
        finally:
            self._others.remove(session)
            session.close()

    def readers(self) -> TaskGroup:
        """Return what runs the readers of connections; a client that is not entered has none."""
        if self._readers is None:
            raise RuntimeError("A djobs.Client is used inside `async with Client() as client:`.")
        return self._readers
