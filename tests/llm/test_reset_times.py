"""What headers say of the time at which a provider may be asked again."""

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from djobs_llm.reset_times import (
    DAILY_SECONDS,
    OVERLOAD_SECONDS,
    RATE_SECONDS,
    WAIT_MS_MAX,
    WAIT_MS_MIN,
    reset_at,
)

NOW = 1_800_000_000_000
NOW_SECONDS = NOW // 1000


def waits(headers: dict[str, str], message: str = "", *, overloaded: bool = False) -> float:
    """Return the seconds until the reset."""
    return (reset_at(headers, message, NOW, overloaded=overloaded) - NOW) / 1000


def moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(NOW_SECONDS + seconds, UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "30"}, 30),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after-ms": "2500", "retry-after": "30"}, 2.5),
        ({"retry-after": format_datetime(moment(90), usegmt=True)}, 90),
        ({"x-ratelimit-reset-requests": "6m0s"}, 360),
        ({"x-ratelimit-reset-tokens": "1h2m3.5s"}, 3723.5),
        ({"x-ratelimit-reset-tokens": "1500ms"}, 1.5),
        ({"anthropic-ratelimit-tokens-reset": moment(45).isoformat()}, 45),
        ({"anthropic-ratelimit-tokens-reset": "2027-01-15T08:01:00Z"}, 60),
        ({"anthropic-ratelimit-unified-reset": str(NOW_SECONDS + 20)}, 20),
    ],
)
def test_every_way_of_saying_a_time_is_understood(headers: dict[str, str], seconds: float) -> None:
    assert waits(headers) == seconds


def test_what_is_said_outright_counts_before_what_is_said_of_each_limit() -> None:
    headers = {"retry-after": "5", "anthropic-ratelimit-tokens-reset": moment(600).isoformat()}
    assert waits(headers) == 5


def test_a_limit_that_is_not_used_up_is_not_waited_for() -> None:
    headers = {
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "10s",
        "x-ratelimit-remaining-tokens": "500",
        "x-ratelimit-reset-tokens": "6m0s",
    }
    assert waits(headers) == 10


def test_of_the_limits_that_are_used_up_the_last_to_be_reset_counts() -> None:
    headers = {
        "anthropic-ratelimit-input-tokens-remaining": "0",
        "anthropic-ratelimit-input-tokens-reset": moment(10).isoformat(),
        "anthropic-ratelimit-output-tokens-remaining": "0",
        "anthropic-ratelimit-output-tokens-reset": moment(70).isoformat(),
    }
    assert waits(headers) == 70


@pytest.mark.parametrize(
    ("message", "overloaded", "seconds"),
    [
        ("", False, RATE_SECONDS),
        ("", True, OVERLOAD_SECONDS),
        ("Too many tokens per day, please wait", False, DAILY_SECONDS),
    ],
)
def test_where_nothing_is_said_a_time_is_assumed(
    message: str, overloaded: bool, seconds: int
) -> None:
    assert waits({}, message, overloaded=overloaded) == seconds


NAMES = st.sampled_from(
    [
        "retry-after",
        "retry-after-ms",
        "anthropic-ratelimit-tokens-reset",
        "anthropic-ratelimit-tokens-remaining",
        "x-ratelimit-reset-tokens",
        "x-ratelimit-remaining-tokens",
    ]
)
VALUES = st.one_of(
    st.text(max_size=40),
    st.floats().map(str),
    st.integers().map(str),
    st.datetimes().map(str),
    st.from_regex(r"(\d{1,20}(ms|s|m|h|d)){1,3}", fullmatch=True),
)


@given(st.dictionaries(NAMES, VALUES))
def test_no_header_leads_to_an_error_or_to_a_wait_beyond_the_bounds(
    headers: dict[str, str],
) -> None:
    assert WAIT_MS_MIN <= reset_at(headers, "", NOW, overloaded=False) - NOW <= WAIT_MS_MAX
