"""Jobs at a glance, and what they wait for, gathered. Pure."""

import shlex
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec

from djobs_daemon.queue.present import moment, moment_if_any
from djobs_daemon.queue.texts import clip
from djobs_daemon.store.overview_records import WaitingGroup
from djobs_daemon.store.records import JobRow
from djobs_daemon.store.usage_records import MICROS_PER_USD
from djobs_protocol.overview_messages import Glance, Waiting
from djobs_protocol.reading_replies import Obstacle
from djobs_protocol.states import JobState

WHAT_CHARS: Final = 200
ERROR_CHARS: Final = 300
TELLING: Final = ("title", "task", "prompt", "description", "file", "path", "url")
"""Members of a payload that say best what it is about, the best first."""
APART: Final = frozenset({"paused", "limit", "budget", "executor", "unclaimed"})
"""Kinds whose texts name what stands in the way of all alike, so that each is a line of its own."""

_decode = msgspec.json.Decoder().decode


class Paid(NamedTuple):
    """What a job has used so far. ``usd_micros`` None: of what has no known price, or nothing."""

    usd_micros: int | None
    tokens: int


class Waits(NamedTuple):
    """A group of jobs, and what keeps the first of them from starting."""

    group: WaitingGroup
    managed_by: str
    obstacle: Obstacle | None


def glance(job: JobRow, paid: Paid) -> Glance:
    """Return a job in a line; ``since`` is its start, or its end where it has ended."""
    running = job.state is JobState.RUNNING
    since = (job.started_at if running else job.finished_at) or job.updated_at
    error = None if running or job.last_error is None else clip(job.last_error, ERROR_CHARS)
    return Glance(
        id=job.id,
        type=job.type,
        state=job.state,
        managed_by=job.managed_by,
        workspace=job.workspace,
        correlation_id=job.correlation_id,
        what=headline(job),
        since=moment(since),
        attempt=job.attempt,
        max_attempts=job.max_attempts,
        holder=(job.holder_agent or job.holder_session) if running else None,
        lease_expires_at=moment_if_any(job.lease_expires_at),
        paused=running and job.paused_at is not None,
        stopping=running and job.stop_requested_at is not None,
        checking=running and job.offered_in is not None,
        error=error,
        cost_usd=None if paid.usd_micros is None else paid.usd_micros / MICROS_PER_USD,
        tokens=paid.tokens,
    )


def headline(job: JobRow) -> str:
    """Say in a few words what a job is about."""
    return clip(" ".join(_telling(_decode(job.payload)).split()), WHAT_CHARS)


def _telling(payload: Any) -> str:
    if isinstance(payload, dict):
        spec = payload.get("spec")
        if isinstance(spec, list):
            return shlex.join(map(str, spec))
        told = next((payload[name] for name in ("spec", *TELLING) if payload.get(name)), None)
        if told is None and len(payload) == 1:
            told = next(iter(payload.values()))
        payload = payload if told is None else told
    if isinstance(payload, str):
        return payload
    return "" if payload in ({}, [], None) else msgspec.json.encode(payload).decode()


def gathered(found: Iterable[Waits], lost: int) -> list[Waiting]:
    """Put together what waits for the same, the most jobs first.

    ``lost`` of those that wait for others will never start by themselves.
    """
    lines: dict[tuple[str, str], Waiting] = {}
    for each in found:
        line = _line(each)
        key = line.kind, line.text if line.kind in APART else ""
        lines[key] = _sum(lines[key], line) if key in lines else line
    return sorted(_without(lines.values(), lost), key=lambda line: -line.jobs)


def lost_line(jobs: int, first: str, text: str) -> Waiting:
    """Return the line of the jobs that nothing but somebody's word will ever start."""
    return Waiting(kind="lost", jobs=jobs, job_id=first, text=text)


def _line(waits: Waits) -> Waiting:
    group = waits.group
    if waits.obstacle is None:
        return _free(waits)
    match waits.obstacle.kind:
        case "ended" | "running":
            return _free(waits)
        case "schedule" | "back_off" as kind:
            until: datetime | None = moment(group.run_at)
        case kind:
            until = waits.obstacle.until
    text = waits.obstacle.text
    return Waiting(kind=kind, jobs=group.jobs, job_id=group.job_id, text=text, until=until)


def _free(waits: Waits) -> Waiting:
    """Return the line of jobs that nothing keeps from starting."""
    group = waits.group
    if waits.managed_by == "executor":
        text = "It is about to begin."
        return Waiting(kind="executor", jobs=group.jobs, job_id=group.job_id, text=text)
    text = f"No {waits.managed_by} has claimed it."
    return Waiting(kind="unclaimed", jobs=group.jobs, job_id=group.job_id, text=text)


def _sum(one: Waiting, other: Waiting) -> Waiting:
    times = [each for each in (one.until, other.until) if each is not None]
    first = max((one, other), key=lambda each: each.jobs)
    return msgspec.structs.replace(
        first, jobs=one.jobs + other.jobs, until=min(times, default=None)
    )


def _without(lines: Iterable[Waiting], lost: int) -> Iterable[Waiting]:
    """Take the lost ones, which have a line of their own, out of those that wait for others."""
    for line in lines:
        left = line.jobs - lost if line.kind == "dependency" else line.jobs
        if left > 0:
            yield msgspec.structs.replace(line, jobs=left)


def unexamined(groups: Sequence[WaitingGroup], waiting: int) -> int:
    """Return how many jobs wait that are in none of the groups."""
    return max(0, waiting - sum(group.jobs for group in groups))
