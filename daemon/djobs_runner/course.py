"""What a run does next. Pure: events and a steady clock's readings come in, actions go out.

The table below is the whole of it. Times are seconds of awake time.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

# Phases
RUNNING: "Final" = "running"
TERMINATING: "Final" = "terminating"
"""Asked to end; killed at the deadline."""
KILLING: "Final" = "killing"
"""Killed; whoever is there at the deadline survives."""
DRAINING: "Final" = "draining"
"""The command has ended; what is still in the pipes is read, until the deadline."""
DONE: "Final" = "done"

# Events
STOP: "Final" = "stop"
EXPIRED: "Final" = "expired"
"""The phase's deadline has passed."""
EXITED: "Final" = "exited"
"""The command itself, not what it started."""
EMPTY: "Final" = "empty"
"""No process of the run is left."""
CLOSED: "Final" = "closed"
"""Nobody can write any more output."""

# Actions
TERMINATE: "Final" = "terminate"
KILL: "Final" = "kill"
NOTHING: "Final" = ""

TABLE: "Final" = {
    (RUNNING, STOP): (TERMINATING, TERMINATE),
    (RUNNING, EXPIRED): (TERMINATING, TERMINATE),
    (RUNNING, EXITED): (DRAINING, NOTHING),
    (TERMINATING, EXPIRED): (KILLING, KILL),
    (TERMINATING, EMPTY): (DRAINING, NOTHING),
    (KILLING, EXPIRED): (DRAINING, NOTHING),
    (KILLING, EMPTY): (DRAINING, NOTHING),
    (DRAINING, STOP): (TERMINATING, TERMINATE),
    (DRAINING, EXPIRED): (DONE, NOTHING),
    (DRAINING, CLOSED): (DONE, NOTHING),
}
"""(phase, event): (phase, action). What is not listed changes nothing."""

KILL_SECONDS: "Final" = 5.0
"""A killed process that is there for longer waits in the kernel, perhaps for ever."""
DRAIN_SECONDS: "Final" = 2.0
"""After the command's end; whoever holds the pipes for longer does not hold up the run (R36)."""

# Why a run ended
BY_ITSELF: "Final" = "exited"
STOPPED: "Final" = "stopped"
DURATION: "Final" = "duration"


class Course:
    """One run's phase and deadlines."""

    def __init__(
        self, now: float, duration: float | None, grace: float, kill_leftovers: bool
    ) -> None:
        self.phase = RUNNING
        self.reason = BY_ITSELF
        """Why the command ended, once it has; set by whoever ended it first."""
        self.killed = False
        """Whether the grace ran out."""
        self.paused_since: float | None = None
        self.paused_seconds = 0.0
        self._grace = grace
        self._kill_leftovers = kill_leftovers
        self._exited = False
        self._deadline = None if duration is None else now + duration

    def wait_seconds(self, now: float) -> float | None:
        """Return how long nothing will happen by itself; None for ever."""
        if self._deadline is None or self.paused_since is not None:
            return None
        return max(0.0, self._deadline - now)

    def stop(self, now: float, grace: float) -> str:
        """Somebody wants the run to end; ``grace`` in seconds. A later, shorter grace counts."""
        if self.phase == TERMINATING and self._deadline is not None:
            self._deadline = min(self._deadline, now + grace)
            return NOTHING
        self._grace = grace
        return self._end(now, STOP, STOPPED)

    def tick(self, now: float) -> str:
        """Return what to do because time has passed."""
        if self.wait_seconds(now) != 0.0:
            return NOTHING
        return self._end(now, EXPIRED, DURATION)

    def exited(self, now: float) -> str:
        """Note the command's end; its leftovers are asked to follow, if the order says so."""
        self.resume(now)
        action = self._next(now, EXITED)
        self._exited = True
        if self._kill_leftovers and self.phase == DRAINING:
            action = self._next(now, STOP)
        return action

    def empty(self, now: float) -> str:
        """No process is left."""
        return self._next(now, EMPTY)

    def closed(self, now: float) -> str:
        """No output can come any more."""
        return self._next(now, CLOSED)

    def pause(self, now: float) -> bool:
        """Stop counting; False when the run is ending."""
        if self.phase != RUNNING:
            return False
        if self.paused_since is None:
            self.paused_since = now
        return True

    def resume(self, now: float) -> None:
        """Count on."""
        if self.paused_since is None:
            return
        paused = now - self.paused_since
        self.paused_since = None
        self.paused_seconds += paused
        if self._deadline is not None:
            self._deadline += paused

    def _end(self, now: float, event: str, reason: str) -> str:
        self.resume(now)
        if self.phase == RUNNING and not self._exited:
            self.reason = reason
        return self._next(now, event)

    def _next(self, now: float, event: str) -> str:
        before = self.phase
        self.phase, action = TABLE.get((before, event), (before, NOTHING))
        if self.phase != before:
            self._deadline = self._deadline_of(now)
            self.killed = self.killed or action == KILL
        return action

    def _deadline_of(self, now: float) -> float | None:
        if self.phase == TERMINATING:
            return now + self._grace
        if self.phase == KILLING:
            return now + KILL_SECONDS
        return now + DRAIN_SECONDS if self.phase == DRAINING else None
