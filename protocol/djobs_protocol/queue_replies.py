"""What is answered about the queue as a whole."""

from datetime import datetime
from typing import Literal

import msgspec

from djobs_protocol.values import (
    Agent,
    Delivery,
    JobId,
    Limit,
    Pause,
    Schedule,
    StaleJob,
    TypeDefaults,
)


class LimitList(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """The limits, and how they stand."""

    limits: list[Limit] = []


class PauseList(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """What is paused now."""

    pauses: list[Pause] = []


class ScheduleSet(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """A schedule as it is now."""

    schedule: Schedule
    upcoming: list[datetime] = []
    """Its next runs; none while it is paused."""
    replaced: bool = False
    """There was one of that name."""
    redacted: int = 0
    """Secrets that were replaced in the payload before it was stored."""


class RemovedSchedule(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """A schedule that is no more."""

    name: str
    workspace: str


class ScheduleList(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Schedules, by workspace and name."""

    schedules: list[Schedule] = []


class ArchivedJobs(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """What was put into the archive, or taken out of it."""

    correlation_id: str
    jobs: int
    """How many now."""
    unfinished: int = 0
    """Open jobs of the workflow, which stay where they are."""
    more: bool = False
    """There are more than one request moves; ask again."""


class PurgedJobs(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """What was removed, or would be."""

    dry_run: bool
    ids: list[JobId] = []
    left: list[JobId] = []
    """They match, and stay: jobs that do not match depend on them."""
    next_cursor: str | None = None
    """There are more than one request looks at; ask again with this."""


class NoticeAnswer(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Whether to give a notice now."""

    deliver: bool
    reason: Literal["given_before", "cooling_down"] | None = None
    """Why not."""
    times: int = 0
    """How often it has been given, this time counted."""
    last_at: datetime | None = None
    """When it was given last, before now."""
    again_at: datetime | None = None
    """From when on the same request would be granted; never, when absent."""


class NoticeList(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Notices that were given, the latest first."""

    notices: list[Delivery] = []
    next_cursor: str | None = None


class StaleJobs(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """What does not get on by itself, by kind, the longest of each first."""

    jobs: list[StaleJob] = []


class TypeList(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """The types that have defaults, by name."""

    types: list[TypeDefaults] = []


class AgentList(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Registered agents."""

    agents: list[Agent]
