"""What the ledger takes and gives for schedules. Times are milliseconds since the epoch, UTC."""

from typing import NamedTuple

import msgspec

from djobs_protocol.values import Missed, Overlap


class ScheduleDraft(msgspec.Struct, frozen=True):
    """A schedule about to be stored, or to take the place of the one of its name."""

    name: str
    workspace: str
    cron: str
    zone: str
    missed: Missed
    overlap: Overlap
    template: str
    """JSON of what its jobs are made from."""
    next_at: int | None
    paused_at: int | None


class ScheduleRow(msgspec.Struct, frozen=True):
    """A schedule as stored."""

    seq: int
    name: str
    workspace: str
    cron: str
    zone: str
    missed: Missed
    overlap: Overlap
    template: str
    next_at: int | None
    """None while it is paused, and when nobody knows: its zone is not there any more."""
    last_at: int | None
    """The time of the last run that made a job."""
    paused_at: int | None
    created_at: int
    last_job: str | None
    """The newest job it made that is still stored."""


class Turn(NamedTuple):
    """When a schedule fires next, and fired last."""

    next_at: int | None
    last_at: int | None
    paused_at: int | None
