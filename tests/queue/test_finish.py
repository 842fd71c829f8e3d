"""Who may report the end of a job."""

from typing import Any

import pytest

from djobs_daemon.queue.finish import require_reportable
from djobs_daemon.store.records import JobRow
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.states import TERMINAL_STATES, JobState

ME, OTHER = "m" * 32, "o" * 32


def job(**fields: Any) -> JobRow:
    plain: dict[str, Any] = dict.fromkeys(JobRow.__struct_fields__)
    return JobRow(**{**plain, "id": "j1kt", **fields})


@pytest.mark.parametrize("state", [JobState.PENDING, JobState.RETRY_SCHEDULED])
def test_anyone_may_report_a_job_nobody_holds(state: JobState) -> None:
    require_reportable(job(state=state), ME)  # must not raise


def test_the_holder_may_report_a_running_job_and_nobody_else() -> None:
    running = job(state=JobState.RUNNING, holder_session=ME, lease_expires_at=1_000)
    require_reportable(running, ME)  # must not raise

    with pytest.raises(DjobsError) as refusal:
        require_reportable(running, OTHER)

    assert refusal.value.code is ErrorCode.NOT_HOLDER
    assert ME in refusal.value.message


@pytest.mark.parametrize("state", sorted(TERMINAL_STATES))
def test_a_second_report_is_refused_and_names_the_first(state: JobState) -> None:
    ended = job(state=state, finished_by=OTHER, finished_at=1_763_822_983_000)

    with pytest.raises(DjobsError) as refusal:
        require_reportable(ended, ME)

    assert refusal.value.code is ErrorCode.ALREADY_FINISHED
    assert "2025-11-22 14:49:43Z" in refusal.value.message
    assert f"session {OTHER[:12]}" in refusal.value.message
    assert str(state) in refusal.value.message


def test_a_repeated_report_is_told_that_it_was_its_own() -> None:
    with pytest.raises(DjobsError, match="reported by this session"):
        require_reportable(job(state=JobState.FAILED, finished_by=ME, finished_at=1), ME)
