"""Archive and purge: what is over is put away, or removed; what failed or is needed stays."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from djobs_daemon import retention
from djobs_daemon.rpc.handlers import retention as handler
from djobs_protocol.errors import DjobsError, ErrorCode
from tests.store.ledger_tools import HERE
from tests.work.desk import AT, Desk

DAY_MS = 86_400_000
SINCE, UNTIL = "2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z"
PURGE = {"older_than_seconds": 0, "dry_run": False}


async def listed(desk: Desk, **asked: Any) -> list[str]:
    return [job["id"] for job in (await desk.ask("job.list", **asked))["jobs"]]


async def purged(desk: Desk, **asked: Any) -> dict[str, Any]:
    answer = await desk.ask("queue.purge", **{**PURGE, **asked})
    del answer["dry_run"]
    return answer


async def complete(desk: Desk, *ids: str) -> None:
    for each in ids:
        await desk.ask("job.complete", job_id=each)


async def test_the_ended_jobs_of_a_workflow_are_put_away_and_found_when_asked_for(
    desk: Desk,
) -> None:
    done, failed, open_one = await desk.enqueue({}, {}, {})
    (elsewhere,) = await desk.enqueue(correlation_id="another")
    await complete(desk, done, elsewhere)
    await desk.fail(failed)
    put_away = await desk.ask("workflow.archive", reason="released")
    assert put_away == {"correlation_id": HERE, "jobs": 2, "unfinished": 1}
    assert await listed(desk) == [elsewhere, open_one]
    assert await listed(desk, archived=True) == [failed, done]
    health = await desk.ask("daemon.health")
    assert (health["counts"], health["total"]) == ({"pending": 1, "succeeded": 1}, 2)
    assert health["archived"] == 2
    assert "failed" not in await desk.ask("session.resume", correlation_id=HERE)
    assert (await desk.job(failed))["archived_at"]
    (why,) = (await desk.ask("job.explain", job_id=done))["obstacles"]
    assert why["text"] == "It succeeded and is archived; retry opens it again."
    assert await desk.ask("job.retry_failed") == {}
    assert (await desk.ask("workflow.archive"))["jobs"] == 0
    assert await desk.is_sound()


async def test_only_jobs_that_ended_so_are_put_away_and_all_come_back(desk: Desk) -> None:
    done, failed = await desk.enqueue({}, {})
    await complete(desk, done)
    await desk.fail(failed)
    await desk.ask("workflow.archive", states=["succeeded"])
    assert await listed(desk) == [failed]
    assert (await desk.ask("workflow.unarchive"))["jobs"] == 1
    assert await listed(desk) == [failed, done]
    assert await desk.is_sound()


async def test_a_retry_takes_a_job_out_of_the_archive(desk: Desk) -> None:
    (job_id,) = await desk.enqueue()
    await desk.fail(job_id)
    await desk.ask("workflow.archive")
    await desk.ask("job.retry", job_id=job_id)
    assert await listed(desk) == [job_id]
    assert (await desk.ask("daemon.health"))["counts"] == {"pending": 1}
    assert await desk.is_sound()


async def test_many_are_put_away_in_several_requests(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handler, "BATCH_JOBS_MAX", 2)
    await complete(desk, *await desk.enqueue({}, {}, {}))
    first, second = [await desk.ask("workflow.archive") for _ in range(2)]
    assert (first["jobs"], first["more"], second) == (2, True, {"correlation_id": HERE, "jobs": 1})


async def test_a_purge_only_says_what_it_would_remove_unless_told_otherwise(desk: Desk) -> None:
    (old,) = await desk.enqueue()
    await complete(desk, old)
    desk.clock.advance(31 * DAY_MS)
    (young,) = await desk.enqueue()
    await complete(desk, young)
    assert await desk.ask("queue.purge") == {"dry_run": True, "ids": [old]}
    assert await listed(desk) == [young, old]
    assert await desk.ask("queue.purge", dry_run=False) == {"dry_run": False, "ids": [old]}
    assert await listed(desk) == [young]
    with pytest.raises(DjobsError) as refusal:
        await desk.job(old)
    assert refusal.value.code is ErrorCode.JOB_GONE
    assert await desk.is_sound()


async def test_what_failed_goes_only_when_it_is_named_or_archived(desk: Desk) -> None:
    one, two, three = await desk.enqueue({}, {}, {})
    await desk.fail(one)
    await desk.ask("workflow.archive")
    await desk.fail(two, three)
    assert await purged(desk) == {"ids": [one]}
    assert await purged(desk, states=["failed"]) == {"ids": [three, two]}


async def test_a_purge_is_narrowed_to_a_workflow_or_to_the_archive(desk: Desk) -> None:
    (here,) = await desk.enqueue()
    (there,) = await desk.enqueue(actor=AT)
    await complete(desk, here, there)
    assert await purged(desk, correlation_id="nothing here") == {}
    assert await purged(desk, archived_only=True) == {}
    await desk.ask("workflow.archive", AT)
    assert await purged(desk, archived_only=True) == {"ids": [there]}
    assert await purged(desk, correlation_id=HERE) == {"ids": [here]}


async def test_open_work_and_what_it_needs_stays(desk: Desk) -> None:
    first, second = await desk.enqueue({}, {})
    await complete(desk, first, second)
    (open_one,) = await desk.enqueue({"depends_on": [second]})
    assert await purged(desk) == {"ids": [first], "left": [second]}
    await complete(desk, open_one)
    assert await purged(desk) == {"ids": [open_one, second]}
    assert await desk.is_sound()


async def test_a_chain_whose_end_is_kept_stays_whole(desk: Desk) -> None:
    (first,) = await desk.enqueue()
    (second,) = await desk.enqueue({"depends_on": [first]})
    (last,) = await desk.enqueue({"depends_on": [second]})
    await complete(desk, first, second)
    await desk.fail(last)
    assert await purged(desk) == {"left": [second, first]}


async def test_a_key_with_a_window_outlives_no_purge(desk: Desk) -> None:
    named = {"idempotency_key": "k", "key_seconds": 60}
    (job_id,) = await desk.enqueue(named)
    await complete(desk, job_id)
    assert await purged(desk) == {}
    assert await desk.enqueue(named) == [job_id]
    desk.clock.advance(60_000)
    assert await purged(desk) == {"ids": [job_id]}


async def test_a_purge_goes_on_behind_a_cursor(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler, "PURGE_JOBS_MAX", 2)
    ids = await desk.enqueue({}, {}, {})
    await complete(desk, *ids)
    first = await purged(desk)
    assert first["ids"] == [ids[2], ids[1]]
    assert await purged(desk, cursor=first["next_cursor"]) == {"ids": [ids[0]]}


async def test_a_job_that_changed_since_it_was_looked_for_stays(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    (job_id,) = await desk.enqueue()
    await complete(desk, job_id)
    looked = desk.store.scan

    async def look_and_change(work: Any) -> Any:
        page = await looked(work)
        await desk.ask("job.retry", job_id=job_id)
        return page

    monkeypatch.setattr(desk.store, "scan", look_and_change)
    assert await purged(desk) == {}
    assert (await desk.job(job_id))["state"] == "pending"


@pytest.mark.parametrize("method", ["workflow.archive", "queue.purge"])
async def test_open_states_are_refused(desk: Desk, method: str) -> None:
    with pytest.raises(DjobsError) as refusal:
        await desk.ask(method, states=["succeeded", "running"])
    assert refusal.value.code is ErrorCode.INVALID_PARAMS
    assert refusal.value.message.startswith("a job that is running has not ended; expected ")


async def test_by_the_settings_what_is_old_goes_and_by_default_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "PURGE_JOBS_MAX", 2)
    monkeypatch.setattr(retention, "clock_ms", lambda: desk.clock.now)
    app = cast("Any", SimpleNamespace(instance=desk.app.instance, store=desk.store))
    ids = await desk.enqueue(*[{}] * 6)
    await complete(desk, *ids[:5])
    await desk.fail(ids[5])
    desk.clock.advance(30 * DAY_MS + 1)
    app.settings = SimpleNamespace(keep_ended_days=0, keep_history_days=0)
    await retention.apply(app, desk.store)
    assert await listed(desk) == ids[::-1]
    app.settings = SimpleNamespace(keep_ended_days=30, keep_history_days=30)
    await retention.apply(app, desk.store)
    assert await listed(desk) == [ids[5]]
    events = await desk.ask("audit.query", since=SINCE, until=UNTIL, limit=100)
    assert events["events"][-1]["job_id"] == ids[5]  # older ones are cut off
    assert await desk.is_sound()
