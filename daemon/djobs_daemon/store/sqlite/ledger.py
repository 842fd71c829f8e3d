"""Writing: the interface's ``Ledger`` over one open transaction on the writer's thread."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from djobs_daemon.queue.ids import parse
from djobs_daemon.store.interface import Actor, JobDraft, JobRow
from djobs_daemon.store.sqlite.book import Book
from djobs_daemon.store.sqlite.chain import outcome_digest, request_digest
from djobs_daemon.store.sqlite.view import SqliteView
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.states import (
    MET_STATES,
    TERMINAL_EVENTS,
    TERMINAL_STATES,
    EventKind,
    JobState,
    next_state,
)

NOTE_CHARS_MAX: Final = 500
"""An event's note; the whole text stands in the job."""

BLOCKED: Final = "blocked"
"""The tally of pending jobs with unmet dependencies; the others are named by state."""

_ADD_JOB: Final = """
    INSERT INTO jobs (seq, type, managed_by, priority, payload, workflow, workspace,
        idempotency_key, key_scope, resource_key, resource_scope, max_attempts, blockers,
        run_at, created_at, updated_at, created_by)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_ADD_DEPENDENCY: Final = "INSERT INTO dependencies (job, position, needs) VALUES (?, ?, ?)"
_TALLY_UP: Final = """
    INSERT INTO tallies (workflow, what, jobs) VALUES (?, ?, ?)
    ON CONFLICT (workflow, what) DO UPDATE SET jobs = jobs + excluded.jobs
"""
_TALLY_DOWN: Final = "UPDATE tallies SET jobs = jobs - ? WHERE workflow = ? AND what = ?"
_COUNT_BLOCKERS: Final = """
    UPDATE jobs SET blockers = blockers {change} 1, revision = revision + 1, updated_at = ?
    WHERE seq IN (SELECT job FROM dependencies WHERE needs = ?)
    RETURNING seq, run, state, type, workflow, blockers
"""
_UNBLOCK: Final = _COUNT_BLOCKERS.format(change="-")
_BLOCK: Final = _COUNT_BLOCKERS.format(change="+")
_SESSION_COLUMNS: Final = {"holder_session": "holder", "finished_by": "finished_by"}
_CHANGEABLE: Final = frozenset(
    {"holder_session", "holder_agent", "lease_expires_at", "attempt", "run_at"}
    | {"evidence", "last_error"}
)
_TEXTS: Final = frozenset({"evidence", "last_error"})
_encode = msgspec.json.Encoder().encode


class SqliteLedger(SqliteView):
    """One request's writes; see ``interface.Ledger``."""

    def __init__(self, book: Book, actor: Actor, now: int) -> None:
        super().__init__(book.db, book.database, book.name)
        self.actor = actor
        self.now = now
        self._book = book
        self._session = book.sessions.number(actor, now)

    def insert_jobs(self, drafts: Sequence[JobDraft]) -> list[JobRow]:
        """Store new jobs, their dependencies and an ``enqueued`` event each."""
        book = self._book
        seq = book.next_job
        book.next_job += len(drafts)
        jobs, lines, needs, rows = [], [], [], []
        tally: Counter[tuple[int, str]] = Counter()
        for draft in drafts:
            workflow = book.workflows.number(draft.correlation_id)
            depends_on = self._numbers(draft.depends_on)
            jobs.append(self._job_values(seq, draft, workflow))
            lines.append(self._enqueued_line(seq, draft, workflow, depends_on))
            needs += [(seq, place, needed) for place, needed in enumerate(depends_on)]
            rows.append(self._new_row(seq, draft))
            tally[workflow, "pending"] += 1
            tally[workflow, BLOCKED] += draft.blockers > 0
            seq += 1
        self._db.executemany(_ADD_JOB, jobs)
        if needs:
            self._db.executemany(_ADD_DEPENDENCY, needs)
        book.add_events(lines, self.actor.session)
        self._count(tally)
        return rows

    def move(
        self, job: JobRow, event: EventKind, note: str | None = None, **changes: Any
    ) -> JobRow:
        """Apply one transition with its event and return the job as it is now."""
        if unknown := changes.keys() - _CHANGEABLE:
            raise TypeError(f"move() does not change {sorted(unknown)}")
        state = next_state(job.state, event)
        changed = self._implied(job, event, state) | changes
        moved = msgspec.structs.replace(job, state=state, **changed)
        self._update(job, state, changed)
        workflow = self._book.workflows.number(job.correlation_id)
        data = {key: value for key, value in changes.items() if key not in _TEXTS}
        texts = changed.keys() & _TEXTS
        self._book.add_event(
            (
                self.now,
                event.value,
                job.seq,
                moved.run,
                job.state.value,
                state.value,
                int(event in TERMINAL_EVENTS),
                self._book.types.number(job.type),
                workflow,
                self._session,
                self.actor.agent,
                shorten(note),
                _encode(data).decode() if data else None,
                outcome_digest(moved.evidence, moved.last_error) if texts else None,
            ),
            self.actor.session,
        )
        self._count_move(workflow, job, state)
        if state in MET_STATES:
            self._free_dependents(job)
        elif job.state in MET_STATES:
            self._block_dependents(job)
        return moved

    def _free_dependents(self, job: JobRow) -> None:
        rows = self._db.execute(_UNBLOCK, (self.now, job.seq)).fetchall()
        freed = [row for row in rows if row[5] == 0 and row[2] == JobState.PENDING.value]
        if freed:
            self._book.add_events([self._unblocked_line(row) for row in freed], self.actor.session)
            self._count(Counter({}), Counter((row[4], BLOCKED) for row in freed))

    def _block_dependents(self, job: JobRow) -> None:
        """Count the dependents' blockers up again: what they need is being done once more."""
        rows = self._db.execute(_BLOCK, (self.now, job.seq)).fetchall()
        newly = [row for row in rows if row[5] == 1 and row[2] == JobState.PENDING.value]
        self._count(Counter((row[4], BLOCKED) for row in newly))

    def _numbers(self, job_ids: Sequence[str]) -> list[int]:
        numbers = [parse(job_id, self._book.database) for job_id in job_ids]
        if None in numbers:
            unknown = job_ids[numbers.index(None)]
            raise DjobsError(ErrorCode.UNKNOWN_DEPENDENCY, f"There is no job {unknown}.")
        return [number for number in numbers if number is not None]

    def _job_values(self, seq: int, draft: JobDraft, workflow: int) -> tuple[Any, ...]:
        workspace = self._book.workspaces.number(draft.workspace)
        return (
            seq,
            self._book.types.number(draft.type),
            draft.managed_by,
            draft.priority,
            draft.payload,
            workflow,
            workspace,
            draft.idempotency_key,
            None if draft.idempotency_key is None else workspace,
            draft.resource_key,
            None if draft.resource_key is None else workspace,
            draft.max_attempts,
            draft.blockers,
            self.now,
            self.now,
            self.now,
            self._session,
        )

    def _enqueued_line(
        self, seq: int, draft: JobDraft, workflow: int, depends_on: list[int]
    ) -> tuple[Any, ...]:
        content = request_digest(draft, depends_on)
        number = self._book.types.number(draft.type)
        agent = self.actor.agent
        head = (self.now, "enqueued", seq, 1, None, "pending", 0, number, workflow)
        return (*head, self._session, agent, None, None, content)

    def _new_row(self, seq: int, draft: JobDraft) -> JobRow:
        return JobRow(
            seq=seq,
            id=self._book.name(seq),
            run=1,
            type=draft.type,
            managed_by=draft.managed_by,
            state=JobState.PENDING,
            priority=draft.priority,
            payload=draft.payload,
            correlation_id=draft.correlation_id,
            workspace=draft.workspace,
            idempotency_key=draft.idempotency_key,
            resource_key=draft.resource_key,
            attempt=0,
            max_attempts=draft.max_attempts,
            blockers=draft.blockers,
            revision=1,
            generation=0,
            holder_session=None,
            holder_agent=None,
            lease_expires_at=None,
            run_at=self.now,
            created_at=self.now,
            updated_at=self.now,
            started_at=None,
            finished_at=None,
            finished_by=None,
            evidence=None,
            last_error=None,
        )

    def _implied(self, job: JobRow, event: EventKind, state: JobState) -> dict[str, Any]:
        """Return the columns that the transition itself sets."""
        changed: dict[str, Any] = {"revision": job.revision + 1, "updated_at": self.now}
        if event is EventKind.CLAIMED:
            changed |= {
                "holder_session": self.actor.session,
                "holder_agent": self.actor.agent,
                "started_at": self.now,
                "generation": job.generation + 1,
                "attempt": job.attempt + 1,
            }
        elif job.state is JobState.RUNNING:
            changed |= {"holder_session": None, "holder_agent": None, "lease_expires_at": None}
        if state in TERMINAL_STATES:
            changed |= {"finished_at": self.now, "finished_by": self.actor.session}
        elif event is EventKind.RETRIED:
            changed |= {"run": job.run + 1, "attempt": 0, "evidence": None, "run_at": self.now}
            changed |= {"started_at": None, "finished_at": None, "finished_by": None}
        return changed

    def _update(self, job: JobRow, state: JobState, changed: dict[str, Any]) -> None:
        columns = ", ".join(f"{_SESSION_COLUMNS.get(key, key)} = ?" for key in changed)
        values = [
            self._holder(value) if key in _SESSION_COLUMNS else value
            for key, value in changed.items()
        ]
        guarded = f"UPDATE jobs SET state = ?, {columns} WHERE seq = ? AND revision = ?"
        done = self._db.execute(guarded, (state.value, *values, job.seq, job.revision))
        if done.rowcount != 1:
            raise DjobsError(
                ErrorCode.INTERNAL, f"{job.id} is no longer at revision {job.revision}."
            )

    def _holder(self, session: str | None) -> int | None:
        if session is None:
            return None
        if session == self.actor.session:
            return self._session
        return self._book.sessions.number(Actor(session, "unknown"), self.now)

    def _unblocked_line(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        seq, run, state, job_type, workflow, _ = row
        head = (self.now, EventKind.UNBLOCKED.value, seq, run, state, state, 0, job_type, workflow)
        return (*head, self._session, self.actor.agent, None, None, None)

    def _count_move(self, workflow: int, job: JobRow, state: JobState) -> None:
        up = Counter([(workflow, state.value)])
        down = Counter([(workflow, job.state.value)])
        if job.blockers and JobState.PENDING in (job.state, state):
            (up if state is JobState.PENDING else down)[workflow, BLOCKED] += 1
        self._count(up, down)

    def _count(
        self, up: Counter[tuple[int, str]], down: Counter[tuple[int, str]] | None = None
    ) -> None:
        for (workflow, what), jobs in up.items():
            if jobs:
                self._db.execute(_TALLY_UP, (workflow, what, jobs))
        for (workflow, what), jobs in (down or {}).items():
            self._db.execute(_TALLY_DOWN, (jobs, workflow, what))


def shorten(note: str | None) -> str | None:
    """Return a note of at most ``NOTE_CHARS_MAX`` characters."""
    if note is None or len(note) <= NOTE_CHARS_MAX:
        return note
    return note[: NOTE_CHARS_MAX - 1] + "…"
