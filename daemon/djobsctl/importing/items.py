"""The neutral form between a source's own format and jobs."""

from enum import StrEnum
from typing import Any, NamedTuple


class Standing(StrEnum):
    """Where a piece of work stands, whatever its source calls that."""

    OPEN = "open"
    STARTED = "started"
    DEFERRED = "deferred"
    """Wanted, but not now."""
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


TO_DO = frozenset({Standing.OPEN, Standing.STARTED})
UNDONE = frozenset({Standing.DEFERRED, Standing.FAILED, Standing.CANCELLED})
"""What is no work for now, and keeps what needs it from starting all the same."""
ENDED = frozenset({Standing.DONE, Standing.FAILED, Standing.CANCELLED})


class Item(NamedTuple):
    """One piece of work."""

    id: str
    """Of its own kind in its source."""
    title: str
    standing: Standing
    state: str
    """The source's own word for it."""
    path: str
    content: dict[str, Any]
    """What else the job's payload has, by name."""
    line: int | None = None
    type: str = "task"
    priority: int | None = None
    """As jobs have it: 1 is the most urgent, 10 the least."""
    needs: tuple[str, ...] = ()
    parent: str | None = None
    """Is done when this and its other parts are."""
    holder: str | None = None
    created: str | None = None
    finished: str | None = None
    said: str | None = None
    """How it ended: evidence, error or reason."""
    run_at: str | None = None
    workflow: str | None = None
    """Where the source itself has workflows."""
    max_attempts: int | None = None
    resource_key: str | None = None
    origin: dict[str, Any] | None = None
    """What only tells where it is from."""


class Problem(NamedTuple):
    """Something that cannot come over as it is."""

    path: str
    line: int | None
    what: str
    """A sentence."""
    left_out: str
    """What ``--skip-bad`` leaves out because of it; empty where it cannot help."""


class Source(NamedTuple):
    """One plan that somebody wrote down: what ``import`` takes or refuses as a whole."""

    kind: str
    path: str
    identity: str
    """Stays the same when it is read again; the jobs' idempotency keys have it."""
    items: list[Item]
    problems: list[Problem]
    passed_over: dict[str, int]
    """What is no work, or no longer, by what it is."""
    part: str | None = None
    """Which of several plans in one file it is."""
    workspace: str | None = None
    """The folder that it is about, where that is known."""
