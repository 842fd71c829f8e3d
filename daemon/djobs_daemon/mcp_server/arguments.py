"""What each tool's arguments mean: a tool is a name, a description and this mapping."""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from djobs_daemon.mcp_server import (
    handing_arguments,
    keeping_arguments,
    pausing_arguments,
    schedule_arguments,
)
from djobs_daemon.mcp_server.converting import Strict, convert, members, read, require_text, wrong
from djobs_daemon.mcp_server.enqueue_arguments import ALL, Enqueue, enqueue, payload_of
from djobs_daemon.mcp_server.meanings import (
    JOB_ID,
    Nothing,
    as_request,
    group,
    states,
)
from djobs_protocol.daemon_requests import BackUpDatabase, GetHealth
from djobs_protocol.job_requests import (
    AcceptBefore,
    AmendJob,
    CancelJob,
    ClaimJob,
    CompleteJob,
    FailJob,
    HeartbeatJob,
    ReleaseJob,
    RetryFailed,
    RetryJob,
    SkipJob,
    WaitForJobs,
)
from djobs_protocol.queue_requests import (
    AgentHeartbeat,
    ListAgents,
    RegisterAgent,
)
from djobs_protocol.reading_requests import ExplainJob, GetJob, ListJobs, QueryAudit, ResumeSession
from djobs_protocol.requests import Request
from djobs_protocol.states import EventKind
from djobs_protocol.values import Moment

EVENTS_DEFAULT: Final = 30
"""Of a page of ``audit_log``: an answer is read by a model, which pays for every line."""
WAIT_SECONDS_DEFAULT: Final = 30.0
"""Of ``wait_task``: within what every client grants a tool."""


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


def _fail(given: _Fail) -> Request:
    require_text("error", given.error, "what went wrong, in a sentence")
    return convert(msgspec.structs.asdict(given), FailJob, renamed=JOB_ID)


def _list(given: _List, workspace: str) -> Request:
    return convert(
        {
            "correlation_id": group(given.correlation_id, workspace),
            "states": states(given.status_filter),
            "archived": given.archived,
            "limit": given.limit,
            "cursor": given.cursor,
        },
        ListJobs,
    )


def _audit(given: _Audit, workspace: str) -> Request:
    paged = given.limit is not None or given.cursor is not None
    if given.summary and paged:
        raise wrong("limit and cursor page through the events; with summary=true there are none.")
    # Who names a workspace means all of its workflows, unless one is named as well.
    chosen = given.correlation_id or (ALL if given.workspace else None)
    return convert(
        {
            "since": given.since,
            "until": given.until,
            "correlation_id": group(chosen, workspace),
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


class _Agent(Strict):
    agent_id: str
    capabilities: list[str] | None = None
    metadata: dict[str, Any] | None = None


class _AgentName(Strict):
    agent_id: str


class _Agents(Strict):
    status: str | None = None


def _claim(given: _Claim) -> Request:
    renamed = {**JOB_ID, "task_types": "types"}
    return convert(msgspec.structs.asdict(given), ClaimJob, renamed=renamed)


def _retry_failed(given: _RetryFailed, workspace: str) -> Request:
    fields = msgspec.structs.asdict(given)
    fields["correlation_id"] = group(given.correlation_id, workspace)
    return convert(fields, RetryFailed, renamed={"task_types": "types"})


def _amend(given: _Amend) -> Request:
    fields = msgspec.structs.asdict(given)
    if given.payload is not None:
        fields["payload"] = payload_of(given.payload, "")
    return convert(fields, AmendJob, renamed=JOB_ID)


def _wait(given: _Wait) -> Request:
    fields = msgspec.structs.asdict(given)
    if given.timeout_seconds is None:
        fields["timeout_seconds"] = WAIT_SECONDS_DEFAULT
    renamed = {"task_ids": "job_ids", "timeout_seconds": "wait_seconds"}
    return convert(fields, WaitForJobs, renamed=renamed)


_ALONE: Final[dict[str, tuple[type[Strict], Callable[[Any], Request]]]] = {
    "enqueue_task": (Enqueue, enqueue),
    "complete_task": (_Complete, as_request(CompleteJob)),
    "fail_task": (_Fail, _fail),
    "resume_session": (_Resume, as_request(ResumeSession)),
    "check_task": (_Check, as_request(GetJob)),
    "health": (Nothing, as_request(GetHealth)),
    "claim_task": (_Claim, _claim),
    "heartbeat_task": (_Heartbeat, as_request(HeartbeatJob)),
    "release_task": (_WithReason, as_request(ReleaseJob)),
    "why_task": (_Check, as_request(ExplainJob)),
    "retry_task": (_WithReason, as_request(RetryJob)),
    "cancel_task": (_WithReason, as_request(CancelJob)),
    "skip_task": (_WithReason, as_request(SkipJob)),
    "amend_task": (_Amend, _amend),
    "accept_before": (_AcceptBefore, as_request(AcceptBefore)),
    "wait_task": (_Wait, _wait),
    "register_agent": (_Agent, as_request(RegisterAgent)),
    "agent_heartbeat": (_AgentName, as_request(AgentHeartbeat)),
    "back_up": (Nothing, as_request(BackUpDatabase)),
    "list_agents": (_Agents, as_request(ListAgents)),
    **handing_arguments.ALONE,
    **keeping_arguments.ALONE,
    **pausing_arguments.ALONE,
    **schedule_arguments.ALONE,
}
_IN_WORKSPACE: Final[dict[str, tuple[type[Strict], Callable[[Any, str], Request]]]] = {
    "list_tasks": (_List, _list),
    "audit_log": (_Audit, _audit),
    "retry_failed": (_RetryFailed, _retry_failed),
    **keeping_arguments.IN_WORKSPACE,
    **schedule_arguments.IN_WORKSPACE,
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
