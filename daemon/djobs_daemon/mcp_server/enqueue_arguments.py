"""The arguments of ``enqueue_task``: one task, or many that share what they leave out."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from djobs_daemon.mcp_server.converting import (
    Strict,
    convert,
    kind_of,
    require_text,
    whole_numbers,
    wrong,
)
from djobs_protocol.job_requests import EnqueueJobs
from djobs_protocol.limits import BATCH_JOBS_MAX
from djobs_protocol.requests import Request
from djobs_protocol.values import NewJob

ALL: Final = "*"
"""Means every workflow where tasks are looked at, so no workflow may have that name."""


class Enqueue(Strict):
    """What the tool takes."""

    task_type: str | None = None
    payload: Any = msgspec.UNSET
    max_attempts: int | None = None
    retry: dict[str, Any] | None = None
    correlation_id: str | None = None
    idempotency_key: str | None = None
    key_scope: str | None = None
    key_states: str | None = None
    key_seconds: float | None = None
    depends_on: list[str] | None = None
    on_dependency_failure: str | None = None
    graph_key: str | None = None
    resource_key: str | None = None
    resource_scope: str | None = None
    priority: int | None = None
    run_at: str | None = None
    delay_seconds: float | None = None
    verify: list[Any] | None = None
    tasks: list[dict[str, Any]] | None = None


_A_TYPE: Final = "a short string such as 'docstring'"
_TYPE: Final = {"task_type": "type"}
_OF_KEYS: Final = {
    "key_scope": "idempotency_key",
    "key_states": "idempotency_key",
    "key_seconds": "idempotency_key",
    "resource_scope": "resource_key",
}
"""What says for what a key counts, and which one."""
_INSTEAD: Final = {"run_at": "delay_seconds", "delay_seconds": "run_at"}
"""Two ways to say one thing: what an entry says takes the place of the call's either way."""
_PER_TASK: Final = (
    "task_type",
    "payload",
    "max_attempts",
    "retry",
    "idempotency_key",
    "key_scope",
    "key_states",
    "key_seconds",
    "depends_on",
    "on_dependency_failure",
    "graph_key",
    "resource_key",
    "resource_scope",
    "priority",
    "run_at",
    "delay_seconds",
    "verify",
)


def enqueue(given: Enqueue) -> Request:
    """Return the request that an enqueue means."""
    if given.correlation_id == ALL:
        raise wrong(f"correlation_id {ALL!r} means all workflows; expected the name of one.")
    common = {name: getattr(given, name) for name in _PER_TASK}
    if given.tasks is None:
        specs = [common]
    else:
        _require_none_of_one(given)
        specs = [_one_of_many(position, task, common) for position, task in enumerate(given.tasks)]
    require_batch(specs)
    jobs = [
        _new_job(spec, f"tasks[{index}]." if given.tasks else "")
        for index, spec in enumerate(specs)
    ]
    return convert({"jobs": jobs, "correlation_id": given.correlation_id}, EnqueueJobs)


def _require_none_of_one(given: Enqueue) -> None:
    for name in ("idempotency_key", "graph_key"):
        if getattr(given, name) is not None:
            raise wrong(f"{name} names one task; with tasks, put it into each of them.")


def require_batch(tasks: Sequence[object]) -> None:
    """Raise unless a call may record so many tasks."""
    if not 1 <= len(tasks) <= BATCH_JOBS_MAX:
        raise wrong(f"tasks holds {len(tasks)} tasks; expected 1 to {BATCH_JOBS_MAX}.")


def _one_of_many(position: int, task: dict[str, Any], common: dict[str, Any]) -> dict[str, Any]:
    unknown = sorted(set(task) - set(_PER_TASK))
    if unknown:
        raise wrong(
            f"tasks[{position}]: unknown argument {', '.join(unknown)}; expected are "
            f"{', '.join(_PER_TASK)}."
        )
    given = whole_numbers(without_nothing(task))
    keyed = {**common, **given}
    pointless = {name for name, key in _OF_KEYS.items() if keyed[key] is None and name not in given}
    pointless |= {name for name, other in _INSTEAD.items() if other in given and name not in given}
    return keyed | dict.fromkeys(pointless)


def without_nothing(task: dict[str, Any]) -> dict[str, Any]:
    """Leave out what an entry says nothing in, so that the call's own value applies."""
    return {name: value for name, value in task.items() if value is not None and value != ""}


def _new_job(spec: dict[str, Any], where: str) -> NewJob:
    if spec["task_type"] is None:
        raise wrong(f"{where}task_type is missing; expected {_A_TYPE}.")
    if isinstance(spec["task_type"], str):
        require_text(f"{where}task_type", spec["task_type"], _A_TYPE)
    fields = {name: value for name, value in spec.items() if value is not None}
    fields["payload"] = payload_of(fields.pop("payload", msgspec.UNSET), where)
    return convert(fields, NewJob, where, renamed=_TYPE)


def payload_of(given: Any, where: str) -> Any:
    """Accept an object, or a string that holds one as JSON: agents send both."""
    value = given
    if given is msgspec.UNSET or given is None or given == "":
        return {}
    if isinstance(given, str):
        try:
            value = msgspec.json.decode(given)
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            raise wrong(
                f"{where}payload is a string that is not JSON; expected an object, or an object "
                "encoded as a JSON string."
            ) from None
    if not isinstance(value, dict):
        raise wrong(
            f"{where}payload is {kind_of(value)}; expected an object such as "
            '{"path": "src/a.py"}.'
        )
    return value
