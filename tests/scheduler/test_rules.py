"""When the scheduler wakes, and what becomes of leases."""

from hypothesis import given
from hypothesis import strategies as st

from djobs_daemon.queue.leases import LEASE_MS_DEFAULT
from djobs_daemon.scheduler.rules import (
    LOOK_AT_WALL_CLOCK_MS,
    granted,
    judge,
    next_wake_ms,
)
from djobs_daemon.store.records import Deadlines, HeldJob

NOW = 1_000_000
MOMENT = st.none() | st.integers(0, 2 * NOW)


def held(job_id: str, until: int, lease_ms: int | None = 1000, session: str = "s") -> HeldJob:
    return HeldJob(job_id, session, until, lease_ms, "agent", 1, 3)


def test_nothing_due_means_sleeping_for_ever() -> None:
    assert next_wake_ms(Deadlines(None, None, None), NOW, NOW) is None


@given(MOMENT, MOMENT, MOMENT)
def test_it_wakes_for_the_first_of_all_and_never_late(
    lease: int | None, retry: int | None, run_at: int | None
) -> None:
    wait = next_wake_ms(Deadlines(lease, retry, run_at), NOW, NOW)
    due = [moment for moment in (lease, retry, run_at) if moment is not None]
    if wait is None:
        assert due == []
    else:
        assert 0 <= wait <= max(0, min(due) - NOW)
        assert wait == max(0, min(due) - NOW) or wait == LOOK_AT_WALL_CLOCK_MS


def test_a_call_since_renews_and_silence_lapses() -> None:
    quiet, busy = held("a", NOW - 5, session="quiet"), held("b", NOW - 5, session="busy")
    outcome = judge([quiet, busy], {"busy": NOW - 300, "quiet": NOW - 1000}, NOW)
    assert outcome.lapsed == [quiet]
    assert outcome.renewed == [(busy, NOW + 700)]


def test_a_lease_does_not_lapse_while_checks_run_on_its_holders_report() -> None:
    reported = held("a", NOW - 5)._replace(offered=True)
    assert judge([reported], {}, NOW).renewed == [(reported, NOW + 1000)]


def test_after_a_gap_everyone_has_at_least_one_more_term() -> None:
    ends = granted([held("a", NOW - 5), held("b", NOW + 50_000)], shift_ms=100, now=NOW)
    assert [until for _, until in ends] == [NOW + 1000, NOW + 50_100]


def test_a_lease_without_a_length_has_that_of_its_kind() -> None:
    ((_, until),) = granted([held("a", 0, lease_ms=None)], 0, NOW)
    assert until == NOW + LEASE_MS_DEFAULT["agent"]
