"""When to wake, and which leases have lapsed. Pure."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from djobs_daemon.queue.leases import lease_ms
from djobs_daemon.store.records import Deadlines, HeldJob

LOOK_AT_WALL_CLOCK_MS: Final = 60_000
"""While something waits for a time of day, the clock is looked at so often: it may be set."""


class Judgement(NamedTuple):
    """What becomes of leases whose end has come."""

    renewed: list[tuple[HeldJob, int]]
    """Their holder called since; with the new end."""
    lapsed: list[HeldJob]


def next_wake_ms(deadlines: Deadlines, steady_now: int, wall_now: int) -> int | None:
    """Return in how many milliseconds something is due; None when nothing will be."""
    waits = []
    if deadlines.lease is not None:
        waits.append(deadlines.lease - steady_now)
    waits += [
        min(moment - wall_now, LOOK_AT_WALL_CLOCK_MS)
        for moment in (
            deadlines.retry,
            deadlines.run_at,
            deadlines.schedule,
            next_opening(deadlines, wall_now),
        )
        if moment is not None
    ]
    return max(0, min(waits)) if waits else None


def next_opening(deadlines: Deadlines, wall_now: int) -> int | None:
    """Return when the next rate lets a job start that holds them up now."""
    return min((moment for moment in deadlines.opens if moment > wall_now), default=None)


def judge(lapsing: Iterable[HeldJob], last_calls: Mapping[str, int], now: int) -> Judgement:
    """Decide about leases whose end has come: any call of the holder since has renewed it.

    So do checks that run on its report: it has nothing to do until they have.
    """
    renewed, lapsed = [], []
    for job in lapsing:
        since = now if job.offered else last_calls.get(job.session, 0)
        until = since + lease_ms(job)
        if until > now:
            renewed.append((job, until))
        else:
            lapsed.append(job)
    return Judgement(renewed, lapsed)


def granted(held: Iterable[HeldJob], shift_ms: int, now: int) -> list[tuple[HeldJob, int]]:
    """Return the new ends of all leases after a gap: moved with the clock, and one more term (R15).

    ``now`` is the steady clock's after it was put right.
    """
    return [(job, max(job.lease_expires_at + shift_ms, now + lease_ms(job))) for job in held]
