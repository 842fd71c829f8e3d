"""What the files and the lock of a run say about it. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from djobs_daemon.executors.results import Result


class Phase(StrEnum):
    """How far a run has come."""

    UNKNOWN = "unknown"
    """There is no such run: its folder was never made, or removed."""
    NEVER_RAN = "never_ran"
    """Nothing was executed, and nobody is left who could: it may be spawned (again)."""
    STARTING = "starting"
    """A runner lives that has executed nothing. It waits for its go, or leaves as its daemon died:
    ``wait`` tells which."""
    RUNNING = "running"
    """A runner lives and has begun, whichever daemon let it."""
    FINISHED = "finished"
    """There is a result. The runner may be leaving yet."""
    LOST = "lost"
    """Begun, and its runner died before it could say how it ended: the outcome is not known."""


@dataclass(frozen=True)
class Facts:
    """What was found. ``locked`` was looked at first: what a free lock says is final."""

    order: bool
    locked: bool
    started: bool
    result: Result | None
    result_written: bool
    """There is a result, readable or not."""
    paused: bool


@dataclass(frozen=True)
class Standing:
    """A run's phase; with ``result`` when it is finished."""

    phase: Phase
    paused: bool = False
    result: Result | None = None

    @property
    def settled(self) -> bool:
        """Whether nothing will change by itself."""
        return self.phase not in (Phase.STARTING, Phase.RUNNING)


def reconcile(facts: Facts) -> Standing:
    """Say where a run stands (R10)."""
    if not facts.order:
        return Standing(Phase.UNKNOWN)
    if facts.result is not None:
        return Standing(Phase.FINISHED, result=facts.result)
    if facts.result_written:  # damaged: that it ended is all that is known
        return Standing(Phase.LOST)
    if facts.locked:
        return Standing(Phase.RUNNING, facts.paused) if facts.started else Standing(Phase.STARTING)
    return Standing(Phase.LOST if facts.started else Phase.NEVER_RAN)
