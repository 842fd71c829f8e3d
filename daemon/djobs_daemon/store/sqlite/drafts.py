"""Store new jobs in bulk: rows, dependencies, events, counts."""

from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import Any, Final

import msgspec

from djobs_daemon.queue.ids import parse
from djobs_daemon.store.records import Actor, JobDraft, JobRow
from djobs_daemon.store.sqlite.book import Book, EventLine
from djobs_daemon.store.sqlite.tallies import BLOCKED
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.states import JobState
from djobs_protocol.values import ATTEMPTS_DEFAULT, PRIORITY_DEFAULT

EVERYWHERE: Final = 0
"""The scope of a key that belongs to no workspace: workspaces are numbered from 1."""
EMPTY_PAYLOAD: Final = "{}"

_PENDING: Final = JobState.PENDING.value
_encode = msgspec.json.Encoder().encode


class Inserting:
    """One batch on its way into the ledger."""

    def __init__(self, book: Book, actor: Actor, session: int, now: int) -> None:
        self._book = book
        self._actor = actor
        self._session = session
        self._now = now
        self._first = book.next_job

    def insert(self, drafts: Sequence[JobDraft]) -> list[JobRow]:
        """Store the drafts and return them as jobs, in the same order."""
        book, event = self._book, self._book.next_event
        book.next_job += len(drafts)
        rows: list[JobRow] = []
        lines: list[EventLine] = []
        for place, draft in enumerate(drafts):
            row = self._row(self._first + place, draft)
            needs = [self._number(need.job) for need in draft.depends_on]
            rows.append(row)
            book.additions.jobs.append(self._values(row, draft, event + place))
            book.additions.needs += _edges(row, draft, needs)
            lines.append(self._line(row, draft, needs))
        book.add_events(lines, self._session)
        for row in rows:
            self._count(row)
            book.deadlines_moved |= not row.due
            book.announce(row)
        return rows

    def _number(self, job: str | int) -> int:
        if isinstance(job, int):
            return self._first + job
        number = parse(job, self._book.database)
        if number is None:
            raise DjobsError(ErrorCode.UNKNOWN_DEPENDENCY, f"There is no job {job}.")
        return number

    def _count(self, row: JobRow) -> None:
        _, workflow, _ = self._numbers(row)
        self._book.tallies.count(workflow, _PENDING, 1)
        if row.blockers:
            self._book.tallies.count(workflow, BLOCKED, 1)

    def _numbers(self, job: JobDraft | JobRow) -> tuple[int, int, int]:
        return self._book.names.numbers(job.type, job.correlation_id, job.workspace)

    def _values(self, row: JobRow, draft: JobDraft, event: int) -> tuple[Any, ...]:
        job_type, workflow, workspace = self._numbers(draft)
        return (
            row.seq,
            job_type,
            draft.managed_by,
            draft.priority,
            None if draft.payload == EMPTY_PAYLOAD else event,
            workflow,
            workspace,
            draft.idempotency_key,
            _scope(draft.idempotency_key, draft.key_everywhere, workspace),
            draft.key_states,
            row.key_until,
            draft.resource_key,
            _scope(draft.resource_key, draft.resource_everywhere, workspace),
            draft.max_attempts,
            draft.blockers,
            int(row.due),
            row.run_at,
            draft.lease_ms,
            draft.retry_policy,
            draft.max_duration_ms,
            draft.verify,
            draft.budget,
            draft.env,
            draft.sandbox,
            draft.graph_key,
            draft.schedule,
            draft.depth,
            self._now,
            self._now,
            self._session,
        )

    def _line(self, row: JobRow, draft: JobDraft, needs: Sequence[int]) -> EventLine:
        asked = asked_of(draft, needs)
        if row.run_at != self._now:
            asked["run_at"] = row.run_at
        if row.key_until is not None:
            asked["key_until"] = row.key_until
        return EventLine(
            at=self._now,
            kind="enqueued",
            job=row.seq,
            run=1,
            before=None,
            after=_PENDING,
            type=draft.type,
            correlation_id=draft.correlation_id,
            workspace=draft.workspace,
            session=self._actor.session,
            agent=self._actor.agent,
            note=draft.note,
            data=_encode(asked).decode() if asked else None,
            text=None if draft.payload == EMPTY_PAYLOAD else draft.payload,
        )

    def _row(self, seq: int, draft: JobDraft) -> JobRow:
        begin = draft.run_at or self._now + (draft.delay_ms or 0)
        run_at = max(begin, self._now)
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
            due=run_at <= self._now,
            parked=False,
            key_everywhere=draft.key_everywhere,
            resource_everywhere=draft.resource_everywhere,
            key_states=draft.key_states,
            key_until=None if draft.key_ms is None else self._now + draft.key_ms,
            paused_at=None,
            archived_at=None,
            lease_ms=draft.lease_ms,
            held_ms=None,
            retry_policy=draft.retry_policy,
            revision=1,
            generation=0,
            holder_session=None,
            holder_agent=None,
            lease_expires_at=None,
            run_at=run_at,
            created_at=self._now,
            updated_at=self._now,
            started_at=None,
            finished_at=None,
            finished_by=None,
            evidence=None,
            last_error=None,
            max_duration_ms=draft.max_duration_ms,
            depth=draft.depth,
            verify=draft.verify,
            budget=draft.budget,
            env=draft.env,
            sandbox=draft.sandbox,
        )


DEFAULTS: Final[dict[str, Any]] = {
    "priority": PRIORITY_DEFAULT,
    "max_attempts": ATTEMPTS_DEFAULT,
    "managed_by": "agent",
    "key_everywhere": False,
    "key_states": "successful",
    "resource_everywhere": False,
    "depth": 1,
}
"""What an ``enqueued`` line leaves out; with the rest of it the job can be built anew."""
_ASKED: Final = (
    *DEFAULTS,
    *("idempotency_key", "resource_key", "lease_ms", "retry_policy", "max_duration_ms"),
    *("verify", "budget", "env", "sandbox", "graph_key", "schedule"),
)
_values_asked: Final = attrgetter(*_ASKED)
_UNASKED: Final = _values_asked(
    JobDraft("", EMPTY_PAYLOAD, "", "", DEFAULTS["priority"], DEFAULTS["max_attempts"])
)


def asked_of(draft: JobDraft, needs: Sequence[int]) -> dict[str, Any]:
    """Return what a job asks for besides its payload, defaults left out; dependencies by number."""
    asked: dict[str, Any] = {}
    if (values := _values_asked(draft)) != _UNASKED:
        asked = {
            name: value
            for name, value, unasked in zip(_ASKED, values, _UNASKED, strict=True)
            if value != unasked
        }
    if needs:
        asked["needs"] = [
            [number, need.on_failure] for number, need in zip(needs, draft.depends_on, strict=True)
        ]
    return asked


def _edges(row: JobRow, draft: JobDraft, needs: Sequence[int]) -> Iterator[tuple[Any, ...]]:
    for position, (need, number) in enumerate(zip(draft.depends_on, needs, strict=True)):
        yield row.seq, position, number, need.on_failure


def _scope(key: str | None, everywhere: bool, workspace: int) -> int | None:
    if key is None:
        return None
    return EVERYWHERE if everywhere else workspace
