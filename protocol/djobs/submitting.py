"""The part of a client that hands work to the daemon's own executors, and reads what it prints."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.evidence import Check
from djobs_protocol.job_replies import AppliedChanges, EnqueuedJob, UndoneChanges
from djobs_protocol.job_requests import ApplyChanges, UndoChanges
from djobs_protocol.limits import LOG_PAGE_BYTES_MAX, WAIT_SECONDS_MAX
from djobs_protocol.log_places import next_place
from djobs_protocol.reading_replies import LogChunk
from djobs_protocol.reading_requests import ReadLog
from djobs_protocol.requests import Request
from djobs_protocol.values import ApplyAction, JobBudget, NewJob, OnFailure, Retry, UndoAction

R = TypeVar("R")


class Submitting:
    """Methods of ``Client`` for work that the daemon does by itself."""

    timeout_seconds: float
    """What bounds a call that waits for nothing."""

    async def call_within(self, request: Request, reply: type[R], seconds: float) -> R:
        """Send a request that may take that long."""
        raise NotImplementedError

    async def call(self, request: Request, reply: type[R]) -> R:
        """Send any request of the protocol and return its reply."""
        raise NotImplementedError

    async def enqueue_many(
        self, jobs: Sequence[NewJob], *, correlation_id: str | None = None
    ) -> list[EnqueuedJob]:
        """Record jobs, all or none."""
        raise NotImplementedError

    async def submit(
        self,
        spec: str | Sequence[str],
        *,
        type: str = "shell",
        cwd: str | None = None,
        options: Mapping[str, Any] | None = None,
        priority: int | None = None,
        max_attempts: int | None = None,
        retry: Retry | None = None,
        max_duration_seconds: float | None = None,
        depends_on: Sequence[str] = (),
        on_dependency_failure: OnFailure = "block",
        resource_key: str | None = None,
        idempotency_key: str | None = None,
        correlation_id: str | None = None,
        run_at: datetime | None = None,
        delay_seconds: float | None = None,
        verify: Sequence[Check] = (),
        budget: JobBudget | None = None,
        env: Mapping[str, str | None] | None = None,
    ) -> EnqueuedJob:
        """Hand work over to the daemon, which does it in this client's workspace; return its job.

        ``spec`` of a ``shell`` job is a program and its arguments, which are characters and go
        through no shell; as one text it is split into them as a shell would. ``cwd`` is a folder of
        the workspace. ``options`` are what else the payload of another type has. Unlike other jobs
        it is tried once, unless ``max_attempts`` says more; what runs for over
        ``max_duration_seconds`` is stopped. It succeeds once its checks, ``verify``, have passed,
        which the daemon runs after it. ``budget`` bounds what it may use in all its attempts,
        within what ``[budgets]`` allows. ``env`` are variables of its own; None as a value: it is
        read from ``secrets.env``, as no secret is stored. ``INVALID_PARAMS`` for what could never
        be run.
        """
        if isinstance(depends_on, str):
            raise DjobsError(ErrorCode.INVALID_PARAMS, "depends_on is one id; expected is a list.")
        job = NewJob(
            type=type,
            payload=_payload(spec, cwd, options or {}),
            managed_by="executor",
            priority=priority,
            max_attempts=max_attempts,
            retry=retry,
            max_duration_seconds=max_duration_seconds,
            depends_on=[*depends_on],
            on_dependency_failure=on_dependency_failure,
            resource_key=resource_key,
            idempotency_key=idempotency_key,
            run_at=run_at,
            delay_seconds=delay_seconds,
            verify=[*verify],
            budget=budget,
            env=dict(env or {}),
        )
        return (await self.enqueue_many([job], correlation_id=correlation_id))[0]

    async def apply(self, job_id: str, action: ApplyAction = "apply") -> AppliedChanges:
        """Write what an agent changed in its copy of the workspace into the workspace itself.

        All or nothing: ``DjobsError`` with ``CONFLICT`` where a file is no longer what the agent
        began with. ``check`` says whether that would be so, ``show`` what was changed.
        """
        return await self.call(ApplyChanges(job_id=job_id, action=action), AppliedChanges)

    async def undo(self, job_id: str, action: UndoAction = "undo") -> UndoneChanges:
        """Take back what was written into a job's workspace: a model's files, applied changes.

        All or nothing: ``DjobsError`` with ``CONFLICT`` where a file was changed since. ``check``
        says whether that would be so, ``show`` which files it is about.
        """
        return await self.call(UndoChanges(job_id=job_id, action=action), UndoneChanges)

    async def log(
        self,
        job_id: str,
        after: int = 0,
        *,
        limit_bytes: int = LOG_PAGE_BYTES_MAX,
        generation: int | None = None,
        wait_seconds: float = 0,
    ) -> LogChunk:
        """Return what a submitted job printed, from an offset on; negative: so far from the end.

        Of the last attempt, unless its ``generation`` is named. ``wait_seconds``, up to 300, waits
        for more if there is none while it may still come.
        """
        request = ReadLog(
            job_id=job_id,
            after=after,
            limit_bytes=limit_bytes,
            generation=generation,
            wait_seconds=wait_seconds,
        )
        return await self.call_within(request, LogChunk, wait_seconds + self.timeout_seconds)

    async def follow_log(
        self, job_id: str, *, after: int = 0, generation: int | None = None
    ) -> AsyncGenerator[bytes, None]:
        """Yield what a submitted job prints as it comes, until the job has ended.

        Begins at an offset of its last attempt (negative: so far from the end) and goes on with
        those that follow; with a ``generation`` only that one, until it has ended. Restarts of the
        daemon are waited out. Of a long output its middle is not kept: ``log`` says how much.
        """
        alone = generation is not None
        while True:
            settled = generation is not None and after >= 0  # else now counts, not later
            seconds = WAIT_SECONDS_MAX if settled else 0
            try:
                chunk = await self.log(job_id, after, generation=generation, wait_seconds=seconds)
            except DjobsError as error:
                if error.code is not ErrorCode.DEADLINE_EXCEEDED or not seconds:
                    raise
                continue  # a daemon that ended took the wait with it, and the next began anew
            if chunk.data:
                yield chunk.data
            place = next_place(
                chunk.generation,
                chunk.next_offset,
                may_be_more=bool(chunk.data or chunk.running),
                last_generation=chunk.last_generation,
                ended=chunk.ended,
                alone=alone,
            )
            if place is None:
                return
            generation, after = place


def _payload(spec: str | Sequence[str], cwd: str | None, options: Mapping[str, Any]) -> Any:
    words = spec if isinstance(spec, str) else [*spec]
    return {**options, "spec": words, **({} if cwd is None else {"cwd": cwd})}
