"""Audit: what happened."""

import time

import msgspec

from djobs_daemon.app import App
from djobs_daemon.queue.audit import largest, span
from djobs_daemon.queue.present import moment, present_event
from djobs_daemon.store.interface import View
from djobs_daemon.store.records import EventFilter
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.reading_replies import AuditReport
from djobs_protocol.reading_requests import QueryAudit
from djobs_protocol.states import EventKind

RECENT_FAILURES = 5
FAILURES = (EventKind.FAILED, EventKind.DEAD_LETTERED)


async def query(app: App, request: QueryAudit) -> AuditReport:
    """Return counts, or a page of events, of a span of time.

    Counting goes through the whole span, so it is done once: not for the pages after the first.
    """
    which = span(request, now=time.time_ns() // 1_000_000)

    def work(view: View) -> AuditReport:
        _require_given(view, which.job_id)
        report = AuditReport(since=moment(which.since), until=moment(which.until))
        if request.summary:
            return _with_failures(view, _with_counts(view, report, which), which)
        if request.cursor is None:
            report = _with_counts(view, report, which)
        return _with_page(view, report, which, request)

    return await app.store.scan(work)


def _require_given(view: View, job_id: str | None) -> None:
    """Raise unless the id was given to a job; the history outlives the job itself."""
    if job_id is not None and view.job(job_id) is None and not view.was_removed(job_id):
        raise DjobsError(ErrorCode.JOB_NOT_FOUND, f"No task has the id {job_id!r}.", job_id=job_id)


def _with_counts(view: View, report: AuditReport, which: EventFilter) -> AuditReport:
    counts = view.count_events(which)
    return msgspec.structs.replace(
        report,
        total=counts.total,
        by_kind=dict(counts.by_kind),
        by_type=largest(counts.by_type),
        by_workspace=largest(counts.by_workspace),
        by_agent=largest(counts.by_agent),
        by_session=largest(counts.by_session),
    )


def _with_failures(view: View, report: AuditReport, which: EventFilter) -> AuditReport:
    kinds = tuple(kind for kind in FAILURES if not which.kinds or kind in which.kinds)
    if not kinds:
        return report
    failures = msgspec.structs.replace(which, kinds=kinds)
    rows, _ = view.list_events(failures, RECENT_FAILURES, None)
    return msgspec.structs.replace(report, recent_failures=[present_event(row) for row in rows])


def _with_page(
    view: View, report: AuditReport, which: EventFilter, request: QueryAudit
) -> AuditReport:
    rows, cursor = view.list_events(which, request.limit, request.cursor)
    events = [present_event(row) for row in rows]
    return msgspec.structs.replace(report, events=events, next_cursor=cursor)
