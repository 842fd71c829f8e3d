"""Failed work is tried again with growing pauses, and not for ever."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from djobs_daemon.queue.retry import RetryPolicy, after_failure, delay_ms, policy_of
from djobs_protocol.states import EventKind, JobState
from tests.queue.rows import row

CHANCE = st.floats(0, 1, exclude_max=True)


@given(st.integers(1, 10_000), CHANCE)
def test_a_pause_stays_between_its_bounds(attempt: int, chance: float) -> None:
    policy = RetryPolicy(base_ms=1000, factor=2, cap_ms=60_000, jitter=0.5)
    full = min(1000 * 2 ** min(attempt - 1, 30), 60_000)
    assert full * 0.5 <= delay_ms(policy, attempt, chance) <= full


def test_pauses_double_without_jitter() -> None:
    policy = RetryPolicy(base_ms=10, jitter=0, cap_ms=70)
    assert [delay_ms(policy, attempt, 0.9) for attempt in (1, 2, 3, 4)] == [10, 20, 40, 70]


@pytest.mark.parametrize(
    ("changes", "may_retry", "event"),
    [
        ({"state": JobState.PENDING}, True, EventKind.FAILED),
        ({"state": JobState.RUNNING, "attempt": 1}, True, EventKind.RETRY_SCHEDULED),
        ({"state": JobState.RUNNING, "attempt": 3}, True, EventKind.DEAD_LETTERED),
        ({"state": JobState.RUNNING, "attempt": 1}, False, EventKind.FAILED),
    ],
)
def test_d22_a_failure_uses_the_attempts_a_claim_has(
    changes: dict[str, Any], may_retry: bool, event: EventKind
) -> None:
    assert after_failure(row(**changes), may_retry=may_retry) is event


def test_a_job_may_have_a_policy_of_its_own() -> None:
    own = msgspec.json.encode(RetryPolicy(base_ms=1)).decode()
    assert policy_of(row(retry_policy=own)).base_ms == 1
    assert policy_of(row()) == RetryPolicy()
