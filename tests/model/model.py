"""What jobs, leases, dependencies, resources, pauses and limits do together, told by dictionaries.

Nothing here is clever: each question is answered by looking at everything.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

ENDED = {"succeeded", "failed", "dead_lettered", "cancelled", "stopped", "skipped"}
DONE = {"succeeded", "skipped"}
LOST = ENDED - DONE
Key = tuple[str, str, str]
"""Scope, subject and, for a resource, its workspace (``*``: all)."""


@dataclass
class Job:
    """A job. Times are milliseconds."""

    id: str
    order: int
    type: str
    place: str
    flow: str
    priority: int
    attempts: int
    lease_ms: int
    run_at: int
    due: bool
    resource: Key | None = None
    needs: dict[str, str] = field(default_factory=dict)
    state: str = "pending"
    attempt: int = 0
    holder: str | None = None
    lease_until: int = 0

    def under(self) -> list[Key]:
        """Return what it counts against."""
        own = [("everything", "", ""), ("type", self.type, ""), ("workspace", self.place, "")]
        return own + ([self.resource] if self.resource else [])


@dataclass
class Limit:
    """So many at once, and so many starts in a window. Windows are times of day."""

    running: int
    starts: int
    window: int
    started: list[int] = field(default_factory=list)


class Model:
    """The whole ledger."""

    def __init__(self) -> None:
        self.jobs: dict[str, Job] = {}
        self.pauses: set[Key] = set()
        self.limits: dict[Key, Limit] = {}
        self.last_calls: dict[str, int] = {}

    def unmet(self, job: Job) -> list[str]:
        """Return what a job waits for."""
        return [need for need, policy in job.needs.items() if not self.is_met(need, policy)]

    def is_met(self, need: str, policy: str) -> bool:
        """Say whether a dependency no longer holds up."""
        state = self.jobs[need].state
        return state in DONE or (policy == "run" and state in ENDED)

    def running(self, key: Key) -> int:
        """Count the running jobs under a key."""
        return sum(job.state == "running" and key in job.under() for job in self.jobs.values())

    def is_full(self, key: Key, wall: int) -> bool:
        """Say whether a limit, or a resource's usual one holder, permits no start."""
        limit = self.limits.get(key)
        if limit is None:
            return key[0] == "resource" and self.running(key) > 0
        newest = limit.started[-limit.starts :]
        in_window = [at for at in newest if wall - at < limit.window]
        return self.running(key) >= limit.running or len(in_window) >= limit.starts

    def may_start(self, job: Job, wall: int) -> bool:
        """Say whether a claim may take a job."""
        ready = job.state == "pending" and job.due and not self.unmet(job)
        held_up = self.pauses & set(job.under())
        return ready and not held_up and not any(self.is_full(key, wall) for key in job.under())

    def best(self, types: Sequence[str], place: str | None, wall: int) -> Job | None:
        """Return the job that a claim takes: the most urgent, then oldest."""
        suits = (
            job
            for job in self.jobs.values()
            if job.place == (place or job.place) and (not types or job.type in types)
        )
        ready = [job for job in suits if self.may_start(job, wall)]
        return min(ready, key=lambda job: (job.priority, job.order), default=None)

    def start(self, job: Job, session: str, until: int, wall: int) -> None:
        """Have a session begin to work on a job."""
        job.state, job.holder, job.lease_until = "running", session, until
        job.attempt += 1
        for key in job.under():
            if limit := self.limits.get(key):
                limit.started = [*limit.started, wall][-limit.starts :]

    def move(self, job: Job, state: str) -> None:
        """Move a job; what depends on it and asked for that ends with it."""
        job.state, job.holder = state, None
        job.due = job.due or state in ENDED
        if state in LOST:
            for each in self.jobs.values():
                if each.state == "pending" and each.needs.get(job.id) == "cancel":
                    self.move(each, "cancelled")

    def lapsing(self, steady: int) -> Iterator[Job]:
        """Yield the running jobs whose lease's end has come."""
        for job in [*self.jobs.values()]:
            if job.state == "running" and job.lease_until <= steady:
                yield job

    def coming_due(self, wall: int) -> Iterator[Job]:
        """Yield the jobs whose time has come."""
        for job in self.jobs.values():
            undue = job.state == "pending" and not job.due
            if job.run_at <= wall and (undue or job.state == "retry_scheduled"):
                yield job

    def sweep(self, steady: int, wall: int) -> None:
        """Do what is due."""
        for job in self.lapsing(steady):
            until = self.last_calls.get(job.holder or "", 0) + job.lease_ms
            if until > steady:
                job.lease_until = until
            else:
                self.move(job, "pending" if job.attempt < job.attempts else "dead_lettered")
        for job in self.coming_due(wall):
            job.state, job.due = "pending", True

    def grant(self, shift: int, steady: int) -> None:
        """Give every lease one more term."""
        for job in self.jobs.values():
            if job.state == "running":
                job.lease_until = max(job.lease_until + shift, steady + job.lease_ms)
