"""Who may write to a running job, and what the end of a lease means."""

from typing import Any

import pytest

from djobs_daemon.queue.leases import (
    after_death,
    after_lapse,
    lease_ms,
    require_claimable,
    require_holder,
)
from djobs_daemon.store.records import HeldJob
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.states import EventKind, JobState
from djobs_protocol.values import ManagedBy
from tests.queue.rows import row

ME, OTHER = "m" * 32, "o" * 32
RUNNING: dict[str, Any] = {
    "state": JobState.RUNNING,
    "holder_session": OTHER,
    "holder_agent": "bob",
    "lease_expires_at": 1_800_000_000_000,
    "generation": 4,
}


def held(attempt: int, managed_by: ManagedBy = "agent") -> HeldJob:
    return HeldJob("j1kt", OTHER, 0, None, managed_by, attempt, 3)


def test_a_refusal_names_the_holder_and_when_its_lease_ends() -> None:
    with pytest.raises(DjobsError) as refusal:
        require_holder(row(**RUNNING), ME, None)
    assert refusal.value.code is ErrorCode.NOT_HOLDER
    assert "bob" in refusal.value.message
    assert "2027-01-15 08:00:00Z" in refusal.value.message


def test_who_knows_the_claim_may_write_from_another_session() -> None:
    require_holder(row(**RUNNING), ME, 4)
    require_holder(row(**RUNNING), OTHER, None)


@pytest.mark.parametrize("changes", [RUNNING, {"state": JobState.PENDING, "generation": 5}])
def test_a_report_for_an_earlier_claim_is_stale(changes: dict[str, Any]) -> None:
    with pytest.raises(DjobsError) as refusal:
        require_holder(row(**changes), OTHER, 3)
    assert refusal.value.code is ErrorCode.STALE_GENERATION


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        (RUNNING, "bob"),
        ({"state": JobState.SUCCEEDED}, "succeeded"),
        ({"managed_by": "worker"}, "worker"),
        ({"blockers": 1}, "waits for other jobs"),
        ({"due": False, "run_at": 1_800_000_000_000}, "2027-01-15"),
        ({"paused_at": 1}, "paused"),
    ],
)
def test_a_claim_that_is_refused_says_why(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(DjobsError) as refusal:
        require_claimable(row(**changes), "agent")
    assert why in refusal.value.message


def test_the_length_of_a_lease_is_as_asked_else_the_jobs_else_its_kinds() -> None:
    assert lease_ms(row(lease_ms=5_000), 7_000) == 7_000
    assert lease_ms(row(lease_ms=5_000), None) == 5_000
    assert lease_ms(row(), None) > lease_ms(row(managed_by="worker"), None)


def test_d05_a_lapse_uses_up_attempts_and_the_last_one_ends_the_job() -> None:
    assert after_lapse(held(2)) is EventKind.LEASE_LAPSED
    assert after_lapse(held(3)) is EventKind.DEAD_LETTERED


def test_the_death_of_an_editor_costs_its_task_nothing() -> None:
    assert after_death(held(3)) is EventKind.RELEASED
    assert after_death(held(1, "worker")) is EventKind.LEASE_LAPSED
    assert after_death(held(3, "worker")) is EventKind.DEAD_LETTERED
