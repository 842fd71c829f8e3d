"""What is asked about the queue as a whole: pauses, limits, defaults, schedules, upkeep, agents."""

from typing import Annotated, Any, Literal

import msgspec

from djobs_protocol.limits import (
    CORRELATION_CHARS_MAX,
    KEY_SECONDS_MAX,
    NAME_CHARS_MAX,
)
from djobs_protocol.states import JobState
from djobs_protocol.values import (
    CorrelationId,
    Cursor,
    Defaults,
    Label,
    LimitAmount,
    LimitScope,
    Missed,
    Name,
    NewJob,
    Overlap,
    PageSize,
    PauseScope,
    Text,
    WindowSeconds,
)

PURGE_SECONDS_DEFAULT = 30 * 86_400.0


class PauseWork(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Let no claim take anything, or nothing of a workspace or a type; what runs goes on."""

    scope: PauseScope = "everything"
    subject: Annotated[str, msgspec.Meta(max_length=CORRELATION_CHARS_MAX)] | None = None
    """The workspace's path (default: the session's), or the type."""
    reason: Text | None = None


class ResumeWork(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """End a pause."""

    scope: PauseScope = "everything"
    subject: Annotated[str, msgspec.Meta(max_length=CORRELATION_CHARS_MAX)] | None = None


class ListPauses(msgspec.Struct, kw_only=True, frozen=True):
    """Show what is paused."""


class SetLimit(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Bound how many jobs of something run at once, or start in a time; what runs goes on.

    Replaces what was said of it before. Jobs that are held up start in their usual order.
    """

    scope: LimitScope
    subject: Annotated[str, msgspec.Meta(max_length=CORRELATION_CHARS_MAX)] | None = None
    """The type, the resource key, or the workspace's path (default: the session's)."""
    workspace: Annotated[str, msgspec.Meta(max_length=CORRELATION_CHARS_MAX)] | None = None
    """Whose resource it is: a folder (default: the session's own) ..."""
    everywhere: bool = False
    """... or all of them together."""
    running: LimitAmount | None = None
    """At most so many at once. A resource without a limit is one job's at a time."""
    starts: LimitAmount | None = None
    """At most so many in any ``window_seconds``, whatever becomes of them."""
    window_seconds: WindowSeconds | None = None


class ClearLimit(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """End a limit."""

    scope: LimitScope
    subject: Annotated[str, msgspec.Meta(max_length=CORRELATION_CHARS_MAX)] | None = None
    workspace: Annotated[str, msgspec.Meta(max_length=CORRELATION_CHARS_MAX)] | None = None
    everywhere: bool = False


class ListLimits(msgspec.Struct, kw_only=True, frozen=True):
    """Show the limits, and how they stand."""


class SetType(Defaults, kw_only=True, frozen=True, omit_defaults=True):
    """Say what jobs of a type get from now on where they do not say it themselves.

    What is left out stays. Jobs that are enqueued already keep what they got.
    """

    type: Name
    reset: bool = False
    """Forget the type's defaults before those that are named here."""


class ListTypes(msgspec.Struct, kw_only=True, frozen=True):
    """Show the types that have defaults."""


class SetSchedule(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Have jobs made at times of day; a schedule of that name is replaced, its jobs stay."""

    name: Name
    cron: Annotated[str, msgspec.Meta(min_length=1, max_length=NAME_CHARS_MAX)]
    """Minute, hour, day of month, month, day of week, as Debian's cron; or ``@daily`` and such."""
    job: NewJob
    """What each job is made from: without dependencies, idempotency key and time."""
    zone: Label | None = None
    """An IANA name; defaults to the daemon's own, which is kept by its name."""
    missed: Missed = "once"
    overlap: Overlap | None = None
    """Defaults to ``skip``; with ``missed="all"`` to ``allow``."""
    paused: bool | None = None
    """One that is replaced stays as it is unless this says otherwise."""
    workspace: CorrelationId | None = None
    """Defaults to the session's."""
    correlation_id: CorrelationId | None = None
    """Defaults to the workspace."""


class PauseSchedule(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Have a schedule make no jobs, or go on; what comes due meanwhile is not missed."""

    name: Name
    paused: bool = True
    workspace: CorrelationId | None = None
    """Defaults to the session's; without either the name must be the only one of all."""


class RemoveSchedule(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Remove a schedule; the jobs that it made stay."""

    name: Name
    workspace: CorrelationId | None = None
    """Defaults to the session's; without either the name must be the only one of all."""


class ListSchedules(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Show schedules by workspace and name."""

    workspace: CorrelationId | None = None
    """Of all workspaces when absent."""


class ArchiveWorkflow(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Leave the ended jobs of a workflow out of lists and counts; ``BATCH_JOBS_MAX`` at once.

    Open ones stay where they are. An archived job is found by its id, and a retry brings it back.
    """

    correlation_id: CorrelationId | None = None
    """Defaults to the session's workspace."""
    states: list[JobState] = []
    """Only jobs that ended so; all when empty."""
    reason: Text | None = None


class UnarchiveWorkflow(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Bring the archived jobs of a workflow back; ``BATCH_JOBS_MAX`` at once."""

    correlation_id: CorrelationId | None = None
    """Defaults to the session's workspace."""
    reason: Text | None = None


class PurgeJobs(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Remove ended jobs, with their texts and results, for good; ``PURGE_JOBS_MAX`` at once.

    Their events stay. A job that others depend on stays as long as they do, and so does one whose
    idempotency key still counts because of its window.
    """

    older_than_seconds: Annotated[float, msgspec.Meta(ge=0, le=1e10)] = PURGE_SECONDS_DEFAULT
    """Since they ended."""
    states: list[JobState] = []
    """Only jobs that ended so. When empty: all but those that failed, unless they are archived."""
    correlation_id: CorrelationId | None = None
    """Of all workflows when absent."""
    archived_only: bool = False
    dry_run: bool = True
    """Only say which they are."""
    reason: Text | None = None
    cursor: Cursor | None = None


class DeliverNotice(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Ask whether to give somebody a notice now; who is told yes gives it, and nobody else is.

    The same notice (kind, key and recipient) is given once in ``window_seconds``, and none of its
    kind to the recipient within ``cooldown_seconds`` of another.
    """

    kind: Name
    key: Name
    """What the notice is about: the id of a job, say."""
    recipient: Name
    window_seconds: Annotated[float, msgspec.Meta(ge=1, le=KEY_SECONDS_MAX)] | None = None
    """Once for ever when absent."""
    cooldown_seconds: Annotated[float, msgspec.Meta(ge=1, le=KEY_SECONDS_MAX)] | None = None


class ListNotices(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Show who was given which notice, the latest first."""

    limit: PageSize = 50
    cursor: Cursor | None = None


class FindStale(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Find jobs that do not get on by themselves: for whoever watches."""

    correlation_id: CorrelationId | None = None
    """All workflows when absent."""
    running_seconds: Annotated[float, msgspec.Meta(ge=0, le=1e10)] = 600
    """In work, and nothing was heard of the holder for so long."""
    ready_seconds: Annotated[float, msgspec.Meta(ge=0, le=1e10)] = 86_400
    """Ready for so long, and nobody took it."""
    overdue_seconds: Annotated[float, msgspec.Meta(ge=0, le=1e10)] = 60
    """Its time passed so long ago."""
    failed_seconds: Annotated[float, msgspec.Meta(ge=0, le=1e10)] = 0
    """Failed so long ago, and was neither retried nor archived."""
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 20
    """Of each kind."""


class RegisterAgent(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Make an agent known by name, and label this session with it."""

    agent_id: Name
    capabilities: Annotated[list[Name], msgspec.Meta(max_length=100)] = []
    metadata: Any = msgspec.field(default_factory=dict)


class AgentHeartbeat(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Say that an agent is there."""

    agent_id: Name


class ListAgents(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Show registered agents, the most recently seen first."""

    status: Literal["online", "offline"] | None = None
