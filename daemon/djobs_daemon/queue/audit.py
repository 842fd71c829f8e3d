"""Which part of the history an audit asks for."""

from djobs_daemon.queue.correlation import normalise
from djobs_daemon.queue.present import milliseconds
from djobs_daemon.store.interface import EventFilter
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.requests import QueryAudit

SPAN_DEFAULT_MS = 24 * 60 * 60 * 1000


def span(request: QueryAudit, now: int) -> EventFilter:
    """Return the filter for a request: the last 24 hours unless it says otherwise."""
    until = now + 1 if request.until is None else milliseconds(request.until)
    since = until - SPAN_DEFAULT_MS if request.since is None else milliseconds(request.since)
    if since > until:
        raise DjobsError(ErrorCode.INVALID_PARAMS, "since is later than until.")
    return EventFilter(
        since=since,
        until=until,
        correlation_id=normalise(request.correlation_id) if request.correlation_id else None,
        kinds=tuple(request.kinds),
    )
