"""Limits: what one is about, whether it is reached, and when it lets the next job start. Pure.

A limit bounds how many jobs of a type, a workspace or a resource run at once, or how many start in
any window of a length, or both. A start counts whatever becomes of it. A resource without a limit
is one job's at a time; with one, it is so many jobs'.
"""

from collections.abc import Iterator, Sequence

from djobs_daemon.queue.correlation import normalise
from djobs_daemon.queue.finish import moment_text
from djobs_daemon.queue.present import as_milliseconds, moment, moment_if_any
from djobs_daemon.store.records import Bounds, JobRow, Limited, LimitRow
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.queue_requests import ClearLimit, SetLimit
from djobs_protocol.values import Limit


def limited(request: SetLimit | ClearLimit, workspace: str) -> Limited:
    """Return what a request means; a workspace defaults to the session's own."""
    scope, subject = request.scope, request.subject
    if scope == "workspace":
        chosen = normalise(subject) if subject else workspace
        if not chosen:
            raise _wrong("this session has no workspace; expected subject, a folder's path.")
        return Limited(scope, chosen)
    if not subject:
        raise _wrong(f"subject is missing; expected the {scope} to limit.")
    if scope == "type" or request.everywhere:
        return Limited(scope, subject)
    place = normalise(request.workspace) if request.workspace else workspace
    if not place:
        raise _wrong("expected workspace, the folder whose resource it is, or everywhere.")
    return Limited(scope, subject, place)


def bounds(request: SetLimit) -> Bounds:
    """Return what a request allows; it must allow something, and say in which time."""
    if request.running is None and request.starts is None:
        raise _wrong("expected running, how many at once, or starts, how many in window_seconds.")
    if (request.starts is None) != (request.window_seconds is None):
        raise _wrong("starts and window_seconds belong together: how many, in how long.")
    return Bounds(request.running, request.starts, as_milliseconds(request.window_seconds))


def concerns(limit: LimitRow, job: JobRow) -> bool:
    """Say whether a job counts under a limit."""
    if limit.scope == "resource":
        place = "" if job.resource_everywhere else job.workspace
        return (limit.subject, limit.place) == (job.resource_key, place)
    return limit.subject == (job.type if limit.scope == "type" else job.workspace)


def has_its_fill(limit: LimitRow) -> bool:
    """Say whether as many jobs run as may."""
    return limit.running is not None and limit.running_now >= limit.running


def opens_at(limit: LimitRow, now: int) -> int | None:
    """Return when a rate lets the next job start; None if it does now.

    A start that lies in the future, because the clock was set back, counts as one of now.
    """
    if limit.oldest_start is None or limit.window_ms is None:
        return None
    opens = min(limit.oldest_start, now) + limit.window_ms
    return opens if opens > now else None


def is_reached(limit: LimitRow, now: int) -> bool:
    """Say whether no further job may start now."""
    return has_its_fill(limit) or opens_at(limit, now) is not None


def reached_by(job: JobRow, limits: Sequence[LimitRow], now: int) -> Iterator[LimitRow]:
    """Yield the limits that keep a job from being claimed."""
    for limit in limits:
        if concerns(limit, job) and is_reached(limit, now):
            yield limit


def sentence(limit: LimitRow, now: int) -> str:
    """Say why a limit that is reached lets nothing start."""
    what = said(limit)
    if has_its_fill(limit):
        jobs = "1 running job" if limit.running == 1 else f"{limit.running} running jobs"
        return f"{what} is limited to {jobs}, and {limit.running_now} run."
    jobs = "1 start" if limit.starts == 1 else f"{limit.starts} starts"
    window = (limit.window_ms or 0) / 1000
    return (
        f"{what} is limited to {jobs} in {window:g} s; next at {moment_text(opens_at(limit, now))}."
    )


def said(limit: LimitRow | Limited) -> str:
    """Return what is limited in words, to begin a sentence with."""
    if limit.scope != "resource":
        return f"The {limit.scope} {limit.subject}"
    of = f" of {limit.place}" if limit.place else " of all workspaces"
    return f"The resource {limit.subject!r}{of}"


def present_limit(limit: LimitRow, now: int) -> Limit:
    """Return the public form of a limit."""
    opens = opens_at(limit, now)
    return Limit(
        scope=limit.scope,
        subject=limit.subject,
        workspace=limit.place or None,
        running=limit.running,
        starts=limit.starts,
        window_seconds=None if limit.window_ms is None else limit.window_ms / 1000,
        running_now=limit.running_now,
        opens_at=moment_if_any(opens),
        since=moment(limit.at),
        session=limit.session,
    )


def not_limited(what: Limited) -> DjobsError:
    """Return the refusal of ending a limit that is none."""
    return DjobsError(ErrorCode.CONFLICT, f"{said(what)} has no limit.")


def _wrong(message: str) -> DjobsError:
    return DjobsError(ErrorCode.INVALID_PARAMS, message)
