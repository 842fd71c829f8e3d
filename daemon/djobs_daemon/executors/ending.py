"""A run that is over, and what its job becomes: the two values that executors map."""

from typing import Any, NamedTuple

from djobs_daemon.executors.results import End
from djobs_daemon.executors.standing import Standing
from djobs_daemon.store.records import JobRow
from djobs_daemon.store.usage_records import UsageRow
from djobs_protocol.evidence import Receipt
from djobs_protocol.states import EventKind


class Ending(NamedTuple):
    """What is known when a run is settled."""

    job: JobRow
    """As it was when it was claimed."""
    standing: Standing
    folder: str
    """Of the run."""
    tail: str
    """The end of what it printed."""
    now: int
    """The time of day, milliseconds since the epoch."""
    chance: float
    """From 0 up to 1."""

    @property
    def has_exited(self) -> bool:
        """Say whether the command came to an end by itself."""
        result = self.standing.result
        return result is not None and result.end is End.EXITED


class Settlement(NamedTuple):
    """The move of a job that a run's end asks for."""

    event: EventKind
    note: str
    changes: dict[str, Any]
    usage: tuple[UsageRow, ...] = ()
    """What the run cost."""
    receipt: Receipt | None = None
    """What the job's checks found, where the run went well and it has any."""
