"""Random walks of the store beside a model small enough to be obviously right.

The machine drives the ledger as the writer's thread does, group by group, and closes and reopens
the file in between. The model is dictionaries.
"""

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule

from djobs_daemon.store.records import JobFilter
from djobs_daemon.store.sqlite.book import Book
from djobs_daemon.store.sqlite.check import check
from djobs_daemon.store.sqlite.database import database_uuid, open_writer
from djobs_daemon.store.sqlite.group import Outcome, Task, run_group, write_task
from djobs_daemon.store.sqlite.migrate import load
from djobs_daemon.store.sqlite.view import SqliteView
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.job_replies import EnqueuedJobs
from djobs_protocol.states import TERMINAL_STATES, TRANSITIONS, EventKind, JobState
from tests.harness.quick_folder import quick_folder
from tests.model.length import walk_settings
from tests.store.ledger_tools import ACTOR, HERE, draft, inserting, key, moving

FREES_KEY = {JobState.FAILED, JobState.DEAD_LETTERED, JobState.CANCELLED, JobState.STOPPED}
MET = {JobState.SUCCEEDED, JobState.SKIPPED}
MOVES = sorted({event for moves in TRANSITIONS.values() for event in moves})


@dataclass
class ModelJob:
    """What the model knows of a job."""

    state: JobState = JobState.PENDING
    run: int = 1
    attempt: int = 0
    key: str | None = None
    needs: list[str] = field(default_factory=list)
    unblocked_by: int = 0
    events: list[str] = field(default_factory=lambda: ["enqueued"])


class StoreMachine(RuleBasedStateMachine):
    """The store against the model."""

    jobs = Bundle("jobs")

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        folder = self.stack.enter_context(quick_folder())
        self.path = str(folder / "jobs.db")
        self.now = 1_000
        self.model: dict[str, ModelJob] = {}
        self.answers: dict[str, bytes] = {}
        self.open()

    def open(self) -> None:
        self.db = open_writer(self.path, load(), self.now, lambda: None)
        self.book = Book(self.db, database_uuid(self.db))

    def teardown(self) -> None:
        report = check(self.db, self.path, self.now, load())
        self.db.close()
        self.stack.close()
        assert report.problems == []
        assert report.events == sum(len(job.events) for job in self.model.values())

    def commit(self, *tasks: Task) -> list[Outcome]:
        self.now += 1
        outcomes: list[Outcome] = []
        while len(outcomes) < len(tasks):  # a group that takes long leaves some for the next
            outcomes += run_group(self.book, tasks[len(outcomes) :], self.now, self.path)
        return outcomes

    def one(self, work: Any, number: str | None = None) -> Outcome:
        (outcome,) = self.commit(write_task(ACTOR, work, key(number) if number else None))
        return outcome

    def owner(self, name: str | None) -> str | None:
        owners = [
            job_id
            for job_id, job in self.model.items()
            if job.key is not None and job.key == name and job.state not in FREES_KEY
        ]
        assert len(owners) <= 1
        return owners[0] if owners else None

    def view(self) -> SqliteView:
        return SqliteView(self.db, self.book.database, self.book.name)

    @initialize(target=jobs)
    def begin(self) -> Any:
        return multiple(*self.insert([draft(), draft()], None))

    def insert(self, drafts: list[Any], number: str | None) -> list[str]:
        outcome = self.one(inserting(*drafts), number)
        assert isinstance(outcome, bytes)
        ids = [each.id for each in msgspec.json.decode(outcome, type=EnqueuedJobs).jobs]
        for job_id, each in zip(ids, drafts, strict=True):
            self.model[job_id] = ModelJob(
                key=each.idempotency_key, needs=[need.job for need in each.depends_on]
            )
        if number:
            self.answers[number] = outcome
        return ids

    @rule(target=jobs, size=st.integers(1, 4), number=st.integers(0, 30))
    def enqueue(self, size: int, number: int) -> Any:
        name = str(number)
        if name in self.answers:
            assert self.one(inserting(*[draft()] * size), name) == self.answers[name]
            return multiple()
        return multiple(*self.insert([draft()] * size, name))

    @rule(target=jobs, job_id=jobs, number=st.integers(31, 60), twice=st.booleans())
    def enqueue_beside_others(self, job_id: str, number: int, twice: bool) -> Any:
        """Several in one group, one of them perhaps a second time."""
        name, job = str(number), self.model[job_id]
        asked = write_task(ACTOR, inserting(draft()), key(name))
        end = EventKind.CANCELLED
        ends = write_task(ACTOR, moving(job_id, end), None)
        tasks = [asked, ends, asked] if twice else [asked, ends]
        outcomes = self.commit(*tasks, write_task(ACTOR, inserting(draft()), None))
        ended = TRANSITIONS[job.state].get(end)
        assert isinstance(outcomes[1], bytes) == (ended is not None)
        if ended is not None:
            self.apply(job_id, job, end, ended)
        known = name in self.answers
        assert isinstance(outcomes[0], bytes)
        assert outcomes[0] == self.answers.setdefault(name, outcomes[0])
        assert not twice or outcomes[2] == outcomes[0]
        return multiple(*self.note_new(*(outcomes[-1:] if known else [outcomes[0], outcomes[-1]])))

    def note_new(self, *outcomes: Outcome) -> list[str]:
        """Take the jobs that were enqueued into the model."""
        ids = []
        for outcome in outcomes:
            assert isinstance(outcome, bytes)
            ids += [each.id for each in msgspec.json.decode(outcome, type=EnqueuedJobs).jobs]
        self.model |= {job_id: ModelJob() for job_id in ids}
        return ids

    @rule(target=jobs, name=st.sampled_from("abc"), other=st.booleans())
    def enqueue_with_key(self, name: str, other: bool) -> Any:
        new = draft(idempotency_key=name)
        if self.owner(name) is None:
            return multiple(*self.insert([new], None))
        outcome = self.one(inserting(draft(), new) if other else inserting(new))
        assert isinstance(outcome, DjobsError)
        return multiple()

    @rule(target=jobs, needs=st.lists(jobs, min_size=1, max_size=3, unique=True))
    def enqueue_dependent(self, needs: list[str]) -> Any:
        unmet = sum(self.model[each].state not in MET for each in needs)
        return multiple(*self.insert([draft(depends_on=tuple(needs), blockers=unmet)], None))

    @rule(job_id=jobs, pick=st.integers(0, 30), good=st.booleans())
    def move(self, job_id: str, pick: int, good: bool) -> None:
        job = self.model[job_id]
        legal = list(TRANSITIONS[job.state])
        event = legal[pick % len(legal)] if pick < 24 else MOVES[pick % len(MOVES)]
        target = TRANSITIONS[job.state].get(event)
        changes = {"lease_expires_at": self.now + 9} if event is EventKind.CLAIMED else {}
        allowed = target is not None and self.may_enter(job_id, job, event, target)
        moved = write_task(ACTOR, moving(job_id, event, None, **changes), None)
        beside = [] if good else [write_task(ACTOR, self.failing, None)]
        outcomes = self.commit(*beside, moved, *beside)
        assert isinstance(outcomes[len(beside)], bytes) == allowed
        if allowed and target is not None:
            self.apply(job_id, job, event, target)

    def may_enter(self, job_id: str, job: ModelJob, event: EventKind, target: JobState) -> bool:
        """Say whether the rules beyond the table allow the move."""
        if event in (EventKind.LEASE_LAPSED, EventKind.RETRY_DUE):
            return job.attempt < 3  # else a claim would find a job that nobody may start
        return self.owner(job.key) in (None, job_id) or target in FREES_KEY

    def failing(self, ledger: Any) -> Any:
        ledger.insert_jobs([draft(type="lost", workspace="/lost", correlation_id="lost")])
        raise DjobsError(ErrorCode.TOO_LARGE, "at the last moment")

    def apply(self, job_id: str, job: ModelJob, event: EventKind, target: JobState) -> None:
        was_met, job.state = job.state in MET, target
        job.events.append(event.value)
        job.attempt += event is EventKind.CLAIMED
        if event is EventKind.RETRIED:
            job.run, job.attempt = job.run + 1, 0
        job.attempt -= event is EventKind.RELEASED
        for each in self.model.values():
            if job_id not in each.needs or each.state != "pending":
                continue
            if target in MET and self.unmet(each) == 0:
                each.events.append("unblocked")
            elif was_met and self.unmet(each) == 1:
                each.events.append("blocked")

    def unmet(self, job: ModelJob) -> int:
        return sum(self.model[each].state not in MET for each in job.needs)

    @rule()
    def reopen(self) -> None:
        self.db.close()
        self.open()

    @invariant()
    def jobs_are_as_the_model_says(self) -> None:
        view = self.view()
        for job_id, job in self.model.items():
            row = view.job(job_id)
            assert row is not None
            assert (row.state, row.run, row.attempt) == (job.state, job.run, job.attempt)
            assert row.blockers == self.unmet(job)
            assert (row.finished_at is not None) == (job.state in TERMINAL_STATES)
            assert (row.holder_session is not None) == (job.state is JobState.RUNNING)

    @invariant()
    def keys_and_counts_are_as_the_model_says(self) -> None:
        view = self.view()
        owners = {name: job.id for name, job in view.jobs_by_keys(HERE, list("abc")).items()}
        assert owners == {name: self.owner(name) for name in "abc" if self.owner(name)}
        states = [job.state for job in self.model.values()]
        counted = view.count_jobs(JobFilter(HERE))
        assert counted == {state: states.count(state) for state in JobState if state in states}
        blocked = [j for j in self.model.values() if j.state == "pending" and self.unmet(j)]
        assert view.count_blocked(HERE) == len(blocked)

    @invariant()
    def histories_are_as_the_model_says(self) -> None:
        view = self.view()
        for job_id, job in self.model.items():
            events, total = view.events_of(job_id, 500)
            assert [event.kind for event in events] == job.events
            assert total == len(job.events)


TestStore = StoreMachine.TestCase
TestStore = pytest.mark.timeout(600)(TestStore)  # a walk that fails is shortened first
TestStore.settings = walk_settings(walks=85, steps=50)
