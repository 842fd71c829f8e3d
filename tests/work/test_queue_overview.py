"""The queue in one look, of a real daemon: the same reasons that ``why`` gives, counted."""

from pathlib import Path
from typing import Any

from djobs_local.call import Connection
from tests.harness.daemon import DaemonHome
from tests.work.hand_over import ended, submit, wait_running

LASTING = ["sh", "-c", "echo up; exec sleep 1000"]


def overview(at: Connection, **asked: Any) -> dict[str, Any]:
    return at.call("queue.overview", asked)


def waits(at: Connection) -> dict[str, tuple[int, str]]:
    return {each["kind"]: (each["jobs"], each["job_id"]) for each in overview(at)["waiting"]}


def record(at: Connection, *jobs: dict[str, Any]) -> list[str]:
    return [each["id"] for each in at.call("job.enqueue", {"jobs": list(jobs)})["jobs"]]


def test_each_reason_to_wait_is_counted_once_and_a_full_executor_is_one(tmp_path: Path) -> None:
    with DaemonHome(DJOBS_EXECUTOR_JOBS_MAX="1") as home:
        home.start()
        with home.connect(workspace=str(tmp_path)) as at:
            failing = submit(at, ["sh", "-c", "echo broken; exit 3"])
            ended(at, failing)
            running = submit(at, LASTING)
            wait_running(at, running)
            queued = submit(at, LASTING)
            free, *_ = record(at, {"type": "review", "payload": {"file": "a.py"}}, {"type": "t"})
            behind, *_ = record(at, *[{"type": "t", "depends_on": [running]}] * 2)
            (lost,) = record(at, {"type": "t", "depends_on": [failing]})
            (later,) = record(at, {"type": "t", "run_at": "2100-01-01T00:00:00Z"})
            (held,) = record(at, {"type": "quiet"})
            at.call("queue.pause", {"scope": "type", "subject": "quiet"})
            assert waits(at) == {
                "lost": (1, lost),
                "dependency": (2, behind),
                "unclaimed": (2, free),
                "executor": (1, queued),
                "schedule": (1, later),
                "paused": (1, held),
            }
            seen = overview(at)
            assert sum(each["jobs"] for each in seen["waiting"]) == seen["counts"]["pending"]
            said = {each["kind"]: each["text"] for each in seen["waiting"]}
            for kind, job_id in (("lost", lost), ("paused", held), ("executor", queued)):
                why = at.call("job.explain", {"job_id": job_id})["obstacles"][0]["text"]
                assert said[kind] == why
            (runs,) = seen["running"]
            assert (runs["id"], runs["managed_by"], runs["attempt"]) == (running, "executor", 1)
            assert runs["what"] == "sh -c 'echo up; exec sleep 1000'"
            (failure,) = seen["failed"]
            assert (failure["id"], failure["what"]) == (failing, "sh -c 'echo broken; exit 3'")
            assert "broken" in failure["error"]
            assert seen["ended"] == {"failed": 1}
            for each in (queued, running):
                at.call("job.cancel", {"job_id": each})


def test_what_an_agent_holds_and_what_failed_before_is_told_apart(
    running_daemon: DaemonHome,
) -> None:
    with running_daemon.connect(agent="ann", workspace="/repo/tern") as at:
        first, _ = record(at, {"type": "t", "max_attempts": 3}, {"type": "t"})
        at.call("job.claim", {})
        at.call("job.fail", {"job_id": first, "error": "not yet"})
        claimed = at.call("job.claim", {})["job"]
        seen = overview(at)
        (runs,) = seen["running"]
        assert (runs["id"], runs["holder"]) == (claimed["id"], "ann")
        assert runs["lease_expires_at"] >= claimed["holder"]["lease_expires_at"]
        (waiting,) = seen["waiting"]
        assert (waiting["kind"], waiting["job_id"], waiting["jobs"]) == ("back_off", first, 1)
        assert waiting["until"]
        at.call("job.fail", {"job_id": claimed["id"], "error": "no", "retry": False})
        assert [each["id"] for each in overview(at)["failed"]] == [claimed["id"]]
        assert "failed" not in overview(at, since="2100-01-01T00:00:00Z")
        assert len(overview(at, limit=1)["failed"]) == 1
        at.call("job.retry", {"job_id": claimed["id"]})
        assert "failed" not in overview(at)
