"""Defaults by type, and the pauses between attempts."""

from datetime import datetime
from typing import Any

import pytest

from djobs_daemon.rpc.handlers import redo, revise
from djobs_daemon.store.interface import Ledger
from djobs_daemon.store.records import Done
from djobs_protocol.errors import DjobsError, ErrorCode
from tests.store.ledger_tools import ACTOR
from tests.work.desk import Desk

MEMBERS = ("priority", "max_attempts", "managed_by")
BUILT_IN = {"priority": 5, "max_attempts": 3, "managed_by": "agent"}


async def given(desk: Desk, **job: Any) -> dict[str, Any]:
    """Return what a new job got."""
    (job_id,) = await desk.enqueue(job)
    stored = await desk.job(job_id)
    return {name: stored[name] for name in MEMBERS}


async def pauses(desk: Desk, attempts: int, **job: Any) -> list[float]:
    """Return the seconds a job waits after each of its failures."""
    (job_id,) = await desk.enqueue({"max_attempts": attempts + 1, **job})
    waits = []
    for _ in range(attempts):
        await desk.ask("job.claim", job_id=job_id)
        failed = await desk.ask("job.fail", job_id=job_id, error="no")
        wait = datetime.fromisoformat(failed["retry_at"]).timestamp() - desk.clock.now / 1000
        waits.append(wait)
        desk.clock.advance(round(wait * 1000))
        await desk.store.write(ACTOR, lambda ledger: _promote(ledger, desk.clock.now))
    return waits


def _promote(ledger: Ledger, now: int) -> Done:
    assert ledger.make_due(now, 10)
    return Done()


async def test_a_job_s_own_word_goes_before_its_type_s_and_that_before_what_is_built_in(
    desk: Desk,
) -> None:
    assert await given(desk) == BUILT_IN
    await desk.ask("type.set", type="t", priority=2, managed_by="worker")
    assert await given(desk) == {**BUILT_IN, "priority": 2, "managed_by": "worker"}
    asked = {"priority": 5, "max_attempts": 9, "managed_by": "agent"}
    assert await given(desk, **asked) == asked
    assert await given(desk, type="another") == BUILT_IN
    assert await desk.is_sound()


async def test_what_is_left_out_stays_and_a_reset_forgets(desk: Desk) -> None:
    await desk.ask("type.set", type="t", max_attempts=7)
    await desk.ask("type.set", type="s", priority=1)
    kept = await desk.ask("type.set", type="t", priority=2, retry={"factor": 3})
    assert kept["types"] == [
        {"type": "s", "priority": 1},
        {"type": "t", "priority": 2, "max_attempts": 7, "retry": {"factor": 3.0}},
    ]
    merged = await desk.ask("type.set", type="t", retry={"jitter": 0})
    assert merged["types"][1]["retry"] == {"factor": 3.0, "jitter": 0.0}
    left = await desk.ask("type.set", type="t", reset=True)
    assert left["types"] == [{"type": "s", "priority": 1}] == (await desk.ask("type.list"))["types"]


async def test_a_job_keeps_what_it_got(desk: Desk) -> None:
    await desk.ask("type.set", type="t", max_attempts=2, lease_seconds=30)
    (job_id,) = await desk.enqueue()
    await desk.ask("type.set", type="t", max_attempts=9, lease_seconds=90)
    assert (await desk.job(job_id))["max_attempts"] == 2
    held = (await desk.ask("job.claim", job_id=job_id))["job"]["holder"]
    lease = datetime.fromisoformat(held["lease_expires_at"]).timestamp() - desk.clock.now / 1000
    assert lease == 30


async def test_a_renewal_lasts_as_long_as_the_job_says_too(desk: Desk) -> None:
    (job_id,) = await desk.enqueue({"lease_seconds": 30})
    await desk.ask("job.claim", job_id=job_id)
    desk.clock.advance(10_000)
    until = (await desk.ask("job.heartbeat", job_id=job_id))["lease_expires_at"]
    assert datetime.fromisoformat(until).timestamp() - desk.clock.now / 1000 == 30
    assert await desk.is_sound()


@pytest.mark.parametrize("what", [{"scope": "type", "subject": "t"}, {"scope": "workspace"}])
async def test_a_pause_from_before_the_first_job_holds(desk: Desk, what: dict[str, Any]) -> None:
    await desk.ask("queue.pause", **what)
    assert await desk.ask("job.claim") == {}
    await desk.enqueue()
    assert await desk.ask("job.claim") == {}


async def test_pauses_grow_up_to_the_cap_of_the_job_or_its_type(desk: Desk) -> None:
    assert await pauses(desk, 3) == pytest.approx([4.5, 9, 18])  # jitter 0.2, chance 0.5
    own = {"base_seconds": 2, "factor": 3, "cap_seconds": 10, "jitter": 0}
    assert await pauses(desk, 4, retry=own) == [2, 6, 10, 10]
    await desk.ask("type.set", type="t", retry={"base_seconds": 8, "jitter": 0})
    assert await pauses(desk, 2) == [8, 16]
    assert await pauses(desk, 2, retry={"factor": 1}) == [8, 8]
    assert await desk.is_sound()


@pytest.mark.parametrize("retry", [{"base_seconds": 3600}, {"cap_seconds": 1}])
async def test_a_cap_below_the_first_pause_is_refused(desk: Desk, retry: dict[str, Any]) -> None:
    asked = (("job.enqueue", {"jobs": [{"type": "t", "retry": retry}]}),
             ("type.set", {"type": "t", "retry": retry}))  # fmt: skip
    for method, params in asked:
        with pytest.raises(DjobsError) as refusal:
            await desk.ask(method, **params)
        assert refusal.value.code is ErrorCode.INVALID_PARAMS
        assert "expected a higher cap_seconds" in refusal.value.message


async def test_many_that_cannot_be_opened_hide_none_behind_them(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redo, "BATCH_JOBS_MAX", 2)
    named = [{"idempotency_key": str(n)} for n in range(3)]
    old = await desk.enqueue(*named)
    await desk.fail(*old)
    await desk.enqueue(*named)
    (behind,) = await desk.enqueue()
    await desk.fail(behind)
    first = await desk.ask("job.retry_failed")
    assert first == {"left": old[:2], "more": True, "next_cursor": first["next_cursor"]}
    second = await desk.ask("job.retry_failed", cursor=first["next_cursor"])
    assert second == {"ids": [behind], "left": old[2:]}


async def test_many_in_work_hide_none_that_may_be_accepted(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revise, "BATCH_JOBS_MAX", 2)
    ids = await desk.enqueue(*[{}] * 5)
    for each in ids[:3]:
        await desk.ask("job.claim", job_id=each)
    first = await desk.ask("job.accept_before", job_id=ids[4])
    assert first["running"] == ids[:2]
    second = await desk.ask("job.accept_before", job_id=ids[4], cursor=first["next_cursor"])
    assert second == {"ids": [ids[3]], "running": [ids[2]]}
