"""Idempotency keys and resources: whom they count for, and for how long."""

import pytest

from djobs_protocol.errors import DjobsError, ErrorCode
from tests.work.desk import AT, Desk

SECOND_MS = 1000


async def test_a_key_belongs_to_its_workspace_unless_asked_for_everywhere(desk: Desk) -> None:
    named = {"idempotency_key": "k"}
    (mine,), (theirs,) = await desk.enqueue(named), await desk.enqueue(named, actor=AT)
    assert mine != theirs
    ours = {"idempotency_key": "k", "key_scope": "everywhere"}
    (shared,) = await desk.enqueue(ours)
    assert shared not in (mine, theirs)
    assert await desk.enqueue(ours, actor=AT) == [shared]
    assert (await desk.job(shared))["key_scope"] == "everywhere"
    assert "key_scope" not in await desk.job(mine)


async def test_who_finds_a_job_of_another_workflow_is_told_so(desk: Desk) -> None:
    ours = {"type": "t", "idempotency_key": "k", "key_scope": "everywhere"}
    await desk.ask("job.enqueue", jobs=[ours], correlation_id="release")
    answer = await desk.ask("job.enqueue", AT, jobs=[ours])
    (found,) = answer["jobs"]
    assert (found["existing"], found["correlation_id"]) == (True, "release")
    assert answer["correlation_id"] == AT.workspace


async def test_a_key_of_open_jobs_is_free_when_its_job_has_ended(desk: Desk) -> None:
    wanted = {"idempotency_key": "sync", "key_states": "incomplete"}
    (first,) = await desk.enqueue(wanted)
    assert await desk.enqueue(wanted) == [first]
    await desk.ask("job.complete", job_id=first)
    (second,) = await desk.enqueue(wanted)
    assert second != first


async def test_a_key_with_a_window_names_its_job_whatever_becomes_of_it(desk: Desk) -> None:
    wanted = {"idempotency_key": "nightly", "key_seconds": 60}
    (first,) = await desk.enqueue(wanted)
    await desk.fail(first)
    desk.clock.advance(60 * SECOND_MS - 1)
    assert await desk.enqueue(wanted) == [first]
    desk.clock.advance(1)
    (second,) = await desk.enqueue(wanted)
    assert second != first
    assert await desk.is_sound()


async def test_the_end_of_a_window_frees_the_key_of_a_job_in_work_and_leaves_the_job(
    desk: Desk,
) -> None:
    (first,) = await desk.enqueue({"idempotency_key": "k", "key_seconds": 1})
    await desk.ask("job.claim", job_id=first)
    desk.clock.advance(SECOND_MS)
    (second,) = await desk.enqueue({"idempotency_key": "k"})
    assert (await desk.job(first))["state"] == "running"
    assert await desk.enqueue({"idempotency_key": "k"}) == [second]
    events = (await desk.ask("job.get", job_id=first))["events"]
    assert events[-1]["kind"] == "amended"
    assert events[-1]["note"].startswith("its idempotency key was free again from 2027-01-15 ")
    await desk.ask("job.complete", job_id=first)
    assert await desk.is_sound()


async def test_a_retry_of_a_job_whose_key_a_newer_one_has_names_that_one(desk: Desk) -> None:
    (first,) = await desk.enqueue({"idempotency_key": "k"})
    await desk.fail(first)
    (second,) = await desk.enqueue({"idempotency_key": "k"})
    with pytest.raises(DjobsError) as refusal:
        await desk.ask("job.retry", job_id=first)
    assert refusal.value.code is ErrorCode.IDEMPOTENCY_CONFLICT
    assert refusal.value.message == (
        f"{first} stays failed: {second}, pending, has its idempotency_key 'k' now."
    )
    with pytest.raises(DjobsError, match=f"{first} stays failed: {second}, pending"):
        await desk.ask("job.skip", job_id=first)
    assert (await desk.ask("job.retry_failed"))["left"] == [first]
    await desk.ask("job.skip", job_id=second)
    await desk.fail(*await desk.enqueue({"idempotency_key": "other"}))
    assert len((await desk.ask("job.retry_failed"))["ids"]) == 1


async def test_a_job_with_a_window_that_failed_may_be_retried(desk: Desk) -> None:
    (first,) = await desk.enqueue({"idempotency_key": "k", "key_seconds": 60})
    await desk.fail(first)
    assert (await desk.ask("job.retry", job_id=first))["state"] == "pending"


async def test_a_resource_of_all_workspaces_is_held_once(desk: Desk) -> None:
    gpu = {"resource_key": "gpu", "resource_scope": "everywhere"}
    (here,), (there,) = await desk.enqueue(gpu), await desk.enqueue(gpu, actor=AT)
    await desk.ask("job.claim", job_id=here)
    (obstacle,) = (await desk.ask("job.explain", job_id=there))["obstacles"]
    assert obstacle["job_id"] == here
    assert "has the resource 'gpu' of all workspaces." in obstacle["text"]
    assert (await desk.ask("job.claim", AT)) == {}
    await desk.ask("job.complete", job_id=here)
    assert (await desk.ask("job.claim", AT))["job"]["id"] == there
