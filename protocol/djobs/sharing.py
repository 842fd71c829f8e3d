"""The part of a client that works on jobs: take, keep, give back, and decide about them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

from djobs_protocol.job_replies import AcceptedJobs, AmendedJob, ClaimedJob, MovedJob, RetriedJobs
from djobs_protocol.job_requests import (
    AcceptBefore,
    AmendJob,
    CancelJob,
    ClaimJob,
    HeartbeatJob,
    ReleaseJob,
    RetryFailed,
    RetryJob,
    SkipJob,
)
from djobs_protocol.queue_replies import AgentList, PauseList
from djobs_protocol.queue_requests import (
    ListAgents,
    ListPauses,
    PauseWork,
    RegisterAgent,
    ResumeWork,
)
from djobs_protocol.reading_replies import Explanation
from djobs_protocol.reading_requests import ExplainJob
from djobs_protocol.requests import Request
from djobs_protocol.values import Agent, Job, ManagedBy, PauseScope

R = TypeVar("R")


class Sharing:
    """Methods of ``Client`` for several that share work."""

    async def call(self, request: Request, reply: type[R]) -> R:
        """Send any request of the protocol and return its reply."""
        raise NotImplementedError

    async def claim(
        self,
        *,
        types: Sequence[str] = (),
        job_id: str | None = None,
        correlation_id: str | None = None,
        everywhere: bool = False,
        managed_by: ManagedBy = "agent",
        lease_seconds: float | None = None,
        wait_seconds: float = 0,
    ) -> Job | None:
        """Take the next job that may start, or the named one; None when there is none.

        It is this client's until it is reported, released, or its lease ends; any call renews, and
        leaving the client gives it back at once. ``wait_seconds`` waits for one to become ready; it
        must be below the client's ``timeout_seconds``.
        """
        request = ClaimJob(
            types=[*types],
            job_id=job_id,
            correlation_id=correlation_id,
            everywhere=everywhere,
            managed_by=managed_by,
            lease_seconds=lease_seconds,
            wait_seconds=wait_seconds,
        )
        return (await self.call(request, ClaimedJob)).job

    async def heartbeat(self, job_id: str, lease_seconds: float | None = None) -> MovedJob:
        """Renew the lease of a claimed job."""
        return await self.call(HeartbeatJob(job_id=job_id, lease_seconds=lease_seconds), MovedJob)

    async def release(self, job_id: str, reason: str | None = None) -> MovedJob:
        """Give a claimed job back; it counts as no attempt."""
        return await self.call(ReleaseJob(job_id=job_id, reason=reason), MovedJob)

    async def retry(self, job_id: str, reason: str | None = None) -> MovedJob:
        """Open an ended job again."""
        return await self.call(RetryJob(job_id=job_id, reason=reason), MovedJob)

    async def retry_failed(
        self,
        *,
        correlation_id: str | None = None,
        types: Sequence[str] = (),
        reason: str | None = None,
        cursor: str | None = None,
    ) -> RetriedJobs:
        """Open every job again that failed or was dead-lettered, 500 at once.

        A ``next_cursor`` in the answer goes on behind those that were looked at.
        """
        request = RetryFailed(
            correlation_id=correlation_id, types=[*types], reason=reason, cursor=cursor
        )
        return await self.call(request, RetriedJobs)

    async def cancel(self, job_id: str, reason: str | None = None) -> MovedJob:
        """End a job; one in work becomes ``stopped``.

        What djobs itself runs is asked to end, and is ``running`` until it has.
        """
        return await self.call(CancelJob(job_id=job_id, reason=reason), MovedJob)

    async def skip(self, job_id: str, reason: str | None = None) -> MovedJob:
        """Accept a job as done without doing it."""
        return await self.call(SkipJob(job_id=job_id, reason=reason), MovedJob)

    async def amend(
        self,
        job_id: str,
        *,
        payload: Any = None,
        priority: int | None = None,
        max_attempts: int | None = None,
        run_at: datetime | None = None,
        revision: int | None = None,
        reason: str | None = None,
    ) -> AmendedJob:
        """Change a job that has not started; what is left out stays.

        ``revision`` is that of the job as it was seen: if it has changed since, ``CONFLICT``.
        """
        request = AmendJob(
            job_id=job_id,
            payload=payload,
            priority=priority,
            max_attempts=max_attempts,
            run_at=run_at,
            revision=revision,
            reason=reason,
        )
        return await self.call(request, AmendedJob)

    async def accept_before(
        self, job_id: str, evidence: str | None = None, *, cursor: str | None = None
    ) -> AcceptedJobs:
        """Report what is open in a job's workflow and was enqueued before it as done.

        500 at once; a ``next_cursor`` in the answer goes on behind those that were looked at.
        """
        request = AcceptBefore(job_id=job_id, evidence=evidence, cursor=cursor)
        return await self.call(request, AcceptedJobs)

    async def pause(
        self,
        scope: PauseScope = "everything",
        subject: str | None = None,
        reason: str | None = None,
    ) -> PauseList:
        """Let no claim take anything, or nothing of a workspace or a type; what runs goes on.

        ``subject`` is the workspace's path (default: this client's) or the type.
        """
        request = PauseWork(scope=scope, subject=subject, reason=reason)
        return await self.call(request, PauseList)

    async def end_pause(
        self, scope: PauseScope = "everything", subject: str | None = None
    ) -> PauseList:
        """End a pause; ``CONFLICT`` if there is none."""
        return await self.call(ResumeWork(scope=scope, subject=subject), PauseList)

    async def pauses(self) -> PauseList:
        """Return what is paused."""
        return await self.call(ListPauses(), PauseList)

    async def explain(self, job_id: str) -> Explanation:
        """Say why a job is not running."""
        return await self.call(ExplainJob(job_id=job_id), Explanation)

    async def register(
        self, agent_id: str, capabilities: Sequence[str] = (), metadata: Any = None
    ) -> Agent:
        """Make an agent known by name."""
        request = RegisterAgent(
            agent_id=agent_id, capabilities=[*capabilities], metadata=metadata or {}
        )
        return await self.call(request, Agent)

    async def agents(self) -> AgentList:
        """Return the registered agents."""
        return await self.call(ListAgents(), AgentList)
