"""The queue in one look: what runs, what waits and for what, what failed."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from djobs_protocol.limits import GLANCES_MAX
from djobs_protocol.states import JobState
from djobs_protocol.values import JobId, ManagedBy, Moment

WaitKind = Literal[
    "dependency",
    "lost",
    "resource",
    "schedule",
    "back_off",
    "paused",
    "limit",
    "budget",
    "executor",
    "unclaimed",
]
"""Those of ``Obstacle``, and two more. ``lost``: what a job needs ended without success, so it
never starts by itself. ``unclaimed``: nothing is in the way, and nobody has taken it."""


class GetOverview(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Show what runs, what waits and for what, and what failed."""

    since: Moment | None = None
    """Of what has ended: from then on (24 hours ago)."""
    limit: Annotated[int, msgspec.Meta(ge=1, le=GLANCES_MAX)] = 10
    """Of the jobs that run, and of those that failed."""


class Glance(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """A job in a line."""

    id: JobId
    type: str
    state: JobState
    managed_by: ManagedBy
    workspace: str
    correlation_id: str
    what: str = ""
    """Its command, or what else its payload says, shortened."""
    since: datetime
    """When it started or, of one that has ended, ended."""
    attempt: int
    max_attempts: int
    holder: str | None = None
    """The agent, or the session, that works on it."""
    lease_expires_at: datetime | None = None
    paused: bool = False
    stopping: bool = False
    checking: bool = False
    error: str | None = None
    """Shortened."""
    cost_usd: float | None = None
    """Of all its attempts so far; absent when nothing is known to have been paid."""
    tokens: int = 0
    """Likewise, in and out."""


class Waiting(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Jobs that wait for the same."""

    kind: WaitKind
    jobs: int
    job_id: JobId
    """The first of them."""
    text: str
    """What that one waits for."""
    until: datetime | None = None
    """When the first of them may start, if nothing else happens."""


class Overview(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """The queue in one look."""

    counts: dict[JobState, int]
    """Of all jobs."""
    running: list[Glance] = []
    """The longest first."""
    waiting: list[Waiting] = []
    """The most jobs first."""
    unexamined: int = 0
    """Further jobs that wait: too many to ask each what for."""
    since: datetime
    ended: dict[JobState, int] = {}
    """How many ended since then, and how."""
    failed: list[Glance] = []
    """Of those, what failed or was dead-lettered and was not opened again, the latest first."""
