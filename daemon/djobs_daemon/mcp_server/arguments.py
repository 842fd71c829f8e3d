"""The arguments of each tool, and what is said when they are wrong.

A tool is a name, a description and a mapping onto a request: this file is the mapping. Errors name
the argument, what came and what is expected; they are tool errors, not protocol errors (SEP-1303).
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final, TypeVar

import msgspec

from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.limits import BATCH_JOBS_MAX
from djobs_protocol.requests import (
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
from djobs_protocol.states import OPEN_STATES, EventKind, JobState
from djobs_protocol.values import Moment, NewJob

S = TypeVar("S")
E = TypeVar("E", bound=StrEnum)

OPEN_FILTER: Final = "unfinished"
"""A status filter for all open states together."""


class _Strict(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """An argument object that refuses names it does not know."""


class _Enqueue(_Strict):
    task_type: str | None = None
    payload: Any = msgspec.UNSET
    max_attempts: int | None = None
    correlation_id: str | None = None
    idempotency_key: str | None = None
    depends_on: list[str] | None = None
    resource_key: str | None = None
    priority: int | None = None
    tasks: list[dict[str, Any]] | None = None


class _Complete(_Strict):
    task_id: str
    evidence: str | None = None


class _Fail(_Strict):
    task_id: str
    error: str


class _Resume(_Strict):
    correlation_id: str | None = None
    limit: int | None = None
    cursor: str | None = None


class _Check(_Strict):
    task_id: str


class _List(_Strict):
    correlation_id: str | None = None
    status_filter: str | None = None
    limit: int | None = None
    cursor: str | None = None


class _Audit(_Strict):
    since: Moment | None = None
    until: Moment | None = None
    correlation_id: str | None = None
    event_type: str | None = None
    summary: bool | None = None
    limit: int | None = None
    cursor: str | None = None


class _Nothing(_Strict):
    pass


_PER_TASK: Final = (
    "task_type",
    "payload",
    "max_attempts",
    "idempotency_key",
    "depends_on",
    "resource_key",
    "priority",
)


def _enqueue(given: _Enqueue) -> Request:
    common = {name: getattr(given, name) for name in _PER_TASK}
    if given.tasks is None:
        specs = [common]
    elif given.idempotency_key is not None:
        raise _wrong("idempotency_key names one task; with tasks, put it into each of them.")
    else:
        specs = [_one_of_many(position, task, common) for position, task in enumerate(given.tasks)]
    if not 1 <= len(specs) <= BATCH_JOBS_MAX:
        raise _wrong(f"tasks holds {len(specs)} tasks; expected 1 to {BATCH_JOBS_MAX}.")
    jobs = [
        _new_job(spec, f"tasks[{index}]." if given.tasks else "")
        for index, spec in enumerate(specs)
    ]
    return _convert({"jobs": jobs, "correlation_id": given.correlation_id}, EnqueueJobs)


def _one_of_many(position: int, task: dict[str, Any], common: dict[str, Any]) -> dict[str, Any]:
    unknown = sorted(set(task) - set(_PER_TASK))
    if unknown:
        raise _wrong(
            f"tasks[{position}]: unknown argument {', '.join(unknown)}; expected are "
            f"{', '.join(_PER_TASK)}."
        )
    return {**common, **task}


def _new_job(spec: dict[str, Any], where: str) -> NewJob:
    if spec["task_type"] is None:
        raise _wrong(f"{where}task_type is missing; expected a short string such as 'docstring'.")
    fields = {name: value for name, value in spec.items() if value is not None}
    fields["payload"] = _payload(fields.pop("payload", msgspec.UNSET), where)
    return _convert(fields, NewJob, where, renamed=_TYPE)


def _payload(given: Any, where: str) -> Any:
    """Accept an object, or a string that holds one as JSON: agents send both."""
    value = given
    if given is msgspec.UNSET or given is None or given == "":
        return {}
    if isinstance(given, str):
        try:
            value = msgspec.json.decode(given)
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            raise _wrong(
                f"{where}payload is a string that is not JSON; expected an object, or an object "
                "encoded as a JSON string."
            ) from None
    if not isinstance(value, dict):
        raise _wrong(
            f'{where}payload is {_kind(value)}; expected an object such as {{"path": "src/a.py"}}.'
        )
    return value


def _kind(value: Any) -> str:
    names = {
        list: "an array",
        str: "a string",
        bool: "a boolean",
        int: "a number",
        float: "a number",
    }
    return names.get(type(value), "null")


def _complete(given: _Complete) -> Request:
    return _convert(msgspec.structs.asdict(given), CompleteJob, renamed=_JOB_ID)


def _fail(given: _Fail) -> Request:
    return _convert(msgspec.structs.asdict(given), FailJob, renamed=_JOB_ID)


def _resume(given: _Resume) -> Request:
    return _convert(msgspec.structs.asdict(given), ResumeSession)


def _check(given: _Check) -> Request:
    return _convert({"task_id": given.task_id}, GetJob, renamed=_JOB_ID)


def _list(given: _List, workspace: str) -> Request:
    return _convert(
        {
            "correlation_id": given.correlation_id or workspace or None,
            "states": _states(given.status_filter),
            "limit": given.limit,
            "cursor": given.cursor,
        },
        ListJobs,
    )


def _states(status_filter: str | None) -> list[JobState]:
    if status_filter == OPEN_FILTER:
        return [state for state in JobState if state in OPEN_STATES]
    return _members(JobState, "status_filter", status_filter, f"{OPEN_FILTER} or ")


def _members(kind: type[E], name: str, given: str | None, besides: str = "") -> list[E]:
    """Return the enum members that a comma-separated argument names; none for None."""
    if given is None:
        return []
    try:
        return [kind(word.strip()) for word in given.split(",")]
    except ValueError:
        raise _wrong(
            f"{name} {given!r} is unknown; expected {besides}one or more of "
            f"{', '.join(kind.__members__.values())}, separated by commas."
        ) from None


def _audit(given: _Audit) -> Request:
    return _convert(
        {
            "since": given.since,
            "until": given.until,
            "correlation_id": given.correlation_id,
            "kinds": _members(EventKind, "event_type", given.event_type),
            "summary": True if given.summary is None else given.summary,
            "limit": given.limit,
            "cursor": given.cursor,
        },
        QueryAudit,
    )


def _health(_given: _Nothing) -> Request:
    return GetHealth()


_JSON_WORDS: Final = (
    (" | null", ""),
    ("`str`", "a string"),
    ("`int`", "an integer"),
    ("`float`", "a number"),
    ("`bool`", "a boolean"),
    ("`array`", "an array"),
    ("`object`", "an object"),
)
_TIME_EXPECTED: Final = "expected a time with its zone, such as 2026-11-22T14:03:00Z"
_JOB_ID: Final = {"task_id": "job_id"}
_TYPE: Final = {"task_type": "type"}

_PLAIN: Final[dict[str, tuple[type[_Strict], Callable[[Any], Request]]]] = {
    "enqueue_task": (_Enqueue, _enqueue),
    "complete_task": (_Complete, _complete),
    "fail_task": (_Fail, _fail),
    "resume_session": (_Resume, _resume),
    "check_task": (_Check, _check),
    "audit_log": (_Audit, _audit),
    "health": (_Nothing, _health),
}


def to_request(tool: str, arguments: dict[str, Any], workspace: str) -> Request:
    """Return the request a tool call means.

    Raises ``DjobsError(INVALID_PARAMS)`` that says what is wrong and what is expected; nothing is
    coerced and no unknown name is passed over.
    """
    if tool == "list_tasks":
        return _list(_convert(arguments, _List), workspace)
    shape, build = _PLAIN[tool]
    return build(_convert(arguments, shape))


def _convert(
    fields: dict[str, Any],
    shape: type[S],
    where: str = "",
    renamed: dict[str, str] | None = None,
) -> S:
    """Validate ``fields`` as ``shape``; drop those that are None so that defaults apply."""
    names = renamed or {}
    kept = {names.get(key, key): value for key, value in fields.items() if value is not None}
    try:
        return msgspec.convert(kept, shape)
    except msgspec.ValidationError as error:
        raise _wrong(where + _explain(str(error), names, shape)) from None


def _explain(complaint: str, renamed: dict[str, str], shape: type) -> str:
    """Turn ``Expected `int`, got `str` - at `$.priority``` into ``priority: expected …``."""
    text, _, path = complaint.partition(" - at `$")
    name = path.rstrip("`").lstrip(".")
    for public, internal in renamed.items():
        name = public if name == internal else name
        text = text.replace(f"`{internal}`", f"`{public}`")
    text = text.replace("Object missing required field", "missing argument")
    if "unknown field" in text:
        text = text.replace("Object contains unknown field", "unknown argument") + _known(shape)
    text = text.replace("Invalid RFC3339 encoded datetime", _TIME_EXPECTED)
    text = text.replace("Expected `datetime` with a timezone component", _TIME_EXPECTED)
    for ours, theirs in _JSON_WORDS:
        text = text.replace(ours, theirs)
    text = text[:1].lower() + text[1:].replace("`", "")
    return f"{name}: {text}." if name else f"{text}."


def _known(shape: type) -> str:
    names = [field.name for field in msgspec.structs.fields(shape)]
    return f"; expected are {', '.join(names)}" if names else "; there are no arguments"


def _wrong(text: str) -> DjobsError:
    return DjobsError(ErrorCode.INVALID_PARAMS, text)
