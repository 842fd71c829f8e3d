"""What is shown: jobs, reasons, history."""

from datetime import datetime
from typing import Literal

import msgspec

from djobs_protocol.evidence import Receipt
from djobs_protocol.states import JobState
from djobs_protocol.values import (
    Event,
    Job,
    JobId,
    ManagedBy,
    Offset,
)


class JobDetail(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """One job with its history, oldest event first."""

    job: Job
    depends_on: list[JobId] = []
    events: list[Event] = []
    events_total: int = 0
    schedule: str | None = None
    """The name of the schedule that made it, if that is still there."""
    receipt: Receipt | None = None
    """What its checks found, the last time they were run."""


class Obstacle(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """One reason why a job is not running."""

    kind: Literal[
        "ended",
        "running",
        "dependency",
        "resource",
        "schedule",
        "back_off",
        "paused",
        "limit",
        "budget",
        "executor",
    ]
    text: str
    job_id: JobId | None = None
    """The job that stands in the way."""
    until: datetime | None = None
    """When it goes away by itself, if nothing else happens."""


class Explanation(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Why a job is not running; without obstacles it may be claimed now."""

    id: JobId
    state: JobState
    managed_by: ManagedBy
    obstacles: list[Obstacle] = []


class ModelUsage(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """What one model was paid for."""

    provider: str
    model: str
    jobs: int
    input_tokens: int
    """All of them, those from a cache too."""
    output_tokens: int
    cached_tokens: int = 0
    cost_usd: float | None = None
    """Absent when the price of any part is not known: never 0 instead."""


class Stats(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """How many jobs there are, and what they cost."""

    counts: dict[JobState, int]
    usage: list[ModelUsage] = []
    """The dearest first."""
    cost_usd: float
    """Of all that has a known price."""
    unpriced: bool = False
    """There is more, of which nobody knows the price."""


class LogChunk(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Some of what the work of an executor printed, in the order it was printed."""

    id: JobId
    generation: int
    """The attempt whose output this is."""
    data: bytes
    """As it was printed, whatever it is; base64 on the wire."""
    offset: int
    """Of the first byte of ``data``."""
    next_offset: int
    """Where to go on."""
    end: int
    """The offset after the last byte that there is now."""
    missing_bytes: int = 0
    """Before ``offset``: a long log keeps its beginning and its end."""
    running: bool = False
    """More of this attempt may come, or it may begin yet."""
    last_generation: int = 0
    """The last attempt that has begun; where it is above ``generation``, that one goes on there."""
    ended: bool = False
    """The job has: unless somebody retries it, no further attempt begins."""


class JobPage(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """One page of jobs."""

    jobs: list[Job]
    next_cursor: str | None = None


class ResumePage(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """What is unfinished in one workflow."""

    correlation_id: str
    unfinished: int
    counts: dict[JobState, int] = {}
    blocked: int = 0
    failed: int = 0
    """Jobs that failed and were not acted on; not part of ``unfinished``."""
    since: datetime | None = None
    """When the oldest unfinished job was enqueued."""
    jobs: list[Job] = []
    next_cursor: str | None = None
    hash: str | None = None
    """Of all this but the leases; the next request may give it as ``known_hash``."""
    unchanged: bool = False
    """The page is the one whose hash was given, and is not repeated."""


class AuditReport(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """The history of a span of time."""

    since: datetime
    until: datetime
    total: int | None = None
    """Events that match, on all pages. Like the other counts, absent after the first page."""
    by_kind: dict[str, int] = {}
    by_type: dict[str, int] = {}
    by_workspace: dict[str, int] = {}
    by_agent: dict[str, int] = {}
    by_session: dict[str, int] = {}
    recent_failures: list[Event] = []
    events: list[Event] = []
    next_cursor: str | None = None


class EventPage(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """What came after an offset, oldest first."""

    events: list[Event] = []
    offset: Offset
    """Go on after this one."""
    more: bool = False
    """There are further lines now, which may match."""
    lagged: Offset | None = None
    """The history is no longer kept up to here: what came before it, after the offset that was
    asked for, is gone."""


class Subscription(msgspec.Struct, kw_only=True, frozen=True):
    """A subscription of this connection."""

    subscription: int
    offset: Offset
    """Told of up to here; after the end of it, what to go on from."""


class EventNotice(EventPage, kw_only=True, frozen=True, omit_defaults=True):
    """The params of an ``events`` notification."""

    subscription: int
