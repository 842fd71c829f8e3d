"""What is interrupted when several share work: claims, leases, resources, decisions."""

from typing import Any
from unittest import mock

from djobs_daemon.executors.recording import ACTOR as EXECUTORS
from djobs_daemon.scheduler.loop import Scheduler, release_all
from djobs_daemon.scheduler.taking import find_next
from djobs_daemon.store.interface import Ledger
from djobs_daemon.store.records import Actor, Done, Wanted
from djobs_daemon.store.sqlite import upkeep
from djobs_daemon.store.usage_records import UsageRow
from djobs_protocol.states import EventKind
from tests.crash.asking import Asking
from tests.crash.running import keep_to_budgets, verify
from tests.store.ledger_tools import ACTOR, OTHER

DAEMON = Actor("daemon-0005", "daemon", None, "", "", 4646)


async def claim(a: Asking) -> None:
    await a.ask("1", "job.claim")
    await a.ask("2", "job.claim", OTHER, job_id=a.ids[1], lease_seconds=30, agent_id="bob")
    await a.ask("3", "job.claim", OTHER, job_id=a.ids[2])
    await a.ask("4", "job.heartbeat", OTHER, job_id=a.ids[1], lease_seconds=90)
    await a.ask("5", "job.release", job_id=a.ids[0], reason="later")
    await a.ask("6", "job.complete", job_id=a.ids[1], generation=1)


async def claim_from_all_workspaces(a: Asking) -> None:
    for number in "123":
        await a.ask(number, "job.claim", everywhere=True, types=["edit"])


async def wait_for_a_resource(a: Asking) -> None:
    wants = {"resource_key": "r"}
    await a.enqueue("1", *[{**wants, "type": "t", "priority": 1}] * 3)
    await a.ask("2", "job.claim", types=["t"])
    await a.ask("3", "job.claim", OTHER, types=["t", "edit"])  # parks what comes before
    await release_all(a.store, DAEMON, ACTOR.session, "its session ended")
    await a.ask("5", "job.claim", OTHER, types=["t"])


async def fail_with_attempts_left(a: Asking) -> None:
    await a.ask("1", "job.claim", job_id=a.ids[0])
    await a.fail("2", a.ids[0])
    a.clock.advance(60_000)
    await look_after(a)
    await a.ask("3", "job.claim", job_id=a.ids[0])


async def let_leases_lapse(a: Asking) -> None:
    await a.enqueue("1", {"max_attempts": 1, "type": "once"})
    await a.ask("2", "job.claim", types=["once"], lease_seconds=1)
    await a.ask("3", "job.claim", OTHER, job_id=a.ids[0], lease_seconds=30)
    await a.ask("4", "job.enqueue", jobs=[{"type": "t", "run_at": "2027-01-15T08:00:40Z"}])
    a.clock.advance(31_000)
    a.work.heard_of(OTHER.session)
    await look_after(a)
    a.clock.advance(31_000)
    await look_after(a)


async def hold_back(a: Asking) -> None:
    await a.ask("1", "job.pause", job_id=a.ids[0], reason="later")
    await a.ask("2", "job.pause", OTHER, job_id=a.ids[0], paused=False)


async def run_what_was_handed_over(a: Asking) -> None:
    """Claim and conclude a job as the daemon does for its own executors, with what it cost."""
    await a.enqueue("1", {"managed_by": "executor", "type": "write_file", "priority": 1})

    def take(ledger: Ledger) -> Done:
        job, _ = find_next(ledger, Wanted("executor"))
        if job is not None:
            ledger.move(job, EventKind.CLAIMED)
        return Done()

    def conclude(ledger: Ledger) -> Done:
        for held in ledger.held_jobs(EXECUTORS.session):
            job = ledger.job(held.id)
            assert job is not None
            ledger.note_usage(job, [UsageRow("own", "small", 100, 20, 0, 7, 3_000)])
            ledger.move(job, EventKind.SUCCEEDED, "ok", evidence="ok", exit_code=0)
        return Done()

    await a.store.write(EXECUTORS, take)
    await a.store.write(EXECUTORS, conclude)


async def end_of_a_session(a: Asking) -> None:
    await a.ask("1", "job.claim", OTHER)
    await release_all(a.store, DAEMON, OTHER.session, "its session ended")


async def depend_in_every_way(a: Asking) -> None:
    plan: list[dict[str, Any]] = [
        {"graph_key": "first"},
        {"depends_on": ["first"], "on_dependency_failure": "cancel"},
        {"depends_on": ["first"], "on_dependency_failure": "run"},
    ]
    await a.enqueue("1", *plan)
    await a.enqueue("2", *({"depends_on": [a.ids[0]], "on_dependency_failure": "cancel"},) * 2)
    await a.fail("3", a.ids[0])
    await a.ask("4", "job.retry", job_id=a.ids[0])


async def decide(a: Asking) -> None:
    await a.ask("1", "job.cancel", job_id=a.ids[0], reason="no")
    await a.ask("2", "job.retry", job_id=a.ids[0])
    await a.ask("3", "job.skip", job_id=a.ids[0])
    await a.ask("4", "job.claim", job_id=a.ids[1])
    await a.ask("5", "job.cancel", OTHER, job_id=a.ids[1])
    await a.ask("6", "job.skip", job_id=a.ids[1])


async def revise(a: Asking) -> None:
    first: dict[str, Any] = {"revision": 1, "priority": 1, "payload": {"n": 1}}
    await a.ask("1", "job.amend", job_id=a.ids[0], **first)
    await a.ask("2", "job.amend", job_id=a.ids[0], run_at="2027-01-15T08:00:40Z")
    await a.ask("3", "job.accept_before", job_id=a.ids[2], evidence="by hand")


async def retry_all(a: Asking) -> None:
    await a.fail("1", a.ids[0])
    await a.enqueue("2", {"idempotency_key": "again"})
    await a.fail("3", a.ids[1])
    await a.ask("4", "job.retry_failed", reason="the network is back")


async def put_away(a: Asking) -> None:
    await a.complete("1", a.ids[0])
    await a.fail("2", a.ids[1])
    await a.ask("3", "workflow.archive", states=["failed"])
    await a.ask("4", "workflow.unarchive")
    await a.ask("5", "workflow.archive", reason="over")
    await a.ask("6", "job.retry", job_id=a.ids[1])


async def remove(a: Asking) -> None:
    for number, each in zip("123", a.ids, strict=True):
        await a.complete(number, each)
    await a.ask("4", "queue.purge", older_than_seconds=0, dry_run=False, reason="old")
    with mock.patch.object(upkeep, "CUT_EVENTS", 1):
        await a.store.cut_history(a.clock.now + 1)


async def tell(a: Asking) -> None:
    notice: dict[str, Any] = {"kind": "failed", "key": a.ids[0], "recipient": "ann"}
    await a.ask("1", "notice.deliver", **notice, window_seconds=60, cooldown_seconds=90)
    await a.ask("2", "notice.deliver", OTHER, **notice, window_seconds=60)
    a.clock.advance(61_000)
    await a.ask("3", "notice.deliver", **notice, window_seconds=60)
    a.clock.advance(61_000)
    await a.store.maintain()


async def make_jobs_at_times(a: Asking) -> None:
    nightly: dict[str, Any] = {"cron": "* * * * *", "zone": "UTC", "job": {"type": "edit"}}
    await a.ask("1", "schedule.set", name="one", **nightly)
    await a.ask("2", "schedule.set", name="all", missed="all", **nightly)
    a.clock.advance(3 * 60_000)
    await look_after(a)
    await a.ask("3", "schedule.set", name="one", **nightly, missed="skip")
    await a.ask("4", "schedule.pause", name="one")
    await a.ask("5", "schedule.remove", name="all")
    await a.ask("6", "job.claim")


async def give_a_type_defaults(a: Asking) -> None:
    retry = {"base_seconds": 1, "jitter": 0}
    await a.ask("1", "type.set", type="edit", max_attempts=1, retry=retry)
    await a.enqueue("2", {}, {"max_attempts": 2})
    await a.ask("3", "type.set", type="edit", reset=True)


async def name_for_a_while(a: Asking) -> None:
    for_a_while = {"idempotency_key": "w", "key_seconds": 60, "key_scope": "everywhere"}
    await a.enqueue("1", for_a_while)
    a.clock.advance(61_000)
    await a.enqueue("2", for_a_while, {"idempotency_key": "x", "key_states": "incomplete"})


async def limit(a: Asking) -> None:
    await a.ask("1", "limit.set", scope="type", subject="t", running=2, starts=2, window_seconds=9)
    await a.ask("2", "limit.set", scope="resource", subject="r", running=2)
    await a.enqueue("3", *[{"type": "t", "resource_key": "r"}] * 3)
    for number in ("4", "5", "6"):
        await a.ask(number, "job.claim", types=["t"])
    a.clock.advance(-10_000)
    await a.ask("8", "job.claim", types=["t"])
    a.clock.advance(20_000)
    await look_after(a)
    await a.ask("7", "limit.clear", scope="resource", subject="r")


async def pause(a: Asking) -> None:
    await a.ask("1", "queue.pause", reason="for a while")
    await a.ask("2", "queue.pause", scope="type", subject="t")
    await a.ask("3", "queue.resume")
    await a.ask("4", "queue.pause", scope="workspace", subject="/elsewhere")
    await a.ask("5", "job.claim")


async def register(a: Asking) -> None:
    await a.ask("1", "agent.register", ACTOR, agent_id="ann", capabilities=["x"], metadata={"y": 1})
    await a.ask("2", "agent.heartbeat", OTHER, agent_id="ann")


async def look_after(a: Asking) -> None:
    """Do what the scheduler does when it wakes."""
    await Scheduler(a.work, a.store, DAEMON)._act()


SHARING = (
    claim,
    claim_from_all_workspaces,
    wait_for_a_resource,
    fail_with_attempts_left,
    let_leases_lapse,
    end_of_a_session,
    hold_back,
    run_what_was_handed_over,
    depend_in_every_way,
    decide,
    revise,
    retry_all,
    put_away,
    remove,
    tell,
    make_jobs_at_times,
    give_a_type_defaults,
    name_for_a_while,
    keep_to_budgets,
    verify,
    limit,
    pause,
    register,
)
