"""Which part of the history an audit asks for, and how much of the counts it is told."""

from collections import Counter
from collections.abc import Mapping

from djobs_daemon.queue.correlation import normalise_if_given
from djobs_daemon.queue.present import milliseconds, moment
from djobs_daemon.store.records import EventFilter
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.reading_requests import QueryAudit

SPAN_DEFAULT_MS = 24 * 60 * 60 * 1000

GROUPS_MAX = 20
"""Types, workspaces, agents and sessions that are counted by name: the busiest."""
OTHERS = "(others)"


def span(request: QueryAudit, now: int) -> EventFilter:
    """Return the filter for a request: the last 24 hours unless it says otherwise."""
    try:
        until = now + 1 if request.until is None else milliseconds(request.until)
        since = until - SPAN_DEFAULT_MS if request.since is None else milliseconds(request.since)
        possible = moment(since) <= moment(until)
    except (ValueError, OverflowError):
        raise DjobsError(
            ErrorCode.INVALID_PARAMS, "since and until must lie in the years 1 to 9999."
        ) from None
    if not possible:
        raise DjobsError(ErrorCode.INVALID_PARAMS, "since is later than until.")
    return EventFilter(
        since=since,
        until=until,
        correlation_id=normalise_if_given(request.correlation_id),
        kinds=tuple(request.kinds),
        types=tuple(request.types),
        workspace=normalise_if_given(request.workspace),
        agent=request.agent,
        session=request.session,
        job_id=request.job_id,
    )


def largest(counts: Mapping[str, int]) -> dict[str, int]:
    """Return the largest counts, largest first, and the sum of the others as ``OTHERS``."""
    ordered = Counter(counts).most_common()
    shown = dict(ordered[:GROUPS_MAX])
    others = sum(count for _, count in ordered[GROUPS_MAX:])
    return shown | {OTHERS: others} if others else shown
