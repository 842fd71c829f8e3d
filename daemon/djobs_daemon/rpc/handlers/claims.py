"""Working on jobs: claim, renew, give back."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

import anyio

from djobs_daemon.app import App
from djobs_daemon.queue import correlation, finish, leases, limits
from djobs_daemon.queue.limits import reached_by
from djobs_daemon.queue.pauses import holding_up, sentence
from djobs_daemon.queue.present import as_milliseconds, moment_if_any, present_job
from djobs_daemon.queue.texts import bounded_if_given
from djobs_daemon.rpc.handlers.jobs import existing
from djobs_daemon.scheduler.taking import find_next
from djobs_daemon.store.interface import Ledger
from djobs_daemon.store.records import (
    Actor,
    Done,
    JobRow,
    Ready,
    RequestKey,
    Wanted,
    as_ready,
    encode_reply,
)
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.job_replies import ClaimedJob, MovedJob
from djobs_protocol.job_requests import ClaimJob, HeartbeatJob, ReleaseJob
from djobs_protocol.states import EventKind
from djobs_protocol.values import ManagedBy

NOTHING = encode_reply(Done())
NONE = encode_reply(ClaimedJob())


class Found(NamedTuple):
    """What a look brought."""

    answer: bytes
    job: Ready | None


async def claim(app: App, actor: Actor, request: ClaimJob, key: RequestKey | None) -> bytes:
    """Take a job; wait for one as long as asked."""
    if request.managed_by == "executor":
        raise DjobsError(
            ErrorCode.INVALID_PARAMS, "Work for an executor is taken by the daemon alone."
        )
    if request.agent_id is not None:
        actor = actor._replace(agent=request.agent_id)
    wanted = _wanted(app, actor, request)

    job: JobRow | None = None
    looked_through = True

    def work(ledger: Ledger) -> ClaimedJob | Done:
        nonlocal job, looked_through
        job, looked_through = _find(ledger, wanted, request.job_id)
        return Done() if job is None else _claimed(app, ledger, job, request)

    async def look() -> Found:
        while True:
            answer = await app.store.write(actor, work, key)
            if answer != NOTHING or looked_through:
                return Found(answer, None if job is None else as_ready(job))

    if request.wait_seconds:
        answer = await _waiting(app, wanted, request.wait_seconds, look)
    else:
        answer = (await look()).answer
    return NONE if answer == NOTHING else answer


async def _waiting(
    app: App, wanted: Wanted, seconds: float, look: Callable[[], Awaitable[Found]]
) -> bytes:
    """Look again whenever something may have become ready, until there is a job or time is up."""
    with app.work.waiters.waiting(wanted) as waiter, anyio.move_on_after(seconds):
        while True:
            with anyio.CancelScope(shield=True):
                answer, job = await look()
                waiter.found(job)
            if answer != NOTHING:
                return answer
            with app.requests.resting():
                await waiter.wait()
    return NOTHING


def _wanted(app: App, actor: Actor, request: ClaimJob) -> Wanted:
    if request.everywhere or (request.correlation_id is None and not actor.workspace):
        workspace, chosen = None, None
    elif request.correlation_id is not None:
        workspace, chosen = None, correlation.normalise(request.correlation_id)
    else:
        workspace, chosen = actor.workspace, None
    return Wanted(
        managed_by=request.managed_by,
        types=tuple(request.types),
        workspace=workspace,
        correlation_id=chosen,
        after_workspace=app.work.after_workspace(request.managed_by),
    )


def _find(ledger: Ledger, wanted: Wanted, job_id: str | None) -> tuple[JobRow | None, bool]:
    """Return the job to take, and whether all were looked at that come before."""
    if job_id is not None:
        return _named(ledger, job_id, wanted.managed_by), True
    return find_next(ledger, wanted)


def _named(ledger: Ledger, job_id: str, managed_by: ManagedBy) -> JobRow:
    job = existing(ledger, job_id)
    leases.require_claimable(job, managed_by)
    for pause in holding_up(job, ledger.pauses()):
        raise DjobsError(ErrorCode.ILLEGAL_TRANSITION, f"{job.id} may not start: {sentence(pause)}")
    for limit in reached_by(job, ledger.limits(), ledger.now):
        raise DjobsError(
            ErrorCode.ILLEGAL_TRANSITION,
            f"{job.id} may not start yet. {limits.sentence(limit, ledger.now)}",
        )
    holder = ledger.resource_holder(job)
    if holder is not None:
        raise DjobsError(
            ErrorCode.NOT_HOLDER,
            f"{job.id} needs {job.resource_key!r}, which {holder.id} holds: "
            f"{finish.held(holder).message}",
            holder=holder.holder_session,
        )
    return job


def _claimed(app: App, ledger: Ledger, job: JobRow, request: ClaimJob) -> ClaimedJob:
    asked = as_milliseconds(request.lease_seconds)
    until = app.work.clock.now() + leases.lease_ms(job, asked)
    held = ledger.move(job, EventKind.CLAIMED, lease_expires_at=until, held_ms=asked)
    app.work.served(request.managed_by, job.workspace)
    return ClaimedJob(job=present_job(held))


async def heartbeat(app: App, actor: Actor, request: HeartbeatJob, key: RequestKey | None) -> bytes:
    """Renew a lease."""

    def work(ledger: Ledger) -> MovedJob:
        job = existing(ledger, request.job_id)
        leases.require_holder(job, actor.session, request.generation)
        asked = as_milliseconds(request.lease_seconds)
        until = app.work.clock.now() + leases.lease_ms(job, asked)
        ledger.extend_lease(job.id, max(until, job.lease_expires_at or 0))
        return moved(job, until)

    return await app.store.write(actor, work, key)


async def release(app: App, actor: Actor, request: ReleaseJob, key: RequestKey | None) -> bytes:
    """Give a running job back."""
    reason = bounded_if_given("reason", request.reason)

    def work(ledger: Ledger) -> MovedJob:
        job = existing(ledger, request.job_id)
        leases.require_holder(job, actor.session, request.generation)
        return moved(ledger.move(job, EventKind.RELEASED, reason))

    return await app.store.write(actor, work, key)


def moved(job: JobRow, lease_until: int | None = None) -> MovedJob:
    """Return the answer that says how a job stands now."""
    return MovedJob(
        id=job.id,
        state=job.state,
        generation=job.generation,
        attempt=job.attempt,
        max_attempts=job.max_attempts,
        lease_expires_at=moment_if_any(lease_until),
    )
