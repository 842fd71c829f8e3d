"""Following the history: which of it, and what is said of a place in it."""

from djobs_daemon.queue.correlation import normalise
from djobs_daemon.queue.present import present_event
from djobs_daemon.store.records import FeedFilter, FeedPage
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.reading_replies import EventPage
from djobs_protocol.reading_requests import EventSelection


def selection(request: EventSelection) -> FeedFilter:
    """Return the filter that a request describes."""
    if request.after is not None and request.since is not None:
        raise DjobsError(ErrorCode.INVALID_PARAMS, "after and since exclude each other.")
    workflow = request.correlation_id
    return FeedFilter(
        job_ids=tuple(request.job_ids),
        correlation_ids=() if workflow is None else (normalise(workflow),),
        kinds=tuple(request.kinds),
        types=tuple(request.types),
        agent=request.agent,
    )


def require_reached(after: int, found: FeedPage) -> None:
    """Refuse an offset that the history has not come to: waiting would pass over what comes.

    Such a one is of another database, or of this one before an older copy was restored.
    """
    if after > found.newest:
        raise DjobsError(
            ErrorCode.CONFLICT,
            f"The history ends at {found.newest}, before offset {after}: that is of another "
            "database, or of a later state of this one.",
            hint="Begin again without an offset, or from 0.",
            newest=found.newest,
        )


def page(after: int, found: FeedPage) -> EventPage:
    """Return the public form of a page that was asked for after an offset."""
    return EventPage(
        events=[present_event(row) for row in found.events],
        offset=found.offset,
        more=found.offset < found.newest,
        lagged=found.first - 1 if after < found.first - 1 else None,
    )
