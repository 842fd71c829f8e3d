"""What each tool's arguments mean: a tool is a name, a description and this mapping."""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from djobs_daemon.mcp_server.converting import Strict, convert, members, read, require_text, wrong
from djobs_daemon.mcp_server.enqueue_arguments import ALL, Enqueue, enqueue, payload_of
from djobs_protocol.requests import (
    AcceptBefore,
    AgentHeartbeat,
    AmendJob,
    ArchiveWorkflow,
    BackUpDatabase,
    CancelJob,
    ClaimJob,
    ClearLimit,
    CompleteJob,
    DeliverNotice,
    ExplainJob,
    FailJob,
    FindStale,
    GetHealth,
    GetJob,
    HeartbeatJob,
    ListAgents,
    ListJobs,
    ListLimits,
    ListTypes,
    PauseWork,
    PurgeJobs,
    QueryAudit,
    RegisterAgent,
    ReleaseJob,
    Request,
    ResumeSession,
    ResumeWork,
    RetryFailed,
    RetryJob,
    SetLimit,
    SetType,
    SkipJob,
    UnarchiveWorkflow,
    WaitForJobs,
)
from djobs_protocol.states import OPEN_STATES, EventKind, JobState
from djobs_protocol.values import Moment

OPEN_FILTER: Final = "unfinished"
"""A status filter for all open states together."""
ANY_FILTER: Final = "all"
EVENTS_DEFAULT: Final = 30
"""Of a page of ``audit_log``: an answer is read by a model, which pays for every line."""
WAIT_SECONDS_DEFAULT: Final = 30.0
"""Of ``wait_task``: within what every client grants a tool."""
_JOB_ID: Final = {"task_id": "job_id"}


class _Complete(Strict):
    task_id: str
    evidence: str | None = None


class _Fail(Strict):
    task_id: str
    error: str


class _Resume(Strict):
    correlation_id: str | None = None
    limit: int | None = None
    cursor: str | None = None
    known_hash: str | None = None


class _Check(Strict):
    task_id: str


class _List(Strict):
    correlation_id: str | None = None
    status_filter: str | None = None
    archived: bool | None = None
    limit: int | None = None
    cursor: str | None = None


class _Audit(Strict):
    since: Moment | None = None
    until: Moment | None = None
    correlation_id: str | None = None
    workspace: str | None = None
    agent: str | None = None
    task_type: str | None = None
    event_type: str | None = None
    summary: bool | None = None
    limit: int | None = None
    cursor: str | None = None


class _Nothing(Strict):
    pass


def _fail(given: _Fail) -> Request:
    require_text("error", given.error, "what went wrong, in a sentence")
    return convert(msgspec.structs.asdict(given), FailJob, renamed=_JOB_ID)


def _list(given: _List, workspace: str) -> Request:
    return convert(
        {
            "correlation_id": _group(given.correlation_id, workspace),
            "states": _states(given.status_filter),
            "archived": given.archived,
            "limit": given.limit,
            "cursor": given.cursor,
        },
        ListJobs,
    )


def _group(asked: str | None, workspace: str) -> str | None:
    """Return the workflow to look at: the workspace unless another is named, None for all."""
    return None if asked == ALL else asked or workspace or None


def _states(status_filter: str | None) -> list[JobState]:
    """Return the states a filter names: ``unfinished,failed`` names the open ones and another."""
    words = [word.strip() for word in (status_filter or ANY_FILTER).split(",")]
    if ANY_FILTER in words:
        return []
    named = [word for word in words if word != OPEN_FILTER]
    besides = f"{ANY_FILTER}, or {OPEN_FILTER} and "
    listed = members(JobState, "status_filter", ",".join(named) if named else None, besides)
    opened = OPEN_STATES if OPEN_FILTER in words else frozenset[JobState]()
    return [state for state in JobState if state in opened or state in listed]


def _audit(given: _Audit, workspace: str) -> Request:
    paged = given.limit is not None or given.cursor is not None
    if given.summary and paged:
        raise wrong("limit and cursor page through the events; with summary=true there are none.")
    # Who names a workspace means all of its workflows, unless one is named as well.
    group = given.correlation_id or (ALL if given.workspace else None)
    return convert(
        {
            "since": given.since,
            "until": given.until,
            "correlation_id": _group(group, workspace),
            "workspace": given.workspace,
            "agent": given.agent,
            "types": [given.task_type] if given.task_type else [],
            "kinds": members(EventKind, "event_type", given.event_type),
            "summary": not paged if given.summary is None else given.summary,
            "limit": EVENTS_DEFAULT if given.limit is None else given.limit,
            "cursor": given.cursor,
        },
        QueryAudit,
    )


class _Claim(Strict):
    task_id: str | None = None
    task_types: list[str] | None = None
    agent_id: str | None = None
    lease_seconds: float | None = None
    wait_seconds: float | None = None
    correlation_id: str | None = None


class _Heartbeat(Strict):
    task_id: str
    lease_seconds: float | None = None


class _WithReason(Strict):
    task_id: str
    reason: str | None = None


class _RetryFailed(Strict):
    correlation_id: str | None = None
    task_types: list[str] | None = None
    reason: str | None = None
    cursor: str | None = None


class _Archive(Strict):
    correlation_id: str | None = None
    status_filter: str | None = None
    undo: bool | None = None


class _Purge(Strict):
    older_than_days: float | None = None
    status_filter: str | None = None
    correlation_id: str | None = None
    archived_only: bool | None = None
    dry_run: bool | None = None
    cursor: str | None = None


class _Stale(Strict):
    correlation_id: str | None = None
    running_seconds: float | None = None
    ready_seconds: float | None = None


class _Deliver(Strict):
    kind: str
    key: str
    recipient: str
    window_seconds: float | None = None
    cooldown_seconds: float | None = None


class _LimitWork(Strict):
    scope: str
    subject: str | None = None
    everywhere: bool | None = None
    running: int | None = None
    starts: int | None = None
    window_seconds: float | None = None


class _SetType(Strict):
    task_type: str
    priority: int | None = None
    max_attempts: int | None = None
    lease_seconds: float | None = None
    retry: dict[str, Any] | None = None
    reset: bool | None = None


class _Amend(Strict):
    task_id: str
    payload: Any = None
    priority: int | None = None
    max_attempts: int | None = None
    run_at: str | None = None
    revision: int | None = None
    reason: str | None = None


class _AcceptBefore(Strict):
    task_id: str
    evidence: str | None = None
    cursor: str | None = None


class _Wait(Strict):
    task_ids: list[str]
    any: bool | None = None
    timeout_seconds: float | None = None


class _ResumeWork(Strict):
    scope: str | None = None
    subject: str | None = None


class _PauseWork(_ResumeWork):
    reason: str | None = None


class _Agent(Strict):
    agent_id: str
    capabilities: list[str] | None = None
    metadata: dict[str, Any] | None = None


class _AgentName(Strict):
    agent_id: str


class _Agents(Strict):
    status: str | None = None


def _claim(given: _Claim) -> Request:
    renamed = {**_JOB_ID, "task_types": "types"}
    return convert(msgspec.structs.asdict(given), ClaimJob, renamed=renamed)


def _retry_failed(given: _RetryFailed, workspace: str) -> Request:
    fields = msgspec.structs.asdict(given)
    fields["correlation_id"] = _group(given.correlation_id, workspace)
    return convert(fields, RetryFailed, renamed={"task_types": "types"})


def _archive(given: _Archive) -> Request:
    fields: dict[str, Any] = {"correlation_id": given.correlation_id}
    if given.undo:
        return convert(fields, UnarchiveWorkflow)
    return convert({**fields, "states": _states(given.status_filter)}, ArchiveWorkflow)


def _purge(given: _Purge, workspace: str) -> Request:
    days = given.older_than_days
    return convert(
        {
            "older_than_seconds": None if days is None else days * 86_400,
            "states": _states(given.status_filter),
            "correlation_id": _group(given.correlation_id, workspace),
            "archived_only": given.archived_only,
            "dry_run": given.dry_run,
            "cursor": given.cursor,
        },
        PurgeJobs,
        renamed={"older_than_days": "older_than_seconds"},
    )


def _stale(given: _Stale, workspace: str) -> Request:
    fields = msgspec.structs.asdict(given)
    fields["correlation_id"] = _group(given.correlation_id, workspace)
    return convert(fields, FindStale)


def _limit_work(given: _LimitWork) -> Request:
    fields = msgspec.structs.asdict(given)
    numbers = (given.running, given.starts, given.window_seconds)
    if numbers != (None, None, None):
        return convert(fields, SetLimit)
    what = {name: fields[name] for name in ("scope", "subject", "everywhere")}
    return convert(what, ClearLimit)


def _set_type(given: _SetType) -> Request:
    fields = msgspec.structs.asdict(given)
    return convert(fields, SetType, renamed={"task_type": "type"})


def _amend(given: _Amend) -> Request:
    fields = msgspec.structs.asdict(given)
    if given.payload is not None:
        fields["payload"] = payload_of(given.payload, "")
    return convert(fields, AmendJob, renamed=_JOB_ID)


def _wait(given: _Wait) -> Request:
    fields = msgspec.structs.asdict(given)
    if given.timeout_seconds is None:
        fields["timeout_seconds"] = WAIT_SECONDS_DEFAULT
    renamed = {"task_ids": "job_ids", "timeout_seconds": "wait_seconds"}
    return convert(fields, WaitForJobs, renamed=renamed)


def _as(request: type[Request]) -> Callable[[Strict], Request]:
    """Return the mapping of a tool whose arguments are those of the request."""

    def build(given: Strict) -> Request:
        return convert(msgspec.structs.asdict(given), request, renamed=_JOB_ID)

    return build


_ALONE: Final[dict[str, tuple[type[Strict], Callable[[Any], Request]]]] = {
    "enqueue_task": (Enqueue, enqueue),
    "complete_task": (_Complete, _as(CompleteJob)),
    "fail_task": (_Fail, _fail),
    "resume_session": (_Resume, _as(ResumeSession)),
    "check_task": (_Check, _as(GetJob)),
    "health": (_Nothing, _as(GetHealth)),
    "claim_task": (_Claim, _claim),
    "heartbeat_task": (_Heartbeat, _as(HeartbeatJob)),
    "release_task": (_WithReason, _as(ReleaseJob)),
    "why_task": (_Check, _as(ExplainJob)),
    "retry_task": (_WithReason, _as(RetryJob)),
    "cancel_task": (_WithReason, _as(CancelJob)),
    "skip_task": (_WithReason, _as(SkipJob)),
    "amend_task": (_Amend, _amend),
    "accept_before": (_AcceptBefore, _as(AcceptBefore)),
    "wait_task": (_Wait, _wait),
    "pause_work": (_PauseWork, _as(PauseWork)),
    "resume_work": (_ResumeWork, _as(ResumeWork)),
    "archive_workflow": (_Archive, _archive),
    "deliver_notice": (_Deliver, _as(DeliverNotice)),
    "limit_work": (_LimitWork, _limit_work),
    "list_limits": (_Nothing, _as(ListLimits)),
    "set_type_defaults": (_SetType, _set_type),
    "list_type_defaults": (_Nothing, _as(ListTypes)),
    "register_agent": (_Agent, _as(RegisterAgent)),
    "agent_heartbeat": (_AgentName, _as(AgentHeartbeat)),
    "back_up": (_Nothing, _as(BackUpDatabase)),
    "list_agents": (_Agents, _as(ListAgents)),
}
_IN_WORKSPACE: Final[dict[str, tuple[type[Strict], Callable[[Any, str], Request]]]] = {
    "list_tasks": (_List, _list),
    "audit_log": (_Audit, _audit),
    "retry_failed": (_RetryFailed, _retry_failed),
    "purge_tasks": (_Purge, _purge),
    "stale_tasks": (_Stale, _stale),
}


def to_request(tool: str, arguments: dict[str, Any], workspace: str) -> Request:
    """Return the request a tool call means.

    Raises ``DjobsError(INVALID_PARAMS)`` that says what is wrong and what is expected; no unknown
    name is passed over.
    """
    if tool in _IN_WORKSPACE:
        shape, build = _IN_WORKSPACE[tool]
        return build(read(arguments, shape), workspace)
    plain, build_alone = _ALONE[tool]
    return build_alone(read(arguments, plain))
