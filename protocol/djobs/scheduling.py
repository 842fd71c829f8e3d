"""Schedules: jobs that are made at times of day."""

from typing import TypeVar

from djobs_protocol.queue_replies import RemovedSchedule, ScheduleList, ScheduleSet
from djobs_protocol.queue_requests import ListSchedules, PauseSchedule, RemoveSchedule, SetSchedule
from djobs_protocol.requests import Request
from djobs_protocol.values import Missed, NewJob, Overlap

R = TypeVar("R")


class Scheduling:
    """Methods of ``Client`` for schedules. A ``workspace`` defaults to this client's."""

    async def call(self, request: Request, reply: type[R]) -> R:
        """Send any request of the protocol and return its reply."""
        raise NotImplementedError

    async def schedule(
        self,
        name: str,
        cron: str,
        job: NewJob,
        *,
        zone: str | None = None,
        missed: Missed = "once",
        overlap: Overlap | None = None,
        paused: bool | None = None,
        workspace: str | None = None,
        correlation_id: str | None = None,
    ) -> ScheduleSet:
        """Have ``job`` made whenever ``cron`` says, in a zone (default: the daemon's own).

        A schedule of that name is replaced; one that is paused stays so unless ``paused=False``.
        ``missed`` says what becomes of runs whose time came while no daemon ran or the machine
        slept: none, one for all of them, or each. ``overlap`` says what becomes of a run while the
        job of the one before is open: it is left out, unless it is ``allow``, or ``missed`` is
        ``all``. Answers the next times.
        """
        request = SetSchedule(
            name=name,
            cron=cron,
            job=job,
            zone=zone,
            missed=missed,
            overlap=overlap,
            paused=paused,
            workspace=workspace,
            correlation_id=correlation_id,
        )
        return await self.call(request, ScheduleSet)

    async def pause_schedule(self, name: str, *, workspace: str | None = None) -> ScheduleSet:
        """Have a schedule make no jobs; what comes due meanwhile is not missed."""
        return await self.call(PauseSchedule(name=name, workspace=workspace), ScheduleSet)

    async def resume_schedule(self, name: str, *, workspace: str | None = None) -> ScheduleSet:
        """Have a paused schedule go on."""
        request = PauseSchedule(name=name, workspace=workspace, paused=False)
        return await self.call(request, ScheduleSet)

    async def unschedule(self, name: str, *, workspace: str | None = None) -> RemovedSchedule:
        """Remove a schedule; the jobs that it made stay."""
        return await self.call(RemoveSchedule(name=name, workspace=workspace), RemovedSchedule)

    async def schedules(self, *, workspace: str | None = None) -> ScheduleList:
        """Return the schedules of a workspace, or of all, with their next times."""
        return await self.call(ListSchedules(workspace=workspace), ScheduleList)
