"""The values that requests and replies are made of: jobs, events, holders.

Times are aware UTC datetimes, RFC 3339 on the wire, with millisecond precision. Unknown fields are
ignored when decoding, so an older peer can read a newer message (evolution rule of R16).
"""

from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias

import msgspec

from djobs_protocol.evidence import Check
from djobs_protocol.limits import (
    CHECKS_MAX,
    CORRELATION_CHARS_MAX,
    CURSOR_CHARS_MAX,
    DELAY_SECONDS_MAX,
    DEPENDENCIES_MAX,
    DURATION_SECONDS_MAX,
    JOB_ID_CHARS_MAX,
    KEY_SECONDS_MAX,
    LIMIT_AMOUNT_MAX,
    NAME_CHARS_MAX,
    PAGE_ITEMS_MAX,
    TEXT_BYTES_MAX,
    WINDOW_SECONDS_MAX,
)
from djobs_protocol.states import JobState

Label: TypeAlias = Annotated[str, msgspec.Meta(max_length=NAME_CHARS_MAX)]
Text: TypeAlias = Annotated[str, msgspec.Meta(max_length=TEXT_BYTES_MAX)]
Name: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=NAME_CHARS_MAX)]
CorrelationId: TypeAlias = Annotated[
    str, msgspec.Meta(min_length=1, max_length=CORRELATION_CHARS_MAX)
]
JobId: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=JOB_ID_CHARS_MAX)]
Priority: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=10)]
"""1 is the most urgent."""
Attempts: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=100)]
PageSize: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=PAGE_ITEMS_MAX)]
Cursor: TypeAlias = Annotated[str, msgspec.Meta(max_length=CURSOR_CHARS_MAX)]
"""Opaque; from the previous page's ``next_cursor``."""
Moment: TypeAlias = Annotated[datetime, msgspec.Meta(tz=True)]
"""A time that a client names: without a zone it could be anybody's."""
Offset: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]
"""A place in the history: after the event with this ``seq``. 0 is before the first."""
ManagedBy: TypeAlias = Literal["agent", "worker", "executor"]

ApplyAction: TypeAlias = Literal["apply", "check", "show"]
"""``check``: refuse as ``apply`` would, and write nothing. ``show``: only say what there is."""
UndoAction: TypeAlias = Literal["undo", "check", "show"]
"""As ``ApplyAction``."""

OnFailure: TypeAlias = Literal["block", "cancel", "run"]
"""What becomes of a job when one that it depends on ends without success."""

LeaseSeconds: TypeAlias = Annotated[float, msgspec.Meta(ge=1, le=86_400)]

KeyScope: TypeAlias = Literal["workspace", "everywhere"]
"""Among which jobs an idempotency key or a resource key is one of a kind."""
KeyStates: TypeAlias = Literal["successful", "incomplete"]
"""In which states a job keeps its idempotency key: while it is open, and ``successful`` also when
it has succeeded or was skipped."""
DelaySeconds: TypeAlias = Annotated[float, msgspec.Meta(ge=0, le=DELAY_SECONDS_MAX)]
DurationSeconds: TypeAlias = Annotated[float, msgspec.Meta(ge=0.001, le=DURATION_SECONDS_MAX)]
KeySeconds: TypeAlias = Annotated[float, msgspec.Meta(ge=1, le=KEY_SECONDS_MAX)]

PRIORITY_DEFAULT = 5
ATTEMPTS_DEFAULT = 3


class Retry(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """When what failed is tried again: exponential back-off. What is left out is as usual.

    The pause after attempt n is ``base_seconds * factor ** (n - 1)``, at most ``cap_seconds``.
    """

    base_seconds: Annotated[float, msgspec.Meta(ge=0, le=86_400)] | None = None
    """Usually 5."""
    factor: Annotated[float, msgspec.Meta(ge=1, le=10)] | None = None
    """Usually 2."""
    cap_seconds: Annotated[float, msgspec.Meta(ge=0, le=7 * 86_400)] | None = None
    """Usually 900."""
    jitter: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    """The share of a pause that is left to chance, usually 0.2: it may be shorter by so much."""


class Defaults(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """What the jobs of a type get where they do not say it themselves."""

    priority: Priority | None = None
    max_attempts: Attempts | None = None
    lease_seconds: LeaseSeconds | None = None
    managed_by: ManagedBy | None = None
    retry: Retry | None = None


class TypeDefaults(Defaults, kw_only=True, frozen=True, omit_defaults=True):
    """The defaults of one type."""

    type: str


class Delivery(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """A notice that somebody was given."""

    kind: str
    key: str
    recipient: str
    times: int
    first_at: datetime
    last_at: datetime


StaleKind: TypeAlias = Literal["silent", "unclaimed", "overdue", "blocked", "failed"]
"""Running, and its holder is silent; ready, and nobody takes it; its time has passed; it needs what
ended without success; it failed, and nobody acted on it."""


class StaleJob(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """A job that does not get on by itself."""

    id: JobId
    kind: StaleKind
    type: str
    state: JobState
    correlation_id: str
    since: datetime
    text: str
    """A sentence."""


class JobBudget(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """What the daemon's work for one job may use in all its attempts; what is left out is free."""

    usd: Annotated[float, msgspec.Meta(gt=0)] | None = None
    tokens: Annotated[int, msgspec.Meta(ge=1)] | None = None
    """In and out."""
    minutes: Annotated[float, msgspec.Meta(gt=0)] | None = None
    """Of run time, pauses left out."""


class NewJob(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """One job to enqueue."""

    type: Name
    payload: Any = msgspec.field(default_factory=dict)
    """Any JSON value; an object by custom. At most ``PAYLOAD_BYTES_MAX`` encoded."""
    priority: Priority | None = None
    """Like all that may be left out and has a default of its type: that one, else 5."""
    max_attempts: Attempts | None = None
    """Else the type's, else 3; 1 for an executor's: what costs money is not tried again unasked."""
    retry: Retry | None = None
    """Each member else the type's."""
    idempotency_key: Name | None = None
    """Names the job: the same key returns the same job, for as long as the next three say."""
    key_scope: KeyScope = "workspace"
    key_states: KeyStates = "successful"
    key_seconds: KeySeconds | None = None
    """The key names the job for so long after it is enqueued, whatever becomes of it, then no
    more: instead of ``key_states``."""
    depends_on: Annotated[list[JobId], msgspec.Meta(max_length=DEPENDENCIES_MAX)] = []
    resource_key: Name | None = None
    """At most one running job has it."""
    resource_scope: KeyScope = "workspace"
    graph_key: Name | None = None
    """A name within this request, for the ``depends_on`` of its other jobs."""
    on_dependency_failure: OnFailure = "block"
    managed_by: ManagedBy | None = None
    """Else the type's, else ``agent``."""
    run_at: Moment | None = None
    """Not before this time."""
    delay_seconds: DelaySeconds | None = None
    """Instead: not before so long after it is enqueued."""
    lease_seconds: LeaseSeconds | None = None
    """How long a claim lasts unless it asks otherwise; else the type's."""
    max_duration_seconds: DurationSeconds | None = None
    """Of work for an executor: how long it may run, then it is stopped. Pauses do not count."""
    verify: Annotated[list[Check], msgspec.Meta(max_length=CHECKS_MAX)] = []
    """What the daemon checks before the job has succeeded; never changed afterwards."""
    budget: JobBudget | None = None
    """Of work for an executor; within what ``[budgets]`` allows each job. Never changed."""
    env: dict[str, str | None] = {}
    """Of work for an executor: variables of its own. ``null``: the value stands in ``secrets.env``,
    and is read when the job begins. Never changed."""


Missed: TypeAlias = Literal["skip", "once", "all"]
"""What becomes of runs of a schedule whose time came while nobody was there to see to it: none is
made up, one for all of them, or each."""
Overlap: TypeAlias = Literal["skip", "allow"]
"""What becomes of a run whose time comes while the job of the one before is still open: it is left
out, or makes a further job."""


class Schedule(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Jobs that are made at times of day."""

    name: str
    workspace: str
    """Whose jobs these are; within it the name is one of a kind."""
    cron: str
    zone: str
    """In which the times are meant: an IANA name."""
    missed: Missed
    overlap: Overlap
    correlation_id: str
    job: NewJob
    """What each job is made from; a secret in its payload has been replaced."""
    next_at: datetime | None = None
    """Absent while it is paused, and where the zone is not known any more."""
    last_at: datetime | None = None
    """The time of the last run that made a job."""
    last_job: JobId | None = None
    paused_at: datetime | None = None
    created_at: datetime


class Agent(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """A named participant: a label on sessions."""

    id: str
    status: Literal["online", "offline"]
    """Online while one of its sessions is connected, or it was heard of lately."""
    capabilities: list[str] = []
    metadata: Any = msgspec.field(default_factory=dict)
    registered_at: datetime
    seen_at: datetime


PauseScope: TypeAlias = Literal["everything", "workspace", "type"]


class Pause(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Something that no claim takes for now."""

    scope: PauseScope
    subject: str | None = None
    """The workspace's path, or the type."""
    since: datetime
    session: str
    """Who paused it."""
    reason: str | None = None


LimitScope: TypeAlias = Literal["type", "workspace", "resource"]
LimitAmount: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=LIMIT_AMOUNT_MAX)]
WindowSeconds: TypeAlias = Annotated[float, msgspec.Meta(ge=0.001, le=WINDOW_SECONDS_MAX)]


class Limit(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """How many jobs of something may run at once, or start in a time."""

    scope: LimitScope
    subject: str
    """The type, the workspace's path, or the resource key."""
    workspace: str | None = None
    """Of a resource that belongs to one."""
    running: int | None = None
    """At most so many at once."""
    starts: int | None = None
    """At most so many in any ``window_seconds``, whatever becomes of them."""
    window_seconds: float | None = None
    running_now: int
    opens_at: datetime | None = None
    """When the next one may start, where ``starts`` keeps it from starting now."""
    since: datetime
    session: str
    """Who set it."""


class Holder(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Who holds a running job's lease."""

    session: str
    agent: str | None = None
    lease_expires_at: datetime | None = None
    generation: int = 0


class Job(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """A job as the ledger has it now."""

    id: JobId
    type: str
    state: JobState
    correlation_id: str
    workspace: str
    payload: Any
    priority: int
    attempt: int
    max_attempts: int
    managed_by: ManagedBy
    revision: int
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    run_at: datetime | None = None
    idempotency_key: str | None = None
    key_scope: KeyScope = "workspace"
    key_states: KeyStates = "successful"
    key_until: datetime | None = None
    """Until then the key names this job whatever becomes of it; without it ``key_states`` says."""
    resource_key: str | None = None
    resource_scope: KeyScope = "workspace"
    holder: Holder | None = None
    evidence: str | None = None
    last_error: str | None = None
    max_duration_seconds: float | None = None
    paused_at: datetime | None = None
    """Since when it is held back, or what runs for it stands still."""
    stop_requested_at: datetime | None = None
    """Somebody wants what runs for it ended, which may take a moment."""
    exit_code: int | None = None
    """Of the command that ran for it; 128 and the signal's number where one ended it."""
    sandbox: str | None = None
    """What confined the command that ran for it."""
    depth: int = 1
    """How many jobs lie inside each other, this among them: 2 was submitted by what runs for 1."""
    budget: JobBudget | None = None
    """What the daemon's work for it may use."""
    env: dict[str, str | None] = {}
    """Variables of its own, without secrets; ``null``: from ``secrets.env``."""
    sandbox_required: str | None = None
    """How far it is confined at least, because its submitter was."""
    verify: list[Check] = []
    """Its checks."""
    checking: bool = False
    """Success was reported, and the daemon is running the checks."""
    verified: bool | None = None
    """What the checks said last; absent where none ran yet."""
    blocked_by: list[JobId] = []
    """Unfinished or failed dependencies."""
    archived_at: datetime | None = None
    """Since when it is left out of lists and counts."""
    blocked_for_good_by: dict[JobId, JobState] = {}
    """Those of ``blocked_by`` that ended without success, and how: unless one is retried, the job
    never becomes ready."""


class Event(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """One line of the history."""

    seq: int
    """Position in the whole ledger; grows without gaps."""
    at: datetime
    kind: str
    """An ``EventKind``, or one that only a newer daemon knows: an older client reads on (R16)."""
    job_id: JobId
    job_type: str
    correlation_id: str
    state: JobState
    """The job's state after the event."""
    session: str
    agent: str | None = None
    note: str | None = None
    """Evidence, error or reason, shortened."""
