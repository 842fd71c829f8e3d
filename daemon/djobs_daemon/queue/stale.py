"""What does not get on by itself, and what to say of it. Pure."""

from collections.abc import Iterable, Iterator, Mapping

from djobs_daemon.queue.finish import ended_text
from djobs_daemon.queue.leases import lease_ms
from djobs_daemon.queue.present import moment
from djobs_daemon.store.records import HeldJob, JobRow
from djobs_daemon.store.upkeep_records import Lost
from djobs_protocol.states import JobState
from djobs_protocol.values import StaleJob, StaleKind


def last_sign(held: HeldJob, last_calls: Mapping[str, int], now: int) -> int:
    """Return when something was heard of a job's holder last, as far as is known."""
    renewed = held.lease_expires_at - lease_ms(held)
    return min(now, max(renewed, last_calls.get(held.session, 0)))


def silent(
    held: Iterable[HeldJob], last_calls: Mapping[str, int], before: int, now: int
) -> list[tuple[int, str]]:
    """Return running jobs whose holder was not heard of since ``before``, the longest first."""
    signs = ((last_sign(each, last_calls, now), each.id) for each in held)
    return sorted((at, job_id) for at, job_id in signs if at <= before)


def silent_job(job: JobRow, since: int) -> StaleJob:
    """Say that nothing is heard of who works on a job."""
    who = job.holder_agent or f"session {job.holder_session}"
    return _stale(job, "silent", since, f"{who} works on it and was not heard of since.")


def unclaimed(jobs: Iterable[JobRow]) -> Iterator[StaleJob]:
    """Say of each job that nobody takes it."""
    for job in jobs:
        yield _stale(job, "unclaimed", job.updated_at, f"No {job.managed_by} has taken it.")


def overdue(jobs: Iterable[JobRow]) -> Iterator[StaleJob]:
    """Say of each job that its time has passed."""
    for job in jobs:
        retry = job.state is JobState.RETRY_SCHEDULED
        what = "Its next attempt was due then." if retry else "It was to start then."
        yield _stale(job, "overdue", job.run_at, what)


def blocked(lost: Iterable[Lost]) -> Iterator[StaleJob]:
    """Say of each job what it waits for in vain."""
    for job, needs, state in lost:
        text = f"It needs {needs}, which {ended_text(state)}: retry that one, or cancel this."
        yield _stale(job, "blocked", job.updated_at, text)


def failed(jobs: Iterable[JobRow], before: int) -> Iterator[StaleJob]:
    """Say of each job that failed before a time that nobody has acted on it."""
    for job in jobs:
        if job.finished_at is not None and job.finished_at <= before:
            text = f"It {ended_text(job.state)}: retry it, or archive it."
            yield _stale(job, "failed", job.finished_at, text)


def _stale(job: JobRow, kind: StaleKind, since: int, text: str) -> StaleJob:
    return StaleJob(
        id=job.id,
        kind=kind,
        type=job.type,
        state=job.state,
        correlation_id=job.correlation_id,
        since=moment(since),
        text=text,
    )
