"""What does not get on is found, and whoever is to be told of it is told once."""

import asyncio
from typing import Any

from djobs_daemon.store.sqlite import notices
from tests.store.ledger_tools import ACTOR, OTHER
from tests.work.desk import Desk

MINUTE_MS = 60_000
DAY_MS = 86_400_000
NOTICE: dict[str, Any] = {"kind": "failed", "key": "j1", "recipient": "ann"}


async def stale(desk: Desk, **asked: Any) -> list[tuple[str, str]]:
    found = (await desk.ask("job.stale", OTHER, **asked)).get("jobs", [])
    return [(job["id"], job["kind"]) for job in found]


async def test_a_holder_that_is_silent_is_named_and_any_call_of_it_is_a_sign(desk: Desk) -> None:
    (job_id,) = await desk.enqueue()
    await desk.ask("job.claim", job_id=job_id, lease_seconds=3600, agent_id="bob")
    desk.clock.advance(9 * MINUTE_MS)
    assert await stale(desk) == []
    desk.clock.advance(MINUTE_MS)
    (silent,) = (await desk.ask("job.stale", OTHER))["jobs"]
    assert (silent["id"], silent["kind"]) == (job_id, "silent")
    assert silent["since"] == "2027-01-15T08:00:00Z"
    assert silent["text"] == "bob works on it and was not heard of since."
    assert await stale(desk, correlation_id="another") == []
    await desk.ask("job.heartbeat", job_id=job_id)
    assert await stale(desk) == []


async def test_what_nobody_takes_is_named_the_longest_first(desk: Desk) -> None:
    urgent, other = await desk.enqueue({"priority": 1}, {"type": "u"})
    (blocked,) = await desk.enqueue({"depends_on": [other]})
    desk.clock.advance(MINUTE_MS)
    (later,) = await desk.enqueue({"priority": 1})
    desk.clock.advance(DAY_MS - MINUTE_MS)
    assert await stale(desk) == [(urgent, "unclaimed"), (other, "unclaimed")]
    desk.clock.advance(MINUTE_MS)
    assert [job for job, _ in await stale(desk)] == [urgent, other, later]
    assert [job for job, _ in await stale(desk, limit=1)] == [urgent]
    await desk.ask("job.complete", job_id=other)
    assert (blocked, "unclaimed") not in await stale(desk)
    here = await stale(desk, correlation_id=ACTOR.workspace)
    assert [job for job, _ in here] == [urgent, later]
    assert await stale(desk, correlation_id="nothing here") == []


async def test_what_is_overdue_is_named(desk: Desk) -> None:
    (job_id,) = await desk.enqueue({"run_at": "2027-01-15T08:01:00Z"})
    (retried,) = await desk.enqueue()
    await desk.ask("job.claim", job_id=retried)
    await desk.ask("job.fail", job_id=retried, error="no")
    desk.clock.advance(2 * MINUTE_MS)
    assert await stale(desk) == [(retried, "overdue")]
    desk.clock.advance(1)
    assert await stale(desk) == [(retried, "overdue"), (job_id, "overdue")]
    assert await stale(desk, correlation_id="another") == []


async def test_what_waits_in_vain_and_what_failed_are_named_until_somebody_acts(
    desk: Desk,
) -> None:
    (first,) = await desk.enqueue()
    (waits, runs) = await desk.enqueue(
        {"depends_on": [first]}, {"depends_on": [first], "on_dependency_failure": "run"}
    )
    await desk.fail(first)
    found = (await desk.ask("job.stale"))["jobs"]
    assert [(job["id"], job["kind"]) for job in found] == [(waits, "blocked"), (first, "failed")]
    assert found[0]["text"] == f"It needs {first}, which failed: retry that one, or cancel this."
    assert await stale(desk, failed_seconds=1, correlation_id="another") == []
    assert await stale(desk, failed_seconds=1) == [(waits, "blocked")]
    await desk.ask("workflow.archive")
    assert await stale(desk) == [(waits, "blocked")]
    await desk.ask("job.retry", job_id=first)
    assert await stale(desk) == []
    assert runs


async def test_of_many_that_ask_exactly_one_is_told_to_deliver(desk: Desk) -> None:
    actors = [ACTOR._replace(session=f"session-{n:08}") for n in range(20)]
    asked = [desk.ask("notice.deliver", each, **NOTICE) for each in actors]
    answers = await asyncio.gather(*asked)
    assert sorted(answer["deliver"] for answer in answers) == [False] * 19 + [True]
    (listed,) = (await desk.ask("notice.list"))["notices"]
    assert listed == {**NOTICE, "times": 1, "first_at": NOW, "last_at": NOW}


NOW = "2027-01-15T08:00:00Z"


async def test_a_notice_is_given_again_after_its_window(desk: Desk) -> None:
    first = await desk.ask("notice.deliver", **NOTICE, window_seconds=60)
    assert first == {"deliver": True, "times": 1, "again_at": "2027-01-15T08:01:00Z"}
    again = await desk.ask("notice.deliver", **NOTICE, window_seconds=60)
    assert again == {
        "deliver": False,
        "reason": "given_before",
        "times": 1,
        "last_at": NOW,
        "again_at": "2027-01-15T08:01:00Z",
    }
    desk.clock.advance(MINUTE_MS)
    third = await desk.ask("notice.deliver", **NOTICE, window_seconds=60)
    assert (third["deliver"], third["times"], third["last_at"]) == (True, 2, NOW)
    other = await desk.ask("notice.deliver", **{**NOTICE, "recipient": "bob"})
    assert other["deliver"]


async def test_another_notice_of_the_kind_waits_for_the_cool_down(desk: Desk) -> None:
    cooling: dict[str, Any] = {"cooldown_seconds": 30}
    await desk.ask("notice.deliver", **NOTICE)
    other = {**NOTICE, "key": "j2"}
    refused = await desk.ask("notice.deliver", **other, **cooling)
    assert (refused["deliver"], refused["reason"]) == (False, "cooling_down")
    assert refused["again_at"] == "2027-01-15T08:00:30Z"
    desk.clock.advance(30_000)
    assert (await desk.ask("notice.deliver", **other, **cooling))["deliver"]


async def test_maintenance_forgets_what_nobody_has_to_remember(
    desk: Desk, monkeypatch: Any
) -> None:
    monkeypatch.setattr(notices, "FORGET_ROWS", 2)
    for n in range(5):
        await desk.ask("notice.deliver", **{**NOTICE, "key": f"j{n}"}, window_seconds=60)
    await desk.ask("notice.deliver", **{**NOTICE, "key": "for ever"})
    await desk.store.maintain()
    assert len((await desk.ask("notice.list"))["notices"]) == 6
    desk.clock.advance(MINUTE_MS)
    await desk.store.maintain()
    assert [each["key"] for each in (await desk.ask("notice.list"))["notices"]] == ["for ever"]
