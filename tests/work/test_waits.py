"""Waiting for jobs to end: over RPC and as a tool."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from djobs_daemon.rpc.handlers import waits
from djobs_daemon.scheduler.work import Work
from djobs_local.call import Connection
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.job_requests import WaitForJobs
from djobs_protocol.states import JobState
from tests.harness.daemon import DaemonHome
from tests.harness.editor import Ask, Editor
from tests.work.test_claims import claim, enqueue
from tests.work.test_events import answer, send


def test_jobs_that_have_ended_are_not_waited_for(one: Connection) -> None:
    first, second = enqueue(one, {}, {})
    one.call("job.complete", {"job_id": first})
    asked = {"job_ids": [second, first], "wait_seconds": 60}
    assert one.call("job.wait", {**asked, "any": True}) == {
        "jobs": [{"id": second, "state": "pending"}, {"id": first, "state": "succeeded"}],
        "done": True,
    }
    one.call("job.cancel", {"job_id": second})
    states = [job["state"] for job in one.call("job.wait", asked)["jobs"]]
    assert states == ["cancelled", "succeeded"]


@pytest.mark.parametrize("any_of_them", [False, True])
def test_a_wait_ends_with_the_end_it_waits_for(
    one: Connection, two: Connection, any_of_them: bool
) -> None:
    first, second, other = enqueue(one, {}, {}, {})
    asked = {"job_ids": [first, second], "any": any_of_them, "wait_seconds": 300}
    send(two, "job.wait", asked)
    one.call("job.complete", {"job_id": other})
    claim(one, job_id=first)
    one.call("job.fail", {"job_id": first, "error": "no", "retry": False})
    if not any_of_them:
        one.call("job.complete", {"job_id": second})
    reply = answer(two)
    assert reply["done"]
    assert [job["state"] for job in reply["jobs"]] == [
        "failed",
        "pending" if any_of_them else "succeeded",
    ]


async def test_an_end_between_the_look_and_the_wait_is_not_missed() -> None:
    states = iter([JobState.RUNNING, JobState.SUCCEEDED])
    view = SimpleNamespace(job=lambda job_id: SimpleNamespace(id=job_id, state=next(states)))

    async def read(work: Any) -> Any:
        return work(view)

    app = SimpleNamespace(store=SimpleNamespace(read=read), work=Work())
    reply = await waits.wait(cast("Any", app), WaitForJobs(job_ids=["j1xx"], wait_seconds=5))
    assert reply.done


def test_when_the_time_is_up_the_answer_says_how_they_stand(one: Connection) -> None:
    (job_id,) = enqueue(one)
    reply = one.call("job.wait", {"job_ids": [job_id], "wait_seconds": 0.05})
    assert reply == {"jobs": [{"id": job_id, "state": "pending"}]}


def test_a_job_that_is_not_there_cannot_be_waited_for(one: Connection) -> None:
    with pytest.raises(DjobsError) as refusal:
        one.call("job.wait", {"job_ids": ["nothing"], "wait_seconds": 60})
    assert refusal.value.code is ErrorCode.JOB_NOT_FOUND


def test_an_agent_waits_for_the_tasks_of_another(home: DaemonHome) -> None:
    with Editor(home) as boss, Editor(home) as helper:
        for editor in (boss, helper):
            editor.open()
        first, second = boss.call("enqueue_task", tasks=[{"task_type": "t"}] * 2)["ids"]
        waited = boss.call("wait_task", task_ids=[first, second], timeout_seconds=0.05)
        assert (waited["done"], waited["open"]) == (False, [first, second])
        assert "call it again" in waited["note"]
        (number,) = boss.ask_all([Ask("wait_task", {"task_ids": [first], "timeout_seconds": 300})])
        boss.call("health")  # answered after the wait was taken up
        helper.call("complete_task", task_id=first)
        _, waited = boss.outcome(number)
    assert waited == {"done": True, "ended": {first: "succeeded"}}


def test_a_wait_of_an_agent_survives_the_daemon(home: DaemonHome) -> None:
    with Editor(home) as boss, Editor(home) as helper:
        for editor in (boss, helper):
            editor.open()
        job_id = boss.call("enqueue_task", task_type="t")["id"]
        (number,) = boss.ask_all([Ask("wait_task", {"task_ids": [job_id], "timeout_seconds": 300})])
        boss.call("health")
        home.kill9()
        helper.call("complete_task", task_id=job_id)
        assert boss.outcome(number)[1] == {"done": True, "ended": {job_id: "succeeded"}}
