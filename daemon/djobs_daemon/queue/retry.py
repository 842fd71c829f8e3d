"""Whether, and when, failed work is tried again. Pure: the random number comes in."""

from typing import Annotated, Final

import msgspec

from djobs_daemon.queue.present import as_milliseconds
from djobs_daemon.store.records import JobRow
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.states import EventKind, JobState
from djobs_protocol.values import Retry


class RetryPolicy(msgspec.Struct, frozen=True, omit_defaults=True):
    """Exponential back-off: ``base`` times ``factor`` for each attempt before, at most ``cap``."""

    base_ms: Annotated[int, msgspec.Meta(ge=0)] = 5_000
    factor: Annotated[float, msgspec.Meta(ge=1, le=10)] = 2.0
    cap_ms: Annotated[int, msgspec.Meta(ge=0)] = 15 * 60 * 1000
    jitter: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.2
    """Share of the delay that is left to chance, so that what failed together is not tried so."""


POLICY_DEFAULT: Final = RetryPolicy()
_decode = msgspec.json.Decoder(RetryPolicy).decode
_encode = msgspec.json.Encoder().encode


def policy_of(job: JobRow) -> RetryPolicy:
    """Return the policy of a job: its own where it has one."""
    return POLICY_DEFAULT if job.retry_policy is None else _decode(job.retry_policy)


def stored_policy(own: Retry | None, of_type: Retry | None = None) -> str | None:
    """Return what is stored with a job: what differs from the built-in policy, None for nothing.

    Raises ``INVALID_PARAMS`` if the first pause would be cut by the cap: nobody means that.
    """
    asked: dict[str, float] = {}
    for each in (of_type, own):
        if each is not None:
            asked |= {name: value for name, value in _members(each) if value is not None}
    if not asked:
        return None
    policy = RetryPolicy(**asked)  # type: ignore[arg-type]  # milliseconds are whole
    if policy.base_ms > policy.cap_ms:
        raise DjobsError(
            ErrorCode.INVALID_PARAMS,
            f"the retry's base_seconds {policy.base_ms / 1000:g} is over its cap_seconds "
            f"{policy.cap_ms / 1000:g}; expected a higher cap_seconds.",
        )
    return _encode(policy).decode()


def _members(asked: Retry) -> list[tuple[str, float | None]]:
    return [
        ("base_ms", as_milliseconds(asked.base_seconds)),
        ("factor", asked.factor),
        ("cap_ms", as_milliseconds(asked.cap_seconds)),
        ("jitter", asked.jitter),
    ]


def delay_ms(policy: RetryPolicy, attempt: int, chance: float) -> int:
    """Return the pause after the given attempt (from 1); ``chance`` is in [0, 1)."""
    exponent = min(attempt - 1, 64)
    full = min(policy.base_ms * policy.factor**exponent, float(policy.cap_ms))
    return round(full * (1 - policy.jitter * chance))


def after_failure(job: JobRow, *, may_retry: bool) -> EventKind:
    """Return what a reported failure means.

    A job that was reported without a claim never started an attempt: it failed, and stays visible.
    """
    if job.state is not JobState.RUNNING or not may_retry:
        return EventKind.FAILED
    if job.attempt < job.max_attempts:
        return EventKind.RETRY_SCHEDULED
    return EventKind.DEAD_LETTERED
