"""Why a job is not running, and when that changes. Pure."""

from collections.abc import Mapping, Sequence

from djobs_daemon.queue.dependencies import is_lost
from djobs_daemon.queue.finish import ended_text
from djobs_daemon.queue.limits import opens_at, reached_by
from djobs_daemon.queue.limits import sentence as sentence_of_limit
from djobs_daemon.queue.pauses import holding_up, sentence
from djobs_daemon.queue.present import moment, moment_if_any
from djobs_daemon.store.records import JobRow, LimitRow, PauseRow
from djobs_protocol.reading_replies import Obstacle
from djobs_protocol.states import TERMINAL_STATES, JobState


def obstacles(
    job: JobRow,
    needed: Mapping[str, JobState],
    resource_holder: JobRow | None,
    pauses: Sequence[PauseRow],
    limits: Sequence[LimitRow],
    now: int,
) -> list[Obstacle]:
    """Return everything that keeps a job from running now; empty when it may be claimed.

    ``needed`` are its unmet dependencies with their states, ``resource_holder`` the running job
    that has its resource, ``pauses`` and ``limits`` all that are in force at ``now``.
    """
    if job.state in TERMINAL_STATES:
        away = " and is archived" if job.archived_at is not None else ""
        text = f"It {ended_text(job.state)}{away}; retry opens it again."
        return [Obstacle(kind="ended", text=text)]
    if job.state is JobState.RUNNING:
        if job.paused_at is not None:
            text = "It is paused: what runs for it stands still until it is resumed."
            return [Obstacle(kind="paused", text=text), _running(job)]
        return [_running(job)]
    found = [_need(name, state) for name, state in needed.items()]
    if job.paused_at is not None:
        found.append(Obstacle(kind="paused", text="It is paused."))
    found += [Obstacle(kind="paused", text=sentence(each)) for each in holding_up(job, pauses)]
    if job.state is JobState.RETRY_SCHEDULED:
        attempt = f"Attempt {job.attempt} of {job.max_attempts} failed"
        text = f"{attempt}; the next one begins after a pause."
        found.append(Obstacle(kind="back_off", text=text, until=moment(job.run_at)))
    elif not job.due:
        found.append(
            Obstacle(kind="schedule", text="Its time has not come.", until=moment(job.run_at))
        )
    if resource_holder is not None:
        found.append(_resource(job, resource_holder))
    return [*found, *(_limit(each, now) for each in reached_by(job, limits, now))]


def _limit(limit: LimitRow, now: int) -> Obstacle:
    opens = opens_at(limit, now)
    until = moment_if_any(opens)
    return Obstacle(kind="limit", text=sentence_of_limit(limit, now), until=until)


def _need(name: str, state: JobState) -> Obstacle:
    if is_lost(state):
        return Obstacle(kind="dependency", text=lost_text(name, state), job_id=name)
    return Obstacle(kind="dependency", text=f"It waits for {name}, {state}.", job_id=name)


def lost_text(needed: str, state: JobState) -> str:
    """Say what a job needs that ended without success."""
    return f"It depends on {needed}, which {ended_text(state)}: retry or skip that one."


def _running(job: JobRow) -> Obstacle:
    until = moment_if_any(job.lease_expires_at)
    holder = job.holder_agent or job.holder_session
    if job.offered_in is not None:
        text = f"{holder} reported success, and djobs runs its checks: it succeeds when they pass."
        return Obstacle(kind="running", text=text)
    return Obstacle(kind="running", text=f"{holder} works on it.", until=until)


def _resource(job: JobRow, holder: JobRow) -> Obstacle:
    who = holder.holder_agent or holder.holder_session
    until = moment_if_any(holder.lease_expires_at)
    whose = " of all workspaces" if job.resource_everywhere else ""
    text = f"{holder.id}, held by {who}, has the resource {job.resource_key!r}{whose}."
    return Obstacle(kind="resource", text=text, job_id=holder.id, until=until)
