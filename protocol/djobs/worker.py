"""A program that does jobs: takes them, keeps them its own while its handlers work, reports.

worker = Worker(workspace="/home/me/project")

@worker.handles("resize")
async def resize(job: JobContext) -> str:
    ...
    return "a.png is 400 px wide"

anyio.run(worker.run)
"""

import inspect
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, TypeAlias, TypeVar

import anyio
import anyio.to_thread
from anyio.abc import TaskStatus

from djobs.client import Client
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.job_replies import FinishedJob, MovedJob
from djobs_protocol.job_requests import CompleteJob, FailJob, HeartbeatJob, ReleaseJob
from djobs_protocol.limits import CHECKS_WAIT_SECONDS, TEXT_BYTES_MAX
from djobs_protocol.values import Job

WAIT_SECONDS: Final = 20.0
"""One claim waits so long for a job; then the next one does."""
LEASE_SECONDS_DEFAULT: Final = 60.0
RENEWALS_PER_LEASE: Final = 3
"""So a lease outlives two renewals that are late."""
LEAVE_SECONDS: Final = 5.0
"""How long a worker that is ended tries to give back what it holds."""
LOST: Final = frozenset(
    {ErrorCode.NOT_HOLDER, ErrorCode.STALE_GENERATION, ErrorCode.ALREADY_FINISHED}
)
"""Refusals that say the job is somebody else's by now, or ended."""

Handler: TypeAlias = "Callable[[JobContext], Any]"
H = TypeVar("H", bound=Handler)


class Discard(Exception):
    """Raised by a handler: the job has failed for good, whatever attempts are left."""


class JobContext:
    """One claimed job, as its handler sees it."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.is_held = True
        """False once the job is somebody else's, was stopped, or has ended; an asynchronous handler
        is cancelled then, one in a thread should look here now and then."""

    @property
    def payload(self) -> Any:
        """What to do."""
        return self.job.payload

    @property
    def attempt(self) -> int:
        """1 at the first attempt."""
        return self.job.attempt

    @property
    def generation(self) -> int:
        """The number of this claim; a report under an older one is refused."""
        assert self.job.holder is not None
        return self.job.holder.generation


class Worker:
    """Runs a handler for each job of its types, ``concurrency`` of them at once.

    A handler is an asynchronous function, or a plain one, which runs in a thread. What it returns
    is the evidence: a text, or any JSON value. An exception fails the attempt, and the job is tried
    again as its policy says; ``Discard`` fails it for good. The lease is renewed while the handler
    works, however long that takes; a handler whose job was taken away is cancelled.
    """

    def __init__(
        self,
        *,
        workspace: str | None = None,
        correlation_id: str | None = None,
        everywhere: bool = False,
        concurrency: int = 1,
        lease_seconds: float = LEASE_SECONDS_DEFAULT,
        **client: Any,
    ) -> None:
        """Prepare a worker; ``run`` connects.

        It takes jobs of the workspace, of one workflow (``correlation_id``), or of all workspaces
        in turn (``everywhere``). Further options are those of ``Client``.
        """
        self._client = {"workspace": workspace, "name": "djobs-worker", **client}
        self._correlation_id = correlation_id
        self._everywhere = everywhere
        self._concurrency = concurrency
        self._lease_seconds = lease_seconds
        self._handlers: dict[str, Handler] = {}

    def handles(self, kind: str) -> Callable[[H], H]:
        """Make a function the handler of a type."""

        def register(handler: H) -> H:
            if kind in self._handlers:
                raise ValueError(f"{kind!r} has a handler already.")
            self._handlers[kind] = handler
            return handler

        return register

    async def run(self, *, until_idle: bool = False) -> None:
        """Work until cancelled; with ``until_idle``, until nothing is left that may start.

        When cancelled it gives back what it holds, which counts as no attempt; a handler that runs
        in a thread comes to its end first. Raises ``DjobsError`` when there is no daemon to be had.
        """
        if not self._handlers:
            raise RuntimeError("A worker needs a handler: @worker.handles('type').")
        failure, leave = None, anyio.Event()
        async with anyio.create_task_group() as tasks:
            try:
                client = Client(**self._client)
                await tasks.start(_stay_connected, client, leave)
                async with anyio.create_task_group() as lanes:
                    for _ in range(self._concurrency):
                        lanes.start_soon(self._take_turns, client, until_idle)
            except* DjobsError as group:
                failure = _first(group)
            finally:
                leave.set()
        if failure is not None:
            raise failure

    async def _take_turns(self, client: Client, until_idle: bool) -> None:
        while True:
            job = await client.claim(
                types=[*self._handlers],
                correlation_id=self._correlation_id,
                everywhere=self._everywhere,
                managed_by="worker",
                lease_seconds=self._lease_seconds,
                wait_seconds=0 if until_idle else WAIT_SECONDS,
            )
            if job is not None:
                await self._do(client, JobContext(job))
            elif until_idle:
                return

    async def _do(self, client: Client, context: JobContext) -> None:
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._keep, client, context, tasks.cancel_scope)
                report = await self._outcome(context)
                with anyio.CancelScope(shield=True):  # what is done is not thrown away
                    await _report(client, context, report)
                tasks.cancel_scope.cancel()
        except anyio.get_cancelled_exc_class():
            await _give_back(client, context)
            raise

    async def _keep(self, client: Client, context: JobContext, handler: anyio.CancelScope) -> None:
        """Renew the lease until cancelled; end the handler when there is none to renew."""
        renewal = HeartbeatJob(job_id=context.job.id, generation=context.generation)
        while context.is_held:
            await anyio.sleep(self._lease_seconds / RENEWALS_PER_LEASE)
            try:
                await client.call(renewal, MovedJob)
            except DjobsError as error:
                # A daemon that is away takes nobody's job: the next renewal may reach it.
                context.is_held = error.code not in LOST
        handler.cancel()

    async def _outcome(self, context: JobContext) -> CompleteJob | FailJob:
        job_id, generation = context.job.id, context.generation
        try:
            evidence = await _call(self._handlers[context.job.type], context)
        except Exception as error:  # noqa: BLE001 - whatever a handler raises is the job's failure
            return FailJob(
                job_id=job_id,
                error=_bounded(f"{type(error).__name__}: {error}".rstrip(": ")),
                generation=generation,
                retry=not isinstance(error, Discard),
            )
        return CompleteJob(job_id=job_id, evidence=_text(evidence), generation=generation)


async def _stay_connected(
    client: Client, leave: anyio.Event, *, task_status: TaskStatus[None]
) -> None:
    """Keep a client open until told, so that who is cancelled can still say a last word."""
    with anyio.CancelScope() as connected:
        async with client:
            connected.shield = True
            task_status.started()
            await leave.wait()


def _first(error: BaseException) -> BaseException:
    return _first(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error


async def _call(handler: Handler, context: JobContext) -> Any:
    if inspect.iscoroutinefunction(handler):
        return await handler(context)
    with anyio.CancelScope(shield=True):  # a thread cannot be cancelled, so its result counts
        return await anyio.to_thread.run_sync(handler, context)


async def _report(client: Client, context: JobContext, report: CompleteJob | FailJob) -> None:
    if not context.is_held:
        return
    seconds = CHECKS_WAIT_SECONDS + client.timeout_seconds
    try:
        await client.call_within(report, FinishedJob, seconds)
    except DjobsError as error:
        if error.code is ErrorCode.VERIFICATION_FAILED:
            why = _bounded(f"{error.code}: {error.message}")
            failure = FailJob(job_id=report.job_id, error=why, generation=report.generation)
            await _report(client, context, failure)
        elif error.code in LOST:
            context.is_held = False
        else:
            raise


async def _give_back(client: Client, context: JobContext) -> None:
    """Release a job whose handler was cancelled. If that fails, leaving the client releases it."""
    release = ReleaseJob(
        job_id=context.job.id, generation=context.generation, reason="the worker was ended"
    )
    with anyio.move_on_after(LEAVE_SECONDS, shield=True), suppress(DjobsError):
        await client.call(release, MovedJob)


def _text(evidence: Any) -> str | None:
    if evidence is None:
        return None
    said = evidence if isinstance(evidence, str) else json.dumps(evidence, default=str)
    return _bounded(said)


def _bounded(text: str) -> str:
    return text.encode("utf-8", "replace")[:TEXT_BYTES_MAX].decode("utf-8", "ignore")
