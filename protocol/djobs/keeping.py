"""Policies: what types get, limits, what becomes of what is over, and what does not get on."""

from collections.abc import Sequence
from typing import TypeVar

from djobs_protocol.budget_messages import (
    AllowBudget,
    BudgetList,
    ListBudgets,
    RaisedBudget,
)
from djobs_protocol.queue_replies import (
    ArchivedJobs,
    LimitList,
    NoticeAnswer,
    NoticeList,
    PurgedJobs,
    StaleJobs,
    TypeList,
)
from djobs_protocol.queue_requests import (
    PURGE_SECONDS_DEFAULT,
    ArchiveWorkflow,
    ClearLimit,
    DeliverNotice,
    FindStale,
    ListLimits,
    ListNotices,
    ListTypes,
    PurgeJobs,
    SetLimit,
    SetType,
    UnarchiveWorkflow,
)
from djobs_protocol.requests import Request
from djobs_protocol.states import JobState
from djobs_protocol.values import LimitScope, ManagedBy, Retry

R = TypeVar("R")


class Keeping:
    """Methods of ``Client`` for whoever says how jobs are treated."""

    async def call(self, request: Request, reply: type[R]) -> R:
        """Send any request of the protocol and return its reply."""
        raise NotImplementedError

    async def set_type_defaults(
        self,
        kind: str,
        *,
        priority: int | None = None,
        max_attempts: int | None = None,
        lease_seconds: float | None = None,
        managed_by: ManagedBy | None = None,
        retry: Retry | None = None,
        reset: bool = False,
    ) -> TypeList:
        """Say what jobs of a type get from now on where they do not say it themselves.

        What is left out stays, unless ``reset`` forgets all that was said before.
        """
        request = SetType(
            type=kind,
            priority=priority,
            max_attempts=max_attempts,
            lease_seconds=lease_seconds,
            managed_by=managed_by,
            retry=retry,
            reset=reset,
        )
        return await self.call(request, TypeList)

    async def limit(
        self,
        scope: LimitScope,
        subject: str | None = None,
        *,
        workspace: str | None = None,
        everywhere: bool = False,
        running: int | None = None,
        starts: int | None = None,
        window_seconds: float | None = None,
    ) -> LimitList:
        """Bound how many jobs of something run at once, or start in any ``window_seconds``.

        ``subject`` is the type, the resource key, or the workspace's path (default: this
        client's). A resource is a workspace's (default: this client's), unless ``everywhere``.
        """
        request = SetLimit(
            scope=scope,
            subject=subject,
            workspace=workspace,
            everywhere=everywhere,
            running=running,
            starts=starts,
            window_seconds=window_seconds,
        )
        return await self.call(request, LimitList)

    async def end_limit(
        self,
        scope: LimitScope,
        subject: str | None = None,
        *,
        workspace: str | None = None,
        everywhere: bool = False,
    ) -> LimitList:
        """End a limit; ``CONFLICT`` if there is none."""
        request = ClearLimit(
            scope=scope, subject=subject, workspace=workspace, everywhere=everywhere
        )
        return await self.call(request, LimitList)

    async def limits(self) -> LimitList:
        """Return the limits, and how they stand."""
        return await self.call(ListLimits(), LimitList)

    async def budgets(self) -> BudgetList:
        """Return the budgets, how they stand, and the jobs that are paused because of one."""
        return await self.call(ListBudgets(), BudgetList)

    async def allow_job(self, job_id: str) -> BudgetList:
        """Let a job go on whatever its budgets say; what it uses counts as before."""
        return await self.call(AllowBudget(job_id=job_id), BudgetList)

    async def raise_budget(
        self,
        budget: RaisedBudget,
        *,
        workspace: str | None = None,
        usd: float | None = None,
        tokens: int | None = None,
        minutes: float | None = None,
        starts: int | None = None,
    ) -> BudgetList:
        """Raise a budget by amounts until it resets; what has room again goes on.

        ``workspace`` is whose it is (default: this client's); a day's and a month's are of all.
        """
        request = AllowBudget(
            budget=budget,
            workspace=workspace,
            usd=usd,
            tokens=tokens,
            minutes=minutes,
            starts=starts,
        )
        return await self.call(request, BudgetList)

    async def type_defaults(self) -> TypeList:
        """Return the types that have defaults."""
        return await self.call(ListTypes(), TypeList)

    async def archive(
        self,
        correlation_id: str | None = None,
        *,
        states: Sequence[JobState] = (),
        reason: str | None = None,
    ) -> ArchivedJobs:
        """Leave the ended jobs of a workflow out of lists and counts; 500 at once."""
        request = ArchiveWorkflow(correlation_id=correlation_id, states=[*states], reason=reason)
        return await self.call(request, ArchivedJobs)

    async def unarchive(
        self, correlation_id: str | None = None, *, reason: str | None = None
    ) -> ArchivedJobs:
        """Bring the archived jobs of a workflow back; 500 at once."""
        request = UnarchiveWorkflow(correlation_id=correlation_id, reason=reason)
        return await self.call(request, ArchivedJobs)

    async def purge(
        self,
        *,
        older_than_seconds: float = PURGE_SECONDS_DEFAULT,
        states: Sequence[JobState] = (),
        correlation_id: str | None = None,
        archived_only: bool = False,
        dry_run: bool = True,
        reason: str | None = None,
        cursor: str | None = None,
    ) -> PurgedJobs:
        """Say which ended jobs would be removed, or without ``dry_run`` remove them; 200 at once.

        Without ``states``: all but those that failed, unless they are archived. A ``next_cursor``
        in the answer goes on behind those that were looked at.
        """
        request = PurgeJobs(
            older_than_seconds=older_than_seconds,
            states=[*states],
            correlation_id=correlation_id,
            archived_only=archived_only,
            dry_run=dry_run,
            reason=reason,
            cursor=cursor,
        )
        return await self.call(request, PurgedJobs)

    async def stale(
        self,
        *,
        correlation_id: str | None = None,
        running_seconds: float = 600,
        ready_seconds: float = 86_400,
        overdue_seconds: float = 60,
        failed_seconds: float = 0,
        limit: int = 20,
    ) -> StaleJobs:
        """Return what does not get on by itself, ``limit`` of each kind.

        In work and nothing heard of the holder for ``running_seconds``; ready for
        ``ready_seconds`` and not taken; due ``overdue_seconds`` ago; in need of what ended without
        success; failed ``failed_seconds`` ago and neither retried nor archived.
        """
        request = FindStale(
            correlation_id=correlation_id,
            running_seconds=running_seconds,
            ready_seconds=ready_seconds,
            overdue_seconds=overdue_seconds,
            failed_seconds=failed_seconds,
            limit=limit,
        )
        return await self.call(request, StaleJobs)

    async def deliver_notice(
        self,
        kind: str,
        key: str,
        recipient: str,
        *,
        window_seconds: float | None = None,
        cooldown_seconds: float | None = None,
    ) -> NoticeAnswer:
        """Ask whether to give a notice now; of all who ask, one is told to ``deliver``.

        The same notice is given once in ``window_seconds`` (for ever without), and none of its
        kind to the recipient within ``cooldown_seconds`` of another.
        """
        request = DeliverNotice(
            kind=kind,
            key=key,
            recipient=recipient,
            window_seconds=window_seconds,
            cooldown_seconds=cooldown_seconds,
        )
        return await self.call(request, NoticeAnswer)

    async def notices(self, *, limit: int = 50, cursor: str | None = None) -> NoticeList:
        """Return who was given which notice, the latest first."""
        return await self.call(ListNotices(limit=limit, cursor=cursor), NoticeList)
