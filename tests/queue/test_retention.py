"""What a policy lets go; what failed goes only when it is named or archived."""

from typing import Any

import pytest

from djobs_daemon.queue.retention import ENDED, SETTLED, lets_go, purge_policy
from djobs_protocol.queue_requests import PurgeJobs
from djobs_protocol.states import JobState
from tests.queue.rows import row

NOW = 100_000
OLD: dict[str, Any] = {"state": JobState.SUCCEEDED, "finished_at": NOW - 10_001}


def goes(asked: dict[str, Any], workflow: str | None = None, **job: Any) -> bool:
    policy = purge_policy(PurgeJobs(**{"older_than_seconds": 10, **asked}), workflow, NOW)
    return lets_go(policy, row(**{**OLD, **job}))


@pytest.mark.parametrize(
    ("asked", "job", "expected"),
    [
        ({}, {}, True),
        ({}, {"finished_at": NOW - 10_000}, False),
        ({"older_than_seconds": 0}, {"finished_at": NOW}, True),
        ({}, {"state": JobState.PENDING, "finished_at": None}, False),
        ({}, {"key_until": NOW}, True),
        ({}, {"key_until": NOW + 1}, False),
        ({}, {"state": JobState.FAILED}, False),
        ({}, {"state": JobState.DEAD_LETTERED}, False),
        ({}, {"state": JobState.FAILED, "archived_at": 1}, True),
        ({"states": [JobState.FAILED]}, {"state": JobState.FAILED}, True),
        ({"states": [JobState.FAILED]}, {}, False),
        ({"states": [JobState.FAILED]}, {"archived_at": 1}, False),
        ({"archived_only": True}, {}, False),
        ({"archived_only": True}, {"archived_at": 1}, True),
    ],
)
def test_age_state_archive_and_key_decide(
    asked: dict[str, Any], job: dict[str, Any], expected: bool
) -> None:
    assert goes(asked, **job) is expected


def test_a_policy_of_a_workflow_reaches_no_other() -> None:
    assert goes({}, "w")
    assert not goes({}, "another")


def test_nobody_has_to_act_on_what_is_settled() -> None:
    assert set(ENDED) - set(SETTLED) == {JobState.FAILED, JobState.DEAD_LETTERED}
