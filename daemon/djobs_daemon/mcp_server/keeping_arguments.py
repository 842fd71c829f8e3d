"""The arguments of the tools about policies: limits, defaults, archive, purge, watchdogs."""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from djobs_daemon.mcp_server.converting import Strict, convert
from djobs_daemon.mcp_server.meanings import Nothing, as_request, group, states
from djobs_protocol.queue_requests import (
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

NOTICES_SHOWN: Final = 20


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


class _ListNotices(Strict):
    cursor: str | None = None


class _SetType(Strict):
    task_type: str
    priority: int | None = None
    max_attempts: int | None = None
    lease_seconds: float | None = None
    retry: dict[str, Any] | None = None
    reset: bool | None = None


class _LimitWork(Strict):
    scope: str
    subject: str | None = None
    everywhere: bool | None = None
    running: int | None = None
    starts: int | None = None
    window_seconds: float | None = None


def _limit_work(given: _LimitWork) -> Request:
    fields = msgspec.structs.asdict(given)
    numbers = (given.running, given.starts, given.window_seconds)
    if numbers != (None, None, None):
        return convert(fields, SetLimit)
    what = {name: fields[name] for name in ("scope", "subject", "everywhere")}
    return convert(what, ClearLimit)


def _archive(given: _Archive) -> Request:
    fields: dict[str, Any] = {"correlation_id": given.correlation_id}
    if given.undo:
        return convert(fields, UnarchiveWorkflow)
    return convert({**fields, "states": states(given.status_filter)}, ArchiveWorkflow)


def _purge(given: _Purge, workspace: str) -> Request:
    days = given.older_than_days
    return convert(
        {
            "older_than_seconds": None if days is None else days * 86_400,
            "states": states(given.status_filter),
            "correlation_id": group(given.correlation_id, workspace),
            "archived_only": given.archived_only,
            "dry_run": given.dry_run,
            "cursor": given.cursor,
        },
        PurgeJobs,
        renamed={"older_than_days": "older_than_seconds"},
    )


def _stale(given: _Stale, workspace: str) -> Request:
    fields = msgspec.structs.asdict(given)
    fields["correlation_id"] = group(given.correlation_id, workspace)
    return convert(fields, FindStale)


def _list_notices(given: _ListNotices) -> Request:
    return convert({"cursor": given.cursor, "limit": NOTICES_SHOWN}, ListNotices)


def _set_type(given: _SetType) -> Request:
    fields = msgspec.structs.asdict(given)
    return convert(fields, SetType, renamed={"task_type": "type"})


ALONE: Final[dict[str, tuple[type[Strict], Callable[[Any], Request]]]] = {
    "limit_work": (_LimitWork, _limit_work),
    "list_limits": (Nothing, as_request(ListLimits)),
    "archive_workflow": (_Archive, _archive),
    "deliver_notice": (_Deliver, as_request(DeliverNotice)),
    "list_notices": (_ListNotices, _list_notices),
    "set_type_defaults": (_SetType, _set_type),
    "list_type_defaults": (Nothing, as_request(ListTypes)),
}
IN_WORKSPACE: Final[dict[str, tuple[type[Strict], Callable[[Any, str], Request]]]] = {
    "purge_tasks": (_Purge, _purge),
    "stale_tasks": (_Stale, _stale),
}
