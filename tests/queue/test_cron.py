"""Cron's times are Debian's, also on the days on which clocks are changed."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from djobs_daemon.queue.cron import ALIASES, newest, next_after, upcoming
from djobs_protocol.errors import DjobsError, ErrorCode

BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"
HOUR_MS = 3_600_000
YEAR_MS = 366 * 24 * HOUR_MS
EXPRESSIONS = (
    *("* * * * *", "*/7 * * * *", "30 * * * *", "0 */5 * * *", "30 2 * * *", "0,30 1,2,3 * * *"),
    *("15 2 29 2 *", "0 0 L * *", "5 3 1 * MON", "30 1-3 * * SUN", "@daily", "*/20 2 * * SUN"),
)


def ms(zone: str, *when: int) -> int:
    return round(datetime(*when, tzinfo=ZoneInfo(zone)).timestamp() * 1000)  # type: ignore[misc,arg-type]


def shown(zone: str, times: list[int]) -> list[str]:
    return [
        datetime.fromtimestamp(each / 1000, ZoneInfo(zone)).strftime("%m-%d %H:%M%z")
        for each in times
    ]


@pytest.mark.parametrize(
    ("zone", "day", "expected"),
    [
        (BERLIN, (2027, 3, 27, 12), ["03-28 03:00+0200", "03-29 02:30+0200"]),
        (NEW_YORK, (2027, 3, 13, 12), ["03-14 03:00-0400", "03-15 02:30-0400"]),
        (BERLIN, (2027, 10, 30, 12), ["10-31 02:30+0200", "11-01 02:30+0100"]),
        (NEW_YORK, (2027, 11, 6, 12), ["11-07 02:30-0500", "11-08 02:30-0500"]),
    ],
)
def test_a_run_at_half_past_two_comes_once_on_every_day(
    zone: str, day: tuple[int, ...], expected: list[str]
) -> None:
    assert shown(zone, upcoming("30 2 * * *", zone, ms(zone, *day), 2)) == expected


def test_within_the_hour_that_comes_twice_the_next_run_lies_ahead() -> None:
    first = ms(NEW_YORK, 2027, 11, 7, 1, 30)
    second_one_fifteen = first + HOUR_MS - 15 * 60_000
    found = next_after("30 1 * * *", NEW_YORK, second_one_fifteen)
    assert found is not None
    assert shown(NEW_YORK, [found]) == ["11-08 01:30-0500"]
    assert newest("30 1 * * *", NEW_YORK, 0, second_one_fifteen, 1) == [first]


def test_what_runs_every_half_hour_does_so_in_elapsed_time() -> None:
    for day in ((2027, 3, 28, 0, 30), (2027, 10, 31, 0, 30)):
        times = upcoming("*/30 * * * *", BERLIN, ms(BERLIN, *day), 12)
        assert {later - one for one, later in pairwise(times)} == {HOUR_MS / 2}


def test_a_time_is_later_than_the_one_it_comes_after() -> None:
    nine = ms("UTC", 2027, 1, 15, 9)
    assert next_after("0 9 * * *", "UTC", nine - 1) == nine
    assert next_after("0 9 * * *", "UTC", nine) == nine + 24 * HOUR_MS
    assert newest("0 9 * * *", "UTC", nine, nine, 5) == [nine]
    assert newest("0 9 * * *", "UTC", nine + 1, nine + 5, 5) == []


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(EXPRESSIONS),
    st.sampled_from([BERLIN, NEW_YORK, "Africa/Cairo", "Australia/Lord_Howe", "UTC"]),
    st.one_of(
        st.integers(ms("UTC", 2026, 1, 1), ms("UTC", 2027, 12, 31)),
        st.integers(ms(BERLIN, 2027, 3, 27, 23), ms(BERLIN, 2027, 3, 28, 6)),
        st.integers(ms(BERLIN, 2027, 10, 30, 23), ms(BERLIN, 2027, 10, 31, 6)),
        st.integers(ms(NEW_YORK, 2027, 11, 6, 23), ms(NEW_YORK, 2027, 11, 7, 6)),
    ),
)
def test_the_newest_of_a_span_are_its_last_times(expression: str, zone: str, at: int) -> None:
    forwards = upcoming(expression, zone, at, 8)
    assert forwards == sorted(set(forwards))
    assert newest(expression, zone, at + 1, forwards[-1], 100) == forwards
    assert newest(expression, zone, at + 1, forwards[-1], 3) == forwards[-3:]


def test_a_year_that_was_missed_costs_as_little_as_a_day() -> None:
    until = ms("UTC", 2027, 6, 1)
    assert len(newest("* * * * *", BERLIN, until - YEAR_MS, until, 5)) == 5


@pytest.mark.parametrize("alias", ALIASES)
def test_every_alias_has_its_times(alias: str) -> None:
    after = ms("UTC", 2027, 1, 15)
    found = next_after(alias.upper(), "UTC", after)
    assert found is not None
    assert (
        timedelta(0)
        < datetime.fromtimestamp(found / 1000, UTC) - datetime(2027, 1, 15, tzinfo=UTC)
        <= timedelta(days=366)
    )


@settings(max_examples=200, deadline=None)
@given(st.text("0123456789*/-,#LWMONa@ ?\u0661", max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    said = ""
    try:
        next_after(text, "UTC", 0)
    except DjobsError as refusal:
        said = f"{refusal.code} {refusal.message}"
    assert not said or said.startswith(ErrorCode.INVALID_PARAMS)


def test_a_daemon_without_schedules_loads_nothing_for_them() -> None:
    look = "import sys, djobs_daemon.rpc.dispatch; print({'cronsim', 'zoneinfo'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, check=True, text=True)
    assert done.stdout == "set()\n"
