"""What a run may take: reserved before it begins, drawn while it runs, never twice the same."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from djobs_daemon.queue.budget_table import BudgetTable, Rate, Sums, budget_table
from djobs_daemon.queue.budgets import (
    Amounts,
    Budget,
    Reached,
    Standing,
    Unit,
    admit,
    draw,
    near,
    sentence,
)
from djobs_daemon.queue.periods import day_of, month_of
from djobs_daemon.queue.zones import zone_of
from djobs_protocol.errors import DjobsError

HOUR_MS = 3_600_000


def standing(
    limits: Amounts, used: Amounts | None = None, reserved: Amounts | None = None
) -> Standing:
    return Standing(Budget("day", "", limits, 0, 86_400_000), used or {}, reserved or {})


def test_an_estimate_is_reserved_as_far_as_it_is_free() -> None:
    assert admit([standing({"usd": 100})], {"usd": 30, "starts": 1}) == {"usd": 30, "starts": 1}
    assert admit([standing({"usd": 100}, {"usd": 90})], {"usd": 30}) == {"usd": 10}


def test_a_run_beside_another_waits_where_its_estimate_does_not_fit() -> None:
    taken = standing({"usd": 100}, {"usd": 50}, {"usd": 30})
    assert admit([taken], {"usd": 20}) == {"usd": 20}
    assert admit([taken], {"usd": 21}) == [Reached(taken, "usd")]


def test_a_budget_that_is_used_up_lets_nothing_begin_but_what_takes_none_of_it() -> None:
    gone = standing({"usd": 100}, {"usd": 100})
    assert admit([gone], {"usd": 1, "minutes": 5}) == [Reached(gone, "usd")]
    assert admit([gone], {"minutes": 5}) == {"minutes": 5}


def test_starts_are_whole() -> None:
    assert admit([standing({"starts": 2}, {"starts": 1})], {"starts": 1}) == {"starts": 1}
    full = standing({"starts": 2}, {"starts": 1}, {"starts": 1})
    assert admit([full], {"starts": 1}) == [Reached(full, "starts")]


def test_a_run_within_its_reservation_is_over_nothing_however_little_is_free() -> None:
    crowded = standing({"usd": 100}, {"usd": 60}, {"usd": 60})
    assert draw([crowded], {"usd": 30}, {"usd": 30}) == ({"usd": 30}, [])


def test_a_run_beyond_its_reservation_takes_what_is_free_and_no_more() -> None:
    half = standing({"usd": 100}, {"usd": 40}, {"usd": 20})
    assert draw([half], {"usd": 10}, {"usd": 40}) == ({"usd": 40}, [])
    assert draw([half], {"usd": 10}, {"usd": 41}) == ({"usd": 41}, [Reached(half, "usd")])


def test_a_rate_holds_up_no_run_that_has_begun() -> None:
    rate = standing({"usd": 10})._replace(budget=Budget("rate", "/w", {"usd": 10}, 0, 600_000))
    assert draw([rate], {}, {"usd": 11}).over == []
    assert list(near([rate], {"usd": 11}, 0.5)) == []


def test_time_is_reserved_by_the_minute_ahead_as_far_as_it_is_free() -> None:
    room = standing({"minutes": 10 * 60_000})
    assert draw([room], {"minutes": 1000}, {"minutes": 1001}).reserved == {"minutes": 61_001}
    tight = standing({"minutes": 2000})
    assert draw([tight], {"minutes": 1000}, {"minutes": 1001}) == ({"minutes": 2000}, [])


def test_somebody_is_warned_at_the_share_that_is_set() -> None:
    each = standing({"usd": 100}, {"usd": 50}, {"usd": 10})
    assert list(near([each], {"usd": 19}, 0.8)) == []
    assert list(near([each], {"usd": 20}, 0.8)) == [Reached(each, "usd")]


def test_what_is_said_names_the_budget_what_is_used_when_it_resets_and_what_to_do() -> None:
    each = standing({"usd": 2_000_000}, {"usd": 1_500_000}, {"usd": 600_000})._replace(unpriced=3)
    assert sentence(Reached(each, "usd")) == (
        "The budget of today is reached: $1.50 used and $0.60 reserved by what runs of $2.00; "
        "what has no known price is not counted; it resets at 1970-01-02 00:00:00Z. "
        "`djobsctl budget allow day` raises it."
    )


# A small model: runs begin, are metered and end, in any order.

step = st.one_of(
    st.tuples(st.just("begin"), st.integers(1, 40), st.integers(0, 0)),
    st.tuples(st.just("meter"), st.integers(0, 9), st.integers(0, 30)),
    st.tuples(st.just("end"), st.integers(0, 9), st.integers(0, 0)),
)


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 200), st.lists(step, max_size=40))
def test_nothing_is_overdrawn_but_by_the_last_metering_of_each_run_that_is_over(
    limit: int, steps: list[tuple[str, int, int]]
) -> None:
    unit: Unit = "tokens"
    used, number = 0, 0
    reserved: dict[int, int] = {}
    live: dict[int, int] = {}
    halted: dict[int, int] = {}
    for what, value, more in steps:
        if what == "begin":
            each = standing({unit: limit}, {unit: used}, {unit: sum(reserved.values())})
            verdict = admit([each], {unit: value})
            if isinstance(verdict, dict):
                reserved[number], live[number] = verdict[unit], 0
                number += 1
                assert used + sum(reserved.values()) <= limit, "starts never exceed"
        elif value in live and what == "meter" and value not in halted:
            others = sum(amount for run, amount in reserved.items() if run != value)
            each = standing({unit: limit}, {unit: used}, {unit: others})
            live[value] += more
            drawn = draw([each], {unit: reserved[value]}, {unit: live[value]})
            reserved[value] = drawn.reserved.get(unit, 0)
            if drawn.over:
                halted[value] = more
        elif value in live and what == "end":
            used += live.pop(value)
            del reserved[value]
        assert all(live[run] <= reserved[run] for run in live), "what is used is reserved"
        assert used + sum(reserved.values()) <= limit + sum(halted.values())
    used += sum(live.values())
    reserved.clear()
    assert standing({unit: limit}, {unit: used}, {}).free(unit) == limit - used


def test_days_and_months_go_by_the_clocks_of_a_zone() -> None:
    zone = zone_of("Europe/Berlin")
    spring = 1_774_753_200_000  # 2026-03-29 03:00 UTC, when clocks go forward there
    day, month = day_of(spring, zone), month_of(spring, zone)
    assert day.until - day.since == 23 * HOUR_MS
    assert month.until - month.since == (31 * 24 - 1) * HOUR_MS
    assert day_of(day.since, zone) == day
    assert day_of(day.since - 1, zone).until == day.since


@given(st.integers(0, 4_000_000_000_000), st.sampled_from(["UTC", "Europe/Berlin"]))
def test_a_moment_lies_in_its_day_and_the_day_in_its_month(now: int, name: str) -> None:
    day, month = day_of(now, zone_of(name)), month_of(now, zone_of(name))
    assert month.since <= day.since <= now < day.until <= month.until


def test_the_budgets_of_a_run_are_those_of_all_of_its_workspace_and_its_own() -> None:
    table = BudgetTable(
        day=Sums(usd=1),
        workspace=Sums(tokens=5),
        workspaces={"/b": Sums(tokens=7)},
        job=Sums(minutes=2),
        rate=Rate(starts_per_minute=3),
    )
    found = [each[:3] for each in table.budgets("/b", "j1", 0, zone_of("UTC"))]
    assert found == [
        ("day", "", {"usd": 1_000_000}),
        ("workspace", "/b", {"tokens": 7}),
        ("minute", "/b", {"starts": 3}),
        ("job", "j1", {"minutes": 120_000}),
    ]
    assert [each.scope for each in table.budgets(None, None, 0, zone_of("UTC"))] == ["day"]


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"dai": {}}, "dai"),
        ({"day": {"usd": -1}}, "usd"),
        ({"on_limit": "explode"}, "explode"),
        ({"workspaces": {"here": {}}}, "absolute"),
        ({"warn_at": 2}, "warn_at"),
    ],
)
def test_what_means_nothing_in_the_config_file_is_refused(given: object, wrong: str) -> None:
    with pytest.raises(DjobsError, match=wrong):
        budget_table({"budgets": given}, "/c")
