"""The arguments of the tools for schedules."""

from collections.abc import Callable
from typing import Any, Final

from djobs_daemon.mcp_server.converting import Strict, convert, require_text, wrong
from djobs_daemon.mcp_server.enqueue_arguments import ALL, payload_of
from djobs_protocol.queue_requests import ListSchedules, PauseSchedule, RemoveSchedule, SetSchedule
from djobs_protocol.requests import Request
from djobs_protocol.values import NewJob

_OF_JOB: Final = ("task_type", "payload", "priority", "resource_key")
_OF_SCHEDULE: Final = ("name", "cron", "zone", "missed", "overlap", "paused", "correlation_id")


class ScheduleTask(Strict):
    """What ``schedule_task`` takes."""

    name: str
    cron: str | None = None
    task_type: str | None = None
    payload: Any = None
    priority: int | None = None
    resource_key: str | None = None
    correlation_id: str | None = None
    zone: str | None = None
    missed: str | None = None
    overlap: str | None = None
    paused: bool | None = None


class ListOfSchedules(Strict):
    """What ``list_schedules`` takes."""

    workspace: str | None = None


class Unschedule(Strict):
    """What ``unschedule_task`` takes."""

    name: str


def schedule_task(given: ScheduleTask) -> Request:
    """Return the request that is meant: without a cron expression, to pause or go on."""
    if given.cron is None:
        return _pause(given)
    if given.task_type is None:
        raise wrong("task_type is missing; expected that of the tasks to make.")
    require_text("task_type", given.task_type, "that of the tasks to make")
    fields = {name: getattr(given, name) for name in _OF_JOB}
    fields["payload"] = payload_of(given.payload, "")
    job = convert(fields, NewJob, renamed={"task_type": "type"})
    asked = {name: getattr(given, name) for name in _OF_SCHEDULE}
    return convert(asked | {"job": job}, SetSchedule)


def _pause(given: ScheduleTask) -> Request:
    others = {*_OF_JOB, *_OF_SCHEDULE} - {"name", "paused"}
    if given.paused is None or any(getattr(given, name) is not None for name in others):
        raise wrong("cron is missing; expected when to make the tasks, such as '0 9 * * MON-FRI'.")
    return PauseSchedule(name=given.name, paused=given.paused)


def list_schedules(given: ListOfSchedules, workspace: str) -> Request:
    """Return the request that is meant: of this workspace unless another is named."""
    chosen = None if given.workspace == ALL else given.workspace or workspace or None
    return convert({"workspace": chosen}, ListSchedules)


def unschedule_task(given: Unschedule) -> Request:
    """Return the request that is meant."""
    return convert({"name": given.name}, RemoveSchedule)


ALONE: Final[dict[str, tuple[type[Strict], Callable[[Any], Request]]]] = {
    "schedule_task": (ScheduleTask, schedule_task),
    "unschedule_task": (Unschedule, unschedule_task),
}
IN_WORKSPACE: Final[dict[str, tuple[type[Strict], Callable[[Any, str], Request]]]] = {
    "list_schedules": (ListOfSchedules, list_schedules)
}
