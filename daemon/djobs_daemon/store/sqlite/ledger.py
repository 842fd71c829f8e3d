"""Writing: the interface's ``Ledger`` over one open transaction on the writer's thread."""

from collections import deque
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

import msgspec

from djobs_daemon.queue.finish import ended_text
from djobs_daemon.queue.texts import clip
from djobs_daemon.store.records import Actor, JobDraft, JobFilter, JobRow, Ready
from djobs_daemon.store.sqlite import (
    dependents,
    leases_view,
    purging,
    resources,
)
from djobs_daemon.store.sqlite.admitting import Admitting
from djobs_daemon.store.sqlite.book import EventLine
from djobs_daemon.store.sqlite.drafts import Inserting
from djobs_daemon.store.sqlite.implied import implied
from djobs_daemon.store.sqlite.tallies import BLOCKED, place_of
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.states import (
    TERMINAL_STATES,
    UNMOVING_EVENTS,
    EventKind,
    JobState,
    next_state,
)

NOTE_CHARS_MAX: Final = 500
"""An event's note; the whole text is kept beside it."""

_SESSION_COLUMNS: Final = {"holder_session": "holder", "finished_by": "finished_by"}
_TEXT_COLUMNS: Final = {
    "payload": "payload_in",
    "evidence": "evidence_in",
    "last_error": "error_in",
    "offer": "offered_in",
    "receipt": "receipt_in",
}
_CHANGEABLE: Final = frozenset(
    {"holder_session", "holder_agent", "lease_expires_at", "attempt", "run_at", "due"}
    | {
        "priority",
        "max_attempts",
        "lease_ms",
        "held_ms",
        "retry_policy",
        "paused_at",
        "archived_at",
    }
    | {"idempotency_key_freed", "stop_requested_at", "generation", "revision"}
    | {"exit_code", "sandbox_enforced", "verified", "offered_in"}
    | _TEXT_COLUMNS.keys()
)
_COLUMNS: Final = {"idempotency_key_freed": "key_freed_at"} | _SESSION_COLUMNS | _TEXT_COLUMNS
_ELSEWHERE: Final = _SESSION_COLUMNS.keys() | _TEXT_COLUMNS.keys()
"""A row has the number under which the value is kept."""
_DUE: Final = "UPDATE jobs SET due = 1 WHERE seq = ?"
_ROW_FIELDS: Final = frozenset(JobRow.__struct_fields__)
_encode = msgspec.json.Encoder().encode


class SqliteLedger(Admitting):
    """One request's writes; see ``interface.Ledger``."""

    def insert_jobs(self, drafts: Sequence[JobDraft]) -> list[JobRow]:
        """Store new jobs, their dependencies and an ``enqueued`` event each."""
        return Inserting(self._book, self.actor, self._session, self.now).insert(drafts)

    def move(
        self, job: JobRow, event: EventKind, note: str | None = None, **changes: Any
    ) -> JobRow:
        """Apply one transition with its event and return the job as it is now."""
        moved = self._move_alone(job, event, note, changes)
        unsettled = deque([(job, moved)])
        while unsettled:
            before, after = unsettled.popleft()
            self._settle_dependents(before, after)
            for seq in dependents.to_cancel(self._jobs_db, after.seq, after.state):
                dependent = self._numbered(seq)
                assert dependent is not None
                why = f"{after.id}, which it depends on, {ended_text(after.state)}"
                ended = self._move_alone(dependent, EventKind.CANCELLED, why, {})
                unsettled.append((dependent, ended))
        return moved

    def mark(
        self, job: JobRow, event: EventKind, note: str | None = None, **changes: Any
    ) -> JobRow:
        """Change a job without moving it, with its event, and return it as it is now."""
        if event not in UNMOVING_EVENTS:
            raise TypeError(f"{event} moves a job")
        revised = {"revision": job.revision + 1, "updated_at": self.now} | changes
        marked = self._change(job, event, job.state, note, changes, revised)
        if place_of(job) != place_of(marked):
            self._recount(job, place_of(marked))
        self._book.deadlines_moved |= not marked.due
        self._book.announce(marked)
        return marked

    def purge(self, job: JobRow, note: str) -> bool:
        """Remove an ended job with all that belongs to it but its events."""
        if job.state not in TERMINAL_STATES:
            raise TypeError(f"{job.id} is {job.state}, and not purged")
        if purging.is_needed(self._jobs_db, job.seq):
            return False
        self._add_line(job, EventKind.PURGED, job.state, note, {}, job.run)
        self._recount(job, None)
        purging.remove(self._db, job.seq)
        return True

    def _recount(self, job: JobRow, place: str | None) -> None:
        workflow = self._book.names.workflows.number(job.correlation_id)
        self._book.tallies.count(workflow, place_of(job), -1)
        if place is not None:
            self._book.tallies.count(workflow, place, 1)

    def make_due(self, until: int, limit: int) -> Sequence[JobRow]:
        """Let scheduled jobs whose time is ``until`` or earlier be claimed; return them."""
        pending = leases_view.coming_due(self._db, self._name, until, limit)
        self._db.executemany(_DUE, [(job.seq,) for job in pending])
        for job in pending:
            self._book.announce(msgspec.structs.replace(job, due=True))
        retried = leases_view.to_retry(self._db, self._name, until, limit)
        return [*pending, *(self.move(job, EventKind.RETRY_DUE) for job in retried)]

    def text_of(self, event: int) -> str | None:
        """Return the whole text that an event brought, those of this transaction too."""
        self._book.additions.write()
        return super().text_of(event)

    def count_jobs(self, which: JobFilter) -> Mapping[JobState, int]:
        """Count jobs by state, those of this transaction too."""
        self._book.tallies.write()
        return super().count_jobs(which)

    def count_blocked(self, correlation_id: str) -> int:
        """Count pending jobs with unmet dependencies, those of this transaction too."""
        self._book.tallies.write()
        return super().count_blocked(correlation_id)

    def count_unfinished(self, correlation_id: str) -> int:
        """Count the open jobs of a workflow, those of this transaction too."""
        return self._book.tallies.unfinished(self._book.names.workflows.number(correlation_id))

    def unfinished_since(self, correlation_id: str) -> tuple[int, int | None]:
        """Return how many jobs are open and since when, those of this transaction too."""
        self._book.tallies.write()
        return super().unfinished_since(correlation_id)

    def _move_alone(
        self, job: JobRow, event: EventKind, note: str | None, changes: dict[str, Any]
    ) -> JobRow:
        state = next_state(job.state, event)
        changed = implied(job, event, state, self.actor, self.now) | changes
        if event is EventKind.CLAIMED and job.resource_key is not None:
            changed["resource_slot"] = resources.free_slot(self._jobs_db, job.seq)
        moved = self._change(job, event, state, note, changes, changed)
        workflow = self._book.names.workflows.number(job.correlation_id)
        self._book.tallies.count_move(workflow, job, state)
        self._note_admission(job, event)
        if state is JobState.RUNNING:
            self._book.note_lease(moved.lease_expires_at)
        elif state is JobState.RETRY_SCHEDULED or not moved.due:
            self._book.deadlines_moved = True
        if state in TERMINAL_STATES:
            self._book.ended.append(job.id)
        self._book.announce(moved)
        return moved

    def _change(
        self,
        job: JobRow,
        event: EventKind,
        state: JobState,
        note: str | None,
        asked: Mapping[str, Any],
        changed: dict[str, Any],
    ) -> JobRow:
        if unknown := asked.keys() - _CHANGEABLE:
            raise TypeError(f"a job's {sorted(unknown)} cannot be changed")
        self._update(job, state, changed)
        self._add_line(job, event, state, note, asked, changed.get("run", job.run))
        kept = {name: value for name, value in changed.items() if name in _ROW_FIELDS}
        return msgspec.structs.replace(job, state=state, **kept)

    def _add_line(
        self,
        job: JobRow,
        event: EventKind,
        state: JobState,
        note: str | None,
        asked: Mapping[str, Any],
        run: int,
    ) -> None:
        texts = [asked[name] for name in _TEXT_COLUMNS if asked.get(name) is not None]
        data = {key: value for key, value in asked.items() if key not in _TEXT_COLUMNS}
        line = EventLine(
            at=self.now,
            kind=event.value,
            job=job.seq,
            run=run,
            before=job.state.value,
            after=state.value,
            type=job.type,
            correlation_id=job.correlation_id,
            workspace=job.workspace,
            session=self.actor.session,
            agent=self.actor.agent,
            note=None if note is None else clip(note, NOTE_CHARS_MAX),
            data=_encode(data).decode() if data else None,
            text=texts[0] if texts else None,
        )
        self._book.add_events([line], self._session)

    def _update(self, job: JobRow, state: JobState, changed: dict[str, Any]) -> None:
        values = [self._stored(key, value) for key, value in changed.items()]
        done = self._jobs_db.execute(
            _guarded_update(tuple(changed)), (state.value, *values, job.seq, job.revision)
        )
        if done.rowcount != 1:
            raise DjobsError(
                ErrorCode.INTERNAL, f"{job.id} is no longer at revision {job.revision}."
            )

    def _stored(self, column: str, value: Any) -> Any:
        if value is None or column not in _ELSEWHERE:
            return value
        if column in _TEXT_COLUMNS:
            return self._book.next_event
        if value == self.actor.session:
            return self._session
        return self._book.sessions.number(Actor(value, "unknown"), self.now)

    def _settle_dependents(self, before: JobRow, after: JobRow) -> None:
        moved = dependents.settle(self._jobs_db, after.seq, before.state, after.state, self.now)
        lines = [self._dependent_line(event, row) for event, row in moved]
        if lines:
            self._book.add_events(lines, self._session)
        for event, row in moved:
            if event is EventKind.UNBLOCKED:
                self._book.ready.append(Ready(row[8], *row[5:8]))
            self._book.tallies.count(row[4], BLOCKED, -1 if event is EventKind.UNBLOCKED else 1)

    def _dependent_line(self, event: EventKind, row: tuple[Any, ...]) -> EventLine:
        seq, run, state, _, _, job_type, correlation_id, workspace, _ = row
        return EventLine(
            at=self.now,
            kind=event.value,
            job=seq,
            run=run,
            before=state,
            after=state,
            type=job_type,
            correlation_id=correlation_id,
            workspace=workspace,
            session=self.actor.session,
            agent=self.actor.agent,
        )


@cache
def _guarded_update(fields: tuple[str, ...]) -> str:
    columns = ", ".join(f"{_COLUMNS.get(each, each)} = ?" for each in fields)
    return f"UPDATE jobs SET state = ?, {columns} WHERE seq = ? AND revision = ?"
