"""The life of a job: every state, every event, every legal move.

Rule 1: a move that is not in ``TRANSITIONS`` does not exist. The SQL schema repeats this table on
purpose, because the file outlives the program that wrote it, and a test compares the two.

Rule 2: one terminal state per run. A *run* starts at ``enqueued`` or ``retried`` and ends with the
first terminal state; only an explicit retry, itself an event, opens the next run.
"""

from enum import StrEnum
from typing import Final


class JobState(StrEnum):
    """Where a job stands; stored and sent as its value."""

    PENDING = "pending"
    RUNNING = "running"
    RETRY_SCHEDULED = "retry_scheduled"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    DEAD_LETTERED = "dead_lettered"
    CANCELLED = "cancelled"
    STOPPED = "stopped"
    SKIPPED = "skipped"


class EventKind(StrEnum):
    """What happened to a job; one line of the append-only history each."""

    ENQUEUED = "enqueued"
    CLAIMED = "claimed"
    RELEASED = "released"
    LEASE_LAPSED = "lease_lapsed"
    RETRY_SCHEDULED = "retry_scheduled"
    RETRY_DUE = "retry_due"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    DEAD_LETTERED = "dead_lettered"
    CANCELLED = "cancelled"
    STOPPED = "stopped"
    SKIPPED = "skipped"
    RETRIED = "retried"
    # These change no state.
    UNBLOCKED = "unblocked"
    BLOCKED = "blocked"
    AMENDED = "amended"
    ARCHIVED = "archived"
    UNARCHIVED = "unarchived"
    PAUSED = "paused"
    RESUMED = "resumed"
    STOP_REQUESTED = "stop_requested"
    OFFERED = "offered"
    """Success was reported for a job that has checks; they are run now."""
    CHECKED = "checked"
    """Its checks were run; the text is their receipt."""
    PURGED = "purged"
    """The last line of a job that was removed by policy: its absence is no damage."""


_REPORT_OR_DROP: Final = {
    EventKind.SUCCEEDED: JobState.SUCCEEDED,
    EventKind.FAILED: JobState.FAILED,
    EventKind.CANCELLED: JobState.CANCELLED,
    EventKind.SKIPPED: JobState.SKIPPED,
}
_AGAIN: Final = {EventKind.RETRIED: JobState.PENDING}

TRANSITIONS: Final[dict[JobState, dict[EventKind, JobState]]] = {
    JobState.PENDING: {EventKind.CLAIMED: JobState.RUNNING, **_REPORT_OR_DROP},
    JobState.RUNNING: {
        EventKind.SUCCEEDED: JobState.SUCCEEDED,
        EventKind.FAILED: JobState.FAILED,
        EventKind.RETRY_SCHEDULED: JobState.RETRY_SCHEDULED,
        EventKind.DEAD_LETTERED: JobState.DEAD_LETTERED,
        EventKind.RELEASED: JobState.PENDING,
        EventKind.LEASE_LAPSED: JobState.PENDING,
        EventKind.STOPPED: JobState.STOPPED,
    },
    JobState.RETRY_SCHEDULED: {EventKind.RETRY_DUE: JobState.PENDING, **_REPORT_OR_DROP},
    JobState.SUCCEEDED: _AGAIN,
    JobState.FAILED: _AGAIN,
    JobState.DEAD_LETTERED: _AGAIN,
    JobState.CANCELLED: _AGAIN,
    JobState.STOPPED: _AGAIN,
    JobState.SKIPPED: _AGAIN,
}

TERMINAL_STATES: Final = frozenset(state for state, moves in TRANSITIONS.items() if moves is _AGAIN)
OPEN_STATES: Final = frozenset(JobState) - TERMINAL_STATES
"""Unfinished: what ``resume_session`` finds."""

MET_STATES: Final = frozenset({JobState.SUCCEEDED, JobState.SKIPPED})
"""A job in one of these no longer blocks those that depend on it."""

UNMOVING_EVENTS: Final = frozenset(
    {
        EventKind.UNBLOCKED,
        EventKind.BLOCKED,
        EventKind.AMENDED,
        EventKind.ARCHIVED,
        EventKind.UNARCHIVED,
        EventKind.PAUSED,
        EventKind.RESUMED,
        EventKind.STOP_REQUESTED,
        EventKind.OFFERED,
        EventKind.CHECKED,
        EventKind.PURGED,
    }
)
"""Events that leave the state as it is."""

TERMINAL_EVENTS: Final = frozenset(EventKind(state.value) for state in TERMINAL_STATES)


class IllegalTransition(ValueError):
    """A job in this state cannot meet that event."""

    def __init__(self, state: JobState, event: EventKind) -> None:
        super().__init__(f"a {state} job cannot be {event}")
        self.state = state
        self.event = event


def next_state(state: JobState, event: EventKind) -> JobState:
    """Return where ``event`` takes a job in ``state``; raise ``IllegalTransition`` if nowhere."""
    try:
        return TRANSITIONS[state][event]
    except KeyError:
        raise IllegalTransition(state, event) from None
