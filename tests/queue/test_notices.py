"""A notice is given once in its window, and not while its kind cools down."""

import pytest

from djobs_daemon.queue.notices import Verdict, judge, remembered_until
from djobs_daemon.store.upkeep_records import DeliveryRow, Notice

GIVEN = DeliveryRow(Notice("failed", "j1", "ann"), 1, 900, 1000)


@pytest.mark.parametrize(
    ("before", "last_of_kind", "window", "cooldown", "now", "verdict"),
    [
        (None, None, None, None, 1500, Verdict(None, None)),
        (None, None, 100, None, 1500, Verdict(None, 1600)),
        (None, None, 100, 300, 1500, Verdict(None, 1800)),
        (GIVEN, 1000, None, None, 10**12, Verdict("given_before", None)),
        (GIVEN, 1000, 100, None, 1099, Verdict("given_before", 1100)),
        (GIVEN, 1000, 100, None, 1100, Verdict(None, 1200)),
        (GIVEN, 1050, 100, 300, 1099, Verdict("given_before", 1350)),
        (GIVEN, 1050, 100, 300, 1200, Verdict("cooling_down", 1350)),
        (None, 1050, None, 300, 1349, Verdict("cooling_down", 1350)),
        (None, 1050, None, 300, 1350, Verdict(None, None)),
    ],
)
def test_the_later_of_window_and_cool_down_decides(
    before: DeliveryRow | None,
    last_of_kind: int | None,
    window: int | None,
    cooldown: int | None,
    now: int,
    verdict: Verdict,
) -> None:
    assert judge(before, last_of_kind, window, cooldown, now) == verdict


def test_a_notice_is_remembered_as_long_as_it_keeps_another_from_being_given() -> None:
    assert remembered_until(None, 300, 1000) is None
    assert remembered_until(100, None, 1000) == 1100
    assert remembered_until(100, 300, 1000) == 1300
