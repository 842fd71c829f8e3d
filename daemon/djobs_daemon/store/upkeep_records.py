"""What the ledger takes and gives when what is over is looked after, and what does not get on.

Times are integers, milliseconds since the epoch, UTC.
"""

from typing import NamedTuple

import msgspec

from djobs_daemon.store.records import JobRow
from djobs_protocol.states import JobState


class PurgePolicy(msgspec.Struct, frozen=True):
    """Which ended jobs may be removed."""

    ended_before: int
    states: tuple[JobState, ...]
    archived_states: tuple[JobState, ...]
    """Besides, of those that are archived."""
    now: int
    """A job whose key's window lasts longer stays."""
    correlation_id: str | None = None
    """Of all workflows when None."""


class PurgePage(NamedTuple):
    """Jobs that a policy lets go, by id."""

    free: list[str]
    needed: list[str]
    """Those that a job depends on which the policy keeps."""
    cursor: str | None


class Notice(NamedTuple):
    """What somebody may be told."""

    kind: str
    key: str
    recipient: str


class DeliveryRow(NamedTuple):
    """A notice that was given."""

    notice: Notice
    times: int
    first_at: int
    last_at: int


class Lost(NamedTuple):
    """An open job that needs one which ended without success."""

    job: JobRow
    needs: str
    state: JobState
