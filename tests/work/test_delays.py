"""A job may name the time before which nobody may take it, or how long that lies ahead."""

import pytest

from djobs_protocol.errors import DjobsError
from tests.work.desk import Desk


async def test_a_delay_counts_from_the_enqueue(desk: Desk) -> None:
    later, now = await desk.enqueue({"delay_seconds": 90, "priority": 1}, {"delay_seconds": 0})
    assert (await desk.job(later))["run_at"] == "2027-01-15T08:01:30Z"
    assert "run_at" not in await desk.job(now)
    assert (await desk.ask("job.claim"))["job"]["id"] == now
    assert "job" not in await desk.ask("job.claim")
    assert await desk.is_sound()


async def test_a_time_and_a_delay_together_are_refused(desk: Desk) -> None:
    both = {"run_at": "2027-01-15T08:01:00Z", "delay_seconds": 5}
    with pytest.raises(DjobsError, match="expected one of them"):
        await desk.enqueue(both)
