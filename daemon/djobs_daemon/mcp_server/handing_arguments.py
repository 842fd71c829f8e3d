"""The arguments of the tools that hand work over to the daemon's own executors."""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from djobs_daemon.mcp_server.converting import Strict, convert, require_text, whole_numbers, wrong
from djobs_daemon.mcp_server.enqueue_arguments import require_batch, without_nothing
from djobs_daemon.mcp_server.meanings import JOB_ID, as_request
from djobs_protocol.durations import EXAMPLES, seconds_of
from djobs_protocol.job_requests import EnqueueJobs
from djobs_protocol.reading_requests import GetStats, ReadLog
from djobs_protocol.requests import Request
from djobs_protocol.values import Moment, NewJob

LOG_BYTES_DEFAULT: Final = 8 * 1024
"""Of one answer: a model pays for every line."""

_OF_WORK: Final = ("spec", "cwd", "output_path", "context_files", "model", "large_context")
"""What the payload says."""
_RENAMED: Final = {"task_type": "type", "max_duration": "max_duration_seconds"}


class SubmitTask(Strict):
    """What ``submit_task`` takes, and each of ``submit_batch``."""

    task_type: str
    spec: str | list[str]
    cwd: str | None = None
    output_path: str | None = None
    context_files: list[str] | None = None
    model: str | None = None
    large_context: bool | None = None
    priority: int | None = None
    max_duration: str | float | None = None
    max_attempts: int | None = None
    depends_on: list[str] | None = None
    resource_key: str | None = None
    idempotency_key: str | None = None
    graph_key: str | None = None
    verify: list[Any] | None = None
    budget: dict[str, Any] | None = None
    env: dict[str, str | None] | None = None


class SubmitBatch(Strict):
    """What ``submit_batch`` takes."""

    tasks: list[dict[str, Any]]
    correlation_id: str | None = None


class TaskLog(Strict):
    """What ``task_log`` takes."""

    task_id: str
    after: int | None = None
    limit_bytes: int | None = None
    wait_seconds: float | None = None


class StatsAsked(Strict):
    """What ``stats`` takes."""

    since: Moment | None = None
    workspace: str | None = None
    correlation_id: str | None = None


class _SubmitOne(SubmitTask):
    correlation_id: str | None = None


def submit_task(given: _SubmitOne) -> Request:
    """Return the enqueue of one task for an executor."""
    return _enqueue([_new_job(given, "")], given.correlation_id)


def submit_batch(given: SubmitBatch) -> Request:
    """Return the enqueue of many, all or none."""
    require_batch(given.tasks)
    jobs = []
    for position, task in enumerate(given.tasks):
        where = f"tasks[{position}]."
        fields = whole_numbers(without_nothing(task))
        jobs.append(_new_job(convert(fields, SubmitTask, where), where))
    return _enqueue(jobs, given.correlation_id)


def task_log(given: TaskLog) -> Request:
    """Return what is meant by a log: its end, unless a place is named."""
    fields = msgspec.structs.asdict(given)
    if given.limit_bytes is None:
        fields["limit_bytes"] = LOG_BYTES_DEFAULT
    if given.after is None:
        fields["after"] = -(given.limit_bytes or LOG_BYTES_DEFAULT)
    return convert(fields, ReadLog, renamed=JOB_ID)


def _enqueue(jobs: list[NewJob], correlation_id: str | None) -> Request:
    return convert({"jobs": jobs, "correlation_id": correlation_id}, EnqueueJobs)


def _new_job(given: SubmitTask, where: str) -> NewJob:
    require_text(f"{where}task_type", given.task_type, "a type of work such as 'shell'")
    fields = {
        name: value
        for name, value in msgspec.structs.asdict(given).items()
        if value is not None and name in SubmitTask.__struct_fields__
    }
    payload = {name: fields.pop(name) for name in _OF_WORK if name in fields}
    if given.max_duration is not None:
        fields["max_duration"] = _seconds(given.max_duration, where)
    return convert(
        fields | {"payload": payload, "managed_by": "executor"}, NewJob, where, renamed=_RENAMED
    )


def _seconds(given: str | float, where: str) -> float:
    if not isinstance(given, str):
        return given
    seconds = seconds_of(given.strip())
    if seconds is None:
        raise wrong(f"{where}max_duration is {given!r}; expected a length such as {EXAMPLES}.")
    return seconds


ALONE: Final[dict[str, tuple[type[Strict], Callable[[Any], Request]]]] = {
    "submit_task": (_SubmitOne, submit_task),
    "submit_batch": (SubmitBatch, submit_batch),
    "task_log": (TaskLog, task_log),
    "stats": (StatsAsked, as_request(GetStats)),
}
