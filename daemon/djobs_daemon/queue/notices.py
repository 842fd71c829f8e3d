"""Whether to give a notice now: once in its window, and not while its kind cools down. Pure."""

from typing import Literal, NamedTuple

from djobs_daemon.queue.present import moment
from djobs_daemon.store.upkeep_records import DeliveryRow
from djobs_protocol.values import Delivery

Reason = Literal["given_before", "cooling_down"]


class Verdict(NamedTuple):
    """What becomes of a notice."""

    reason: Reason | None
    """Why it is not given; None: it is."""
    again_at: int | None
    """From when on the same would be granted; None: never."""


def judge(
    before: DeliveryRow | None,
    last_of_kind: int | None,
    window_ms: int | None,
    cooldown_ms: int | None,
    now: int,
) -> Verdict:
    """Decide about a notice; without a window it is given once for ever."""
    if before is not None and window_ms is None:
        return Verdict("given_before", None)
    free_at = 0 if before is None or window_ms is None else before.last_at + window_ms
    cool_at = 0 if last_of_kind is None or cooldown_ms is None else last_of_kind + cooldown_ms
    if free_at > now:
        return Verdict("given_before", max(free_at, cool_at))
    if cool_at > now:
        return Verdict("cooling_down", cool_at)
    if window_ms is None:
        return Verdict(None, None)
    return Verdict(None, now + max(window_ms, cooldown_ms or 0))


def remembered_until(window_ms: int | None, cooldown_ms: int | None, now: int) -> int | None:
    """Return until when a notice given now has to be remembered; None: for ever."""
    return None if window_ms is None else now + max(window_ms, cooldown_ms or 0)


def present_delivery(row: DeliveryRow) -> Delivery:
    """Return the public form of a notice that was given."""
    return Delivery(
        **row.notice._asdict(),
        times=row.times,
        first_at=moment(row.first_at),
        last_at=moment(row.last_at),
    )
