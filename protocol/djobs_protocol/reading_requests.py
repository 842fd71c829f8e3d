"""What is asked to look: jobs, reasons, history."""

from typing import Annotated

import msgspec

from djobs_protocol.limits import (
    EVENTS_PAGE_MAX,
    FOLLOWED_JOBS_MAX,
    LOG_PAGE_BYTES_MAX,
    WAIT_SECONDS_MAX,
)
from djobs_protocol.states import EventKind, JobState
from djobs_protocol.values import (
    CorrelationId,
    Cursor,
    JobId,
    Label,
    Moment,
    Name,
    Offset,
    PageSize,
)


class GetJob(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Show one job with the newest part of its history."""

    job_id: JobId
    events_limit: PageSize = 20


class ExplainJob(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Say why a job is not running, and when that changes."""

    job_id: JobId


class ListJobs(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Show jobs, newest first."""

    correlation_id: CorrelationId | None = None
    """All workflows when absent."""
    states: list[JobState] = []
    """All states when empty."""
    archived: bool = False
    """Those that are archived, instead."""
    limit: PageSize = 50
    cursor: Cursor | None = None


class ResumeSession(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Find what is unfinished, oldest and most urgent first."""

    correlation_id: CorrelationId | None = None
    """Defaults to the session's workspace."""
    limit: PageSize = 20
    cursor: Cursor | None = None
    known_hash: Label | None = None
    """Of the page as it was last time: if it still is, the reply only says so."""


class GetStats(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Count jobs by state, and what models and agents were paid."""

    since: Moment | None = None
    """Of what was paid: from then on; else since the beginning."""
    workspace: CorrelationId | None = None
    """Of what was paid: for jobs of that folder alone."""
    correlation_id: CorrelationId | None = None
    """Of the counts: in that workflow alone."""


class ReadLog(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Read what the work of an executor printed, from an offset on, while it runs or afterwards."""

    job_id: JobId
    after: int = 0
    """The offset to begin at: the last answer's ``next_offset``; negative: so far from the end."""
    limit_bytes: Annotated[int, msgspec.Meta(ge=1, le=LOG_PAGE_BYTES_MAX)] = LOG_PAGE_BYTES_MAX
    generation: int | None = None
    """Of an earlier attempt, or the one to come; else the last one's."""
    wait_seconds: Annotated[float, msgspec.Meta(ge=0, le=WAIT_SECONDS_MAX)] = 0
    """For more, if there is none and it runs yet."""


class QueryAudit(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Read the history: counts when ``summary``, else events, newest first."""

    since: Moment | None = None
    """Defaults to 24 hours ago."""
    until: Moment | None = None
    correlation_id: CorrelationId | None = None
    workspace: CorrelationId | None = None
    """The folder that the jobs belong to, whatever their workflow."""
    agent: Label | None = None
    """The name under which it was done; not every session has one."""
    session: Label | None = None
    job_id: JobId | None = None
    types: list[Name] = []
    kinds: list[EventKind] = []
    summary: bool = False
    limit: PageSize = 100
    cursor: Cursor | None = None


class EventSelection(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Which events, and from where on: what reading and subscribing have in common."""

    after: Offset | None = None
    """What is known already: the offset of the last reply, or the ``seq`` of the last event."""
    since: Moment | None = None
    """Instead: from the first event at this time or later. With neither: only what is to come."""
    job_ids: Annotated[list[JobId], msgspec.Meta(max_length=FOLLOWED_JOBS_MAX)] = []
    correlation_id: CorrelationId | None = None
    """With ``job_ids``: of these jobs, or of this workflow. With neither: of all."""
    kinds: list[EventKind] = []
    types: Annotated[list[Name], msgspec.Meta(max_length=100)] = []
    agent: Name | None = None


class ReadEvents(EventSelection, kw_only=True, frozen=True, omit_defaults=True):
    """Read the history forwards from an offset; wait for more when that is its end."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=EVENTS_PAGE_MAX)] = EVENTS_PAGE_MAX
    wait_seconds: Annotated[float, msgspec.Meta(ge=0, le=WAIT_SECONDS_MAX)] = 0
    """For an event that matches, if there is none."""


class SubscribeEvents(EventSelection, kw_only=True, frozen=True, omit_defaults=True):
    """Have this connection told of events as they are committed, from an offset on.

    They come as notifications, ``events`` with ``EventNotice``. Nothing is kept for a client that
    does not read: it is served from the history when it reads again.
    """


class UnsubscribeEvents(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """End a subscription of this connection."""

    subscription: int
