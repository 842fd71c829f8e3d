"""How long the next start must wait (R14)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from djobs_local.backoff import DELAY_SECONDS_MAX, MEMORY_SECONDS, delay_seconds
from djobs_local.settings import SETTINGS
from djobs_shim.patience import AWAY_SECONDS_MAX

NOW = 1_000_000.0


@pytest.mark.parametrize(
    ("starts", "wait"),
    [(0, 0), (1, 0), (2, 0), (3, 1), (4, 2), (5, 4), (6, 8), (7, 16), (8, 30), (20, 30)],
)
def test_three_starts_are_free_and_then_the_wait_doubles(starts: int, wait: float) -> None:
    assert delay_seconds([NOW] * starts, NOW) == wait


def test_the_wait_counts_from_the_last_start() -> None:
    assert delay_seconds([NOW - 3, NOW - 2, NOW - 1.5, NOW - 0.5], NOW) == 1.5
    assert delay_seconds([NOW - 3, NOW - 2, NOW - 2.5, NOW - 2], NOW) == 0


def test_old_starts_and_starts_of_the_future_are_ignored() -> None:
    strange = [NOW - MEMORY_SECONDS, NOW - 10 * MEMORY_SECONDS, NOW + 1, NOW + 10**9]
    assert delay_seconds(strange * 3, NOW) == 0


def test_a_maximum_of_zero_turns_it_off() -> None:
    assert delay_seconds([NOW] * 20, NOW, 0) == 0


def test_a_minute_of_polling_sees_at_most_eight_starts() -> None:
    starts: list[float] = []
    for tick in range(600):
        if delay_seconds(starts, NOW + tick / 10) == 0:
            starts.append(NOW + tick / 10)
    assert len(starts) == 8


def test_no_pause_outlasts_the_patience_of_a_session() -> None:
    (setting,) = [each for each in SETTINGS if each.name == "start_backoff_max_seconds"]

    assert setting.default == DELAY_SECONDS_MAX
    assert 2 * DELAY_SECONDS_MAX <= AWAY_SECONDS_MAX  # the other half is for the start itself


def test_deaths_a_minute_ago_cost_nothing_now() -> None:
    assert delay_seconds([NOW - 61] * 12, NOW) == 0
    assert delay_seconds([NOW - 61] * 9 + [NOW - 59, NOW - 1], NOW) == 0


@given(st.lists(st.floats(0, 2 * NOW)), st.floats(0, 600))
def test_the_wait_is_never_negative_nor_over_its_maximum(
    starts: list[float], maximum: float
) -> None:
    assert 0 <= delay_seconds(starts, NOW, maximum) <= maximum
