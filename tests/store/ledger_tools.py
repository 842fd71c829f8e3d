"""Short words for what the store's tests do all the time."""

from collections.abc import Sequence
from typing import Any

import msgspec

from djobs_daemon.store.interface import Ledger, Store
from djobs_daemon.store.records import Actor, JobDraft, JobFilter, JobRow, Need, RequestKey
from djobs_protocol.job_replies import EnqueuedJob, EnqueuedJobs, FinishedJob
from djobs_protocol.states import EventKind, JobState

HERE = "/home/ann/project"
ACTOR = Actor("session-of-ann-0001", "mcp", None, HERE, "claude-code 2.0", 4242)
OTHER = Actor("session-of-bob-0002", "cli", "bob", HERE, "djobsctl 0.1", 4343)
MINUTE_MS = 60_000


class Clock:
    """A clock that stands still until it is moved. Milliseconds since the epoch."""

    def __init__(self, now: int = 1_800_000_000_000) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def advance(self, ms: int) -> None:
        self.now += ms


def draft(**changes: Any) -> JobDraft:
    """Return a job to enqueue; override any field."""
    values: dict[str, Any] = {
        "type": "edit",
        "payload": '{"path":"src/main.py"}',
        "correlation_id": HERE,
        "workspace": HERE,
        "priority": 5,
        "max_attempts": 3,
    }
    needs = changes.pop("depends_on", ())
    values["depends_on"] = tuple(need if isinstance(need, Need) else Need(need) for need in needs)
    return JobDraft(**values | changes)


def inserting(*drafts: JobDraft) -> Any:
    """Return work that inserts drafts."""

    def work(ledger: Ledger) -> EnqueuedJobs:
        rows = ledger.insert_jobs(drafts)
        jobs = [EnqueuedJob(id=row.id, state=row.state) for row in rows]
        return EnqueuedJobs(correlation_id=drafts[0].correlation_id, jobs=jobs)

    return work


def moving(job_id: str, event: EventKind, note: str | None = None, **changes: Any) -> Any:
    """Return work that moves a job."""

    def work(ledger: Ledger) -> FinishedJob:
        job = ledger.job(job_id)
        assert job is not None
        moved = ledger.move(job, event, note, **changes)
        count = ledger.count_unfinished(job.correlation_id)
        return FinishedJob(
            id=job_id, state=moved.state, correlation_id=job.correlation_id, unfinished=count
        )

    return work


async def enqueue(store: Store, *drafts: JobDraft, actor: Actor = ACTOR) -> list[str]:
    """Insert jobs (one plain one if none is given) and return their ids."""
    answer = await store.write(actor, inserting(*(drafts or (draft(),))))
    return [job.id for job in msgspec.json.decode(answer, type=EnqueuedJobs).jobs]


async def move(
    store: Store,
    job_id: str,
    event: EventKind,
    note: str | None = None,
    actor: Actor = ACTOR,
    **changes: Any,
) -> FinishedJob:
    """Move a job in a write of its own."""
    answer = await store.write(actor, moving(job_id, event, note, **changes))
    return msgspec.json.decode(answer, type=FinishedJob)


async def claim(store: Store, job_id: str, actor: Actor = ACTOR, until: int = 2**40) -> None:
    """Take a lease."""
    await move(store, job_id, EventKind.CLAIMED, actor=actor, lease_expires_at=until)


async def get(store: Store, job_id: str) -> JobRow:
    """Return a job that is there."""
    job = await store.read(lambda view: view.job(job_id))
    assert job is not None
    return job


async def listed(
    store: Store, states: Sequence[JobState] = (), correlation_id: str | None = HERE
) -> list[str]:
    """Return the ids of the first page of jobs."""
    which = JobFilter(correlation_id, tuple(states))
    jobs, _ = await store.read(lambda view: view.list_jobs(which, 500, None))
    return [job.id for job in jobs]


def key(number: str, session: str = ACTOR.session, digest: bytes = b"digest-1") -> RequestKey:
    """Return a request key."""
    return RequestKey(session, number, digest)
