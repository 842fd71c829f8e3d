"""Random walks of agents that share work, beside a model small enough to be obviously right.

The real handlers, scheduler and ledger run on simulated clocks: the machine works, sleeps, has its
clock set, and the daemon is started again. Each claim must take exactly the job that the model
names; no claim may go on waiting for one that it could take; every lease, back-off, pause, resource
and limit must hold to the millisecond.

The windows of rates are times of day: a clock that is set forward opens them early. Rates are
walked through sleep, restarts and clocks that are set forward, not through clocks set back.
"""

import asyncio
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule

from djobs_daemon.store.records import Actor
from tests.harness.quick_folder import quick_folder
from tests.model.length import walk_settings
from tests.model.model import DONE, ENDED, Job, Key, Limit, Model
from tests.model.world import World

PLACES = ("/a", "/b")
ACTORS = [
    Actor("session-of-ann-0001", "mcp", None, "/a", "", 1),
    Actor("session-of-bob-0002", "library", None, "/a", "", 2),
    Actor("session-of-eve-0003", "mcp", None, "/b", "", 3),
]
BOSS = Actor("session-of-boss-0004", "cli", None, "/a", "", 4)
"""Decides, and holds nothing."""
LEASE_MS = 30_000
WAIT_SECONDS = 300
BASE_MS = 5_000

actors = st.sampled_from(ACTORS)
types = st.sampled_from(["t", "u"])
wanted_types = st.sampled_from([(), (), ("t",), ("u",)])
resources = st.sampled_from([None, None, "workspace", "everywhere"])
amounts = st.integers(1, 3)
slots = st.sampled_from([1, 2, 3, 9])
windows = st.sampled_from([1_000, 10_000, 60_000])
policies = st.sampled_from(["block", "cancel", "run"])
spans = st.sampled_from([1, 999, 4_000, 10_000, 29_999, 30_000, 60_000])
gaps = st.sampled_from([2_000, 10_000, 3_600_000])
scopes: "st.SearchStrategy[Key]" = st.sampled_from(
    [("type", "t", ""), ("type", "u", ""), ("workspace", "/a", ""), ("workspace", "/b", "")]
)
limited: "st.SearchStrategy[Key]" = scopes | st.sampled_from(
    [("resource", "r", "/a"), ("resource", "r", "/b"), ("resource", "r", "*")]
)


class SharingMachine(RuleBasedStateMachine):
    """The daemon against the model."""

    jobs = Bundle("jobs")

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.runner = self.stack.enter_context(asyncio.Runner())
        folder = self.stack.enter_context(quick_folder())
        self.world = World(f"{folder}/jobs.db")
        self.model = Model()
        self.waiting: dict[asyncio.Task[Any], tuple[Actor, tuple[str, ...]]] = {}
        self.taken: list[tuple[Actor, tuple[str, ...], dict[str, Any]]] = []
        self.run(self.world.act())

    def run(self, work: Any) -> Any:
        """Do something in the loop, let it have its effects, and look at those who waited."""

        async def done() -> Any:
            found = await work
            await self.world.settle()
            return found

        found = self.runner.run(done())
        self.note_taken()
        return found

    def teardown(self) -> None:
        self.runner.run(self.leave_all())
        report = self.runner.run(self.world.store.check())
        self.world.store.close()
        self.stack.close()
        assert report.problems == []

    # What the clocks say.

    @property
    def steady(self) -> int:
        return self.world.work.clock.now()

    @property
    def wall(self) -> int:
        return self.world.machine.wall()

    def heard(self, actor: Actor) -> None:
        self.model.last_calls[actor.session] = self.steady

    # Jobs come.

    @initialize(
        target=jobs,
        limits=st.lists(st.tuples(limited, slots, amounts, windows), max_size=2),
        resource=resources,
        number=st.integers(3, 8),
        waiters=st.lists(actors, max_size=3),
    )
    def begin(
        self,
        limits: list[tuple[Key, int, int, int]],
        resource: str | None,
        number: int,
        waiters: list[Actor],
    ) -> Any:
        """Begin where there is something to be held up, and somebody to be woken."""
        for each in limits:
            self.set_limit(*each)
        for actor in waiters:
            self.begin_to_wait(actor, ())
        return multiple(*(self.put_plain(ACTORS[0], resource) for _ in range(number)))

    def put_plain(self, actor: Actor, resource: str | None) -> str:
        return self.put(actor, {"type": "t"}, resource, {})

    @rule(target=jobs, actor=actors, resource=resources, number=st.integers(2, 4))
    def enqueue_several(self, actor: Actor, resource: str | None, number: int) -> Any:
        return multiple(*(self.put_plain(actor, resource) for _ in range(number)))

    @rule(
        target=jobs,
        actor=actors,
        job_type=types,
        priority=st.sampled_from([1, 5]),
        resource=resources,
        flow=st.sampled_from([None, "shared"]),
        delay=st.sampled_from([0, 0, 0, 10_000]),
        attempts=st.integers(1, 3),
        needs=st.lists(st.tuples(jobs), max_size=2, unique=True),
        policy=policies,
    )
    def enqueue(
        self,
        actor: Actor,
        job_type: str,
        priority: int,
        resource: str | None,
        flow: str | None,
        delay: int,
        attempts: int,
        needs: list[tuple[str]],
        policy: str,
    ) -> str:
        asked: dict[str, Any] = {
            "type": job_type,
            "priority": priority,
            "max_attempts": attempts,
            "on_dependency_failure": policy,
            "depends_on": [each for (each,) in needs],
        }
        if delay:
            asked["run_at"] = moment(self.wall + delay)
        return self.put(
            actor, asked, resource, dict.fromkeys(asked["depends_on"], policy), flow, delay
        )

    def put(
        self,
        actor: Actor,
        asked: dict[str, Any],
        resource: str | None,
        needs: dict[str, str],
        flow: str | None = None,
        delay: int = 0,
    ) -> str:
        """Enqueue one job, and take it into the model."""
        key: Key | None = None
        if resource is not None:
            asked |= {"resource_key": "r", "resource_scope": resource}
            key = ("resource", "r", "*" if resource == "everywhere" else actor.workspace)
        retry = {"base_seconds": BASE_MS / 1000, "factor": 1, "jitter": 0}
        asked |= {"lease_seconds": LEASE_MS / 1000, "retry": retry}
        shared = {} if flow is None else {"correlation_id": flow}
        self.heard(actor)
        made = self.world.ask("job.enqueue", actor, jobs=[asked], **shared)
        order = len(self.model.jobs)
        place, wall = actor.workspace, self.wall

        async def noted() -> str:
            job_id: str = (await made)["jobs"][0]["id"]
            self.model.jobs[job_id] = Job(
                job_id, order, asked["type"], place, flow or place, asked.get("priority", 5),
                asked.get("max_attempts", 3), LEASE_MS, wall + delay, not delay, key, needs,
            )  # fmt: skip
            return job_id

        return str(self.run(noted()))

    # They are claimed and reported.

    @rule(actor=actors, names=wanted_types)
    def claim(self, actor: Actor, names: tuple[str, ...]) -> None:
        expected = self.model.best(names, actor.workspace, self.wall)
        self.heard(actor)
        found = self.run(self.claimed(actor, types=[*names])).get("job")
        assert (found and found["id"]) == (expected and expected.id)

    async def claimed(self, actor: Actor, **asked: Any) -> dict[str, Any]:
        """Claim, and have the model know before anybody else looks."""
        reply = await self.world.ask("job.claim", actor, **asked)
        if "job" in reply:
            self.note_start(actor, reply["job"])
        return reply

    def note_start(self, actor: Actor, found: dict[str, Any]) -> None:
        job = self.model.jobs[found["id"]]
        assert self.model.may_start(job, self.wall), f"{job.id} may not start"
        self.model.start(job, actor.session, self.steady + LEASE_MS, self.wall)

    @rule(actor=actors, job_id=jobs)
    def claim_by_name(self, actor: Actor, job_id: str) -> None:
        allowed = self.model.may_start(self.model.jobs[job_id], self.wall)
        self.heard(actor)

        async def work() -> bool:
            reply = await self.world.attempt("job.claim", actor, job_id=job_id)
            if reply is not None:
                self.note_start(actor, reply["job"])
            return reply is not None

        assert self.run(work()) == allowed

    @rule(actor=actors, job_id=jobs, how=st.sampled_from(["succeeded", "failed", "retry"]))
    def report(self, actor: Actor, job_id: str, how: str) -> None:
        job = self.model.jobs[job_id]
        runs = job.state == "running"
        allowed = job.holder == actor.session if runs else job.state not in ENDED
        state = "failed" if how == "retry" else how
        if how == "retry" and runs:
            state = "retry_scheduled" if job.attempt < job.attempts else "dead_lettered"
        run_at = self.wall + BASE_MS if state == "retry_scheduled" else job.run_at
        params: dict[str, Any] = {"job_id": job_id}
        if how != "succeeded":
            params |= {"error": "no", "retry": how == "retry"}
        method = "job.complete" if how == "succeeded" else "job.fail"
        self.heard(actor)
        self.decided(actor, method, params, job, allowed, state)
        if allowed:
            job.run_at = run_at

    @rule(nth=st.integers(0, 3), how=st.sampled_from(["job.complete", "job.release"]))
    def finish(self, nth: int, how: str) -> None:
        """Have whoever holds a running job report it."""
        running = [job for job in self.model.jobs.values() if job.state == "running"]
        if not running:
            return
        job = running[nth % len(running)]
        actor = next(each for each in ACTORS if each.session == job.holder)
        if how == "job.release":
            self.release(actor, job.id)
        else:
            self.report(actor, job.id, "succeeded")

    @rule(actor=actors, number=st.integers(2, 4))
    def claim_several(self, actor: Actor, number: int) -> None:
        for _ in range(number):
            self.claim(actor, ())

    @rule(actor=actors, job_id=jobs)
    def release(self, actor: Actor, job_id: str) -> None:
        job = self.model.jobs[job_id]
        allowed = job.holder == actor.session
        self.heard(actor)
        job.attempt -= allowed
        self.decided(actor, "job.release", {"job_id": job_id}, job, allowed, "pending")

    @rule(actor=actors, job_id=jobs, seconds=st.sampled_from([None, 1, 90]))
    def renew(self, actor: Actor, job_id: str, seconds: int | None) -> None:
        job = self.model.jobs[job_id]
        self.heard(actor)
        params = {"job_id": job_id} | ({} if seconds is None else {"lease_seconds": seconds})
        reply = self.run(self.world.attempt("job.heartbeat", actor, **params))
        assert (reply is not None) == (job.holder == actor.session)
        if reply is not None:
            until = self.steady + (LEASE_MS if seconds is None else seconds * 1000)
            job.lease_until = max(job.lease_until, until)

    @rule(job_id=jobs, how=st.sampled_from(["cancel", "skip", "retry"]))
    def decide(self, job_id: str, how: str) -> None:
        job = self.model.jobs[job_id]
        state = {"cancel": "cancelled", "skip": "skipped", "retry": "pending"}[how]
        allowed = job.state not in ENDED
        opened = how == "retry" or (how == "skip" and not allowed)
        if how == "skip":
            allowed = job.state != "running" and job.state not in DONE
        elif how == "retry":
            allowed = not allowed
        elif job.state == "running":
            state = "stopped"
        self.decided(BOSS, f"job.{how}", {"job_id": job_id}, job, allowed, state)
        if allowed and opened:
            job.attempt, job.run_at = 0, self.wall

    def decided(
        self,
        actor: Actor,
        method: str,
        params: dict[str, Any],
        job: Job,
        allowed: bool,
        state: str,
    ) -> None:
        """Ask for a move, which is made or refused as the model says."""

        async def work() -> bool:
            reply = await self.world.attempt(method, actor, **params)
            if reply is not None:
                self.model.move(job, state)
            return reply is not None

        assert self.run(work()) == allowed

    # Work is held up.

    @rule(key=scopes | st.just(("everything", "", "")), on=st.sampled_from([True, False, False]))
    def pause(self, key: Key, on: bool) -> None:
        method = "queue.pause" if on else "queue.resume"
        subject = {"subject": key[1]} if key[1] else {}

        async def work() -> bool:
            reply = await self.world.attempt(method, BOSS, scope=key[0], **subject)
            allowed = on or key in self.model.pauses
            (self.model.pauses.add if on else self.model.pauses.discard)(key)
            return (reply is not None) == allowed

        assert self.run(work())

    @rule(key=limited, running=slots, starts=amounts, window=windows)
    def set_limit(self, key: Key, running: int, starts: int, window: int) -> None:
        asked = {"running": running, "starts": starts, "window_seconds": window / 1000}

        async def work() -> None:
            await self.world.ask("limit.set", BOSS, **meant(key), **asked)
            before = self.model.limits.get(key)
            started = before.started if before is not None else []
            self.model.limits[key] = Limit(running, starts, window, started)

        self.run(work())

    @rule(key=limited)
    def clear_limit(self, key: Key) -> None:
        async def work() -> bool:
            reply = await self.world.attempt("limit.clear", BOSS, **meant(key))
            return (reply is not None) == (self.model.limits.pop(key, None) is not None)

        assert self.run(work())

    # Claims wait.

    @rule(actor=actors, names=wanted_types)
    def begin_to_wait(self, actor: Actor, names: tuple[str, ...]) -> None:
        self.heard(actor)

        async def work() -> None:
            task = asyncio.create_task(self.waited(actor, names))
            self.waiting[task] = (actor, names)

        self.run(work())

    async def waited(self, actor: Actor, names: tuple[str, ...]) -> None:
        expected = None
        while expected is None:
            reply = await self.world.ask(
                "job.claim", actor, types=[*names], wait_seconds=WAIT_SECONDS
            )
            expected = reply.get("job")
        self.taken.append((actor, names, expected))
        best = self.model.best(names, actor.workspace, self.wall)
        assert best is not None, f"{expected['id']} may not start"
        assert best.id == expected["id"]
        self.note_start(actor, expected)

    def note_taken(self) -> None:
        """Forget the claims that got their job; raise what went wrong in one."""
        for task in [each for each in self.waiting if each.done()]:
            del self.waiting[task]
            task.result()

    @rule()
    def leave(self) -> None:
        """Have the claim go away that waits longest."""
        if self.waiting:
            task = next(iter(self.waiting))
            del self.waiting[task]
            task.cancel()
            self.run(asyncio.sleep(0))

    async def leave_all(self) -> None:
        for task in self.waiting:
            task.cancel()
        await asyncio.gather(*self.waiting, return_exceptions=True)
        self.waiting.clear()

    # Time passes.

    @rule(ms=spans)
    def work(self, ms: int) -> None:
        """Let time pass, with the scheduler awake exactly when it asked to be."""
        machine = self.world.machine
        end = machine.read().awake + ms
        while self.world.wake is not None and self.world.wake <= end:
            machine.work(max(0, self.world.wake - machine.read().awake))
            self.act()
        machine.work(end - machine.read().awake)
        assert [*self.model.lapsing(self.steady)] == []

    @rule(ms=gaps)
    def sleep(self, ms: int) -> None:
        """Suspend the machine."""
        self.world.machine.sleep(ms)
        self.after_gap(ms)

    @rule(ms=gaps, back=st.booleans())
    def set_the_clock(self, ms: int, back: bool) -> None:
        """Set the wall clock; not back while a window is open, which that would lengthen."""
        back = back and not self.model.limits
        self.world.machine.set_wall(-ms if back else ms)
        self.after_gap(-ms if back else ms)

    def after_gap(self, shift: int) -> None:
        self.model.grant(shift, self.steady + shift)
        self.act()

    @rule(down=st.sampled_from([1, 5_000, 3_600_000]), shift=st.sampled_from([0, 0, 9_000, -9_000]))
    def restart(self, down: int, shift: int) -> None:
        """Start the daemon again after a while, in which the clock may have been set."""
        self.runner.run(self.leave_all())
        self.world.store.close()
        self.world.machine.work(down)
        self.world.machine.set_wall(0 if self.model.limits else shift)
        self.world.start()
        self.model.last_calls.clear()
        self.model.grant(0, self.steady)
        self.run(self.world.scheduler._begin())
        self.act()

    def act(self) -> None:
        """Have the scheduler act, and the model do what is due, until nobody calls it again."""
        while True:
            wall = self.wall
            self.model.sweep(wall, wall)  # the steady clock equals the other once it is put right
            self.run(self.world.act())
            if not self.world.is_scheduler_called():
                break

    # What must always hold.

    @invariant()
    def the_scheduler_has_done_what_it_was_called_for(self) -> None:
        if self.world.is_scheduler_called():
            self.act()

    @invariant()
    def nobody_waits_for_what_it_could_take(self) -> None:
        for actor, names in self.waiting.values():
            assert self.model.best(names, actor.workspace, self.wall) is None

    @invariant()
    def whoever_asks_why_is_told_what_the_model_knows(self) -> None:
        """Nothing stands in the way of exactly those jobs that a claim may take."""
        asked = [job for job in self.model.jobs.values() if job.state == "pending"]

        async def answers() -> list[Any]:
            ask = self.world.ask
            return [await ask("job.explain", BOSS, job_id=job.id) for job in asked]

        for job, answer in zip(asked, self.runner.run(answers()), strict=True):
            obstacles = answer.get("obstacles", [])
            assert (not obstacles) == self.model.may_start(job, self.wall), (job, obstacles)

    @invariant()
    def jobs_are_as_the_model_says(self) -> None:
        async def rows() -> list[Any]:
            return await self.world.store.read(
                lambda view: [view.job(each) for each in self.model.jobs]
            )

        for row, job in zip(self.runner.run(rows()), self.model.jobs.values(), strict=True):
            assert row is not None
            told = (row.state, row.attempt, row.holder_session, row.due, row.lease_expires_at or 0)
            until = job.lease_until if job.state == "running" else 0
            assert told == (job.state, job.attempt, job.holder, job.due, until), job
            assert row.blockers == len(self.model.unmet(job))


def meant(key: Key) -> dict[str, Any]:
    """Return how a request names what it limits."""
    scope, subject, place = key
    asked = {"scope": scope, "subject": subject}
    if scope == "resource":
        asked |= LIMIT_EVERYWHERE if place == "*" else {"workspace": place}
    return asked


LIMIT_EVERYWHERE: dict[str, Any] = {"everywhere": True}


def moment(at: int) -> str:
    """Return milliseconds since the epoch as a request has them."""
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds")


TestSharing = SharingMachine.TestCase
TestSharing = pytest.mark.timeout(600)(TestSharing)  # a walk that fails is shortened first
TestSharing.settings = walk_settings(walks=120, steps=50)
