"""Reading: the interface's ``View`` over one open transaction."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from djobs_daemon.queue.ids import parse
from djobs_daemon.store.overview_records import WaitingGroup
from djobs_daemon.store.records import (
    Actor,
    AgentRow,
    Deadlines,
    EventCounts,
    EventFilter,
    EventRow,
    FeedFilter,
    FeedPage,
    HeldJob,
    JobFilter,
    JobRow,
    LimitRow,
    PauseRow,
)
from djobs_daemon.store.schedule_records import ScheduleRow
from djobs_daemon.store.sqlite import (
    agents,
    archive_view,
    events_view,
    feed_view,
    jobs_view,
    leases_view,
    limits,
    notices,
    overview_view,
    pauses,
    purging,
    resources,
    schedules,
    spending,
    stale_view,
    types,
    usage,
)
from djobs_daemon.store.sqlite.rows import (
    JOBS,
    STATES,
    UNMET,
    Naming,
    as_json,
    job_row,
    job_rows,
    scalar,
)
from djobs_daemon.store.upkeep_records import DeliveryRow, Lost, Notice, PurgePage, PurgePolicy
from djobs_daemon.store.usage_records import Allowance, Reservation, Spent, UsageSum
from djobs_protocol.states import JobState
from djobs_protocol.values import Defaults

_JOB: Final = f"{JOBS} WHERE j.seq = ?"
_EXISTS: Final = "SELECT 1 FROM jobs WHERE seq = ?"
_TEXT: Final = "SELECT body FROM texts WHERE event = ?"
_HIGHEST: Final = "SELECT seq FROM sqlite_sequence WHERE name = 'jobs'"
_KEY_OWNERS: Final = f"""{JOBS}
    WHERE j.key_scope = iif(?1 IS NULL, 0, (SELECT seq FROM workspaces WHERE path = ?1))
        AND j.idempotency_key IN (SELECT value FROM json_each(?2))
        AND j.idempotency_key IS NOT NULL AND j.key_freed_at IS NULL AND (
            j.state IN ('pending', 'running', 'retry_scheduled') OR j.key_until IS NOT NULL
            OR (j.key_states = 'successful' AND j.state IN ('succeeded', 'skipped')))
"""
_STATES: Final = "SELECT seq, state FROM jobs WHERE seq IN (SELECT value FROM json_each(?))"
_DEPENDENCIES: Final = "SELECT needs FROM dependencies WHERE job = ? ORDER BY position"
_UNMET: Final = f"""
    SELECT d.job, d.needs FROM dependencies d JOIN jobs n ON n.seq = d.needs
    WHERE d.job IN (SELECT value FROM json_each(?)) AND {UNMET}
    ORDER BY d.job, d.position
"""


class SqliteView:
    """One snapshot; see ``interface.View``."""

    def __init__(self, db: sqlite3.Connection, database: str, name: Naming) -> None:
        self._connection = db
        self._database = database
        self._name = name

    @property
    def _db(self) -> sqlite3.Connection:
        return self._connection

    def _job_db(self, seq: int) -> sqlite3.Connection:
        """To look at one job."""
        del seq
        return self._connection

    def job(self, job_id: str) -> JobRow | None:
        """Return the job with that public id."""
        return self._numbered(parse(job_id, self._database))

    def was_removed(self, job_id: str) -> bool:
        """Say whether the id was given to a job that is no longer stored (R30)."""
        seq = parse(job_id, self._database)
        if seq is None or seq > (scalar(self._db.execute(_HIGHEST)) or 0):
            return False
        return scalar(self._db.execute(_EXISTS, (seq,))) is None

    def text_of(self, event: int) -> str | None:
        """Return the whole text that an event brought; None where it brought none, or is gone."""
        found: str | None = scalar(self._db.execute(_TEXT, (event,)))
        return found

    def offered_jobs(self) -> Sequence[str]:
        """Return the jobs of agents and workers whose report of success is being checked."""
        return leases_view.offered(self._db, self._name)

    def jobs_by_keys(self, workspace: str | None, keys: Sequence[str]) -> Mapping[str, JobRow]:
        """Return the job that has each idempotency key of a workspace; None: those of all."""
        rows = self._db.execute(_KEY_OWNERS, (workspace, as_json(keys)))
        owners = job_rows(rows, self._name)
        return {job.idempotency_key: job for job in owners if job.idempotency_key is not None}

    def states_of(self, job_ids: Sequence[str]) -> Mapping[str, JobState]:
        """Return the state of each id that exists."""
        rows = self._db.execute(_STATES, (self._numbers_of(job_ids),))
        return {self._name(seq): STATES[state] for seq, state in rows}

    def dependencies(self, job_id: str) -> Sequence[str]:
        """Return the ids a job depends on, in the order given."""
        rows = self._db.execute(_DEPENDENCIES, (parse(job_id, self._database),))
        return [self._name(needs) for (needs,) in rows]

    def unmet_dependencies(self, job_ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """Return, for each job that has any, its dependencies that are not succeeded or skipped."""
        unmet: dict[str, list[str]] = {}
        for job, needs in self._db.execute(_UNMET, (self._numbers_of(job_ids),)):
            unmet.setdefault(self._name(job), []).append(self._name(needs))
        return unmet

    def list_jobs(
        self, which: JobFilter, limit: int, cursor: str | None
    ) -> tuple[list[JobRow], str | None]:
        """Return a page of jobs, newest first, and the cursor of the next page."""
        return jobs_view.newest(self._db, self._name, which, limit, cursor)

    def list_unfinished(
        self, correlation_id: str, limit: int, cursor: str | None
    ) -> tuple[list[JobRow], str | None]:
        """Return a page of open jobs: by priority, then oldest first."""
        return jobs_view.unfinished(self._db, self._name, correlation_id, limit, cursor)

    def open_before(
        self, job: JobRow, limit: int, cursor: str | None
    ) -> tuple[list[str], str | None]:
        """Return a page of the open jobs of a job's workflow from before it, oldest first."""
        return jobs_view.open_before(self._db, self._name, job, limit, cursor)

    def failed(
        self, correlation_id: str | None, types: Sequence[str], limit: int, cursor: str | None
    ) -> tuple[list[str], str | None]:
        """Return a page of the jobs that failed or were dead-lettered, oldest first."""
        return jobs_view.failed(self._db, self._name, correlation_id, types, limit, cursor)

    def ended_jobs(
        self, correlation_id: str, states: Sequence[JobState], limit: int
    ) -> Sequence[str]:
        """Return ended jobs of a workflow that are not archived, in those states."""
        return archive_view.ended(self._db, self._name, correlation_id, states, limit)

    def archived_jobs(self, correlation_id: str, limit: int) -> Sequence[str]:
        """Return archived jobs of a workflow."""
        return archive_view.archived(self._db, self._name, correlation_id, limit)

    def count_archived(self) -> int:
        """Count the archived jobs of all workflows."""
        return archive_view.count(self._db)

    def to_purge(self, policy: PurgePolicy, limit: int, cursor: str | None) -> PurgePage:
        """Return a page of the jobs that a policy lets go: what ended last first."""
        return purging.page(self._db, self._name, policy, limit, cursor)

    def count_jobs(self, which: JobFilter) -> Mapping[JobState, int]:
        """Count jobs by state."""
        return jobs_view.counts(self._db, which)

    def count_blocked(self, correlation_id: str) -> int:
        """Count pending jobs with unmet dependencies."""
        return jobs_view.count_blocked(self._db, correlation_id)

    def count_unfinished(self, correlation_id: str) -> int:
        """Count the open jobs of a workflow."""
        return jobs_view.count_unfinished(self._db, correlation_id)

    def unfinished_since(self, correlation_id: str) -> tuple[int, int | None]:
        """Return how many jobs are open and when the oldest of them was created."""
        return jobs_view.unfinished_since(self._db, correlation_id)

    def limits(self) -> Sequence[LimitRow]:
        """Return every limit, and how it stands."""
        return limits.rows(self._db)

    def resource_holder(self, job: JobRow) -> JobRow | None:
        """Return a running job that holds the resource a job asks for, if no more may have it."""
        seq = None if job.resource_key is None else resources.holder(self._db, job.seq)
        return self._numbered(seq)

    def held_jobs(self, session: str) -> Sequence[HeldJob]:
        """Return the jobs whose lease a session holds."""
        return leases_view.of_session(self._db, self._name, session)

    def holders(self) -> Sequence[Actor]:
        """Return every session that holds a running job."""
        return leases_view.holders(self._db)

    def lapsing(self, until: int, limit: int) -> Sequence[HeldJob]:
        """Return running jobs whose lease ends at ``until`` or earlier, the earliest first."""
        return leases_view.lapsing(self._db, self._name, until, limit)

    def deadlines(self) -> Deadlines:
        """Return when something happens by itself next."""
        return leases_view.deadlines(self._db)

    def pauses(self) -> Sequence[PauseRow]:
        """Return what is paused as a whole."""
        return pauses.rows(self._db)

    def type_defaults(self) -> Mapping[str, Defaults]:
        """Return the defaults of each type that has any."""
        return types.defaults(self._db)

    def schedules(self) -> Sequence[ScheduleRow]:
        """Return all schedules, by workspace and name."""
        return schedules.every(self._db, self._name)

    def due_schedules(self, until: int, limit: int) -> Sequence[ScheduleRow]:
        """Return schedules whose next time is ``until`` or earlier, the earliest first."""
        return schedules.due(self._db, self._name, until, limit)

    def schedule_of(self, job_id: str) -> str | None:
        """Return the name of the schedule that made a job, if it did and is still there."""
        seq = parse(job_id, self._database)
        return None if seq is None else schedules.of_job(self._db, seq)

    def delivery(self, notice: Notice) -> DeliveryRow | None:
        """Return how often, and when, a notice was given."""
        return notices.delivery(self._db, notice)

    def last_delivery(self, kind: str, recipient: str) -> int | None:
        """Return when a recipient was given a notice of a kind last."""
        return notices.last(self._db, kind, recipient)

    def deliveries(self, limit: int, cursor: str | None) -> tuple[list[DeliveryRow], str | None]:
        """Return a page of the notices that were given, the latest first."""
        return notices.newest(self._db, limit, cursor)

    def unclaimed(self, before: int, correlation_id: str | None, limit: int) -> Sequence[JobRow]:
        """Return jobs that were ready before a time and are still, the longest first."""
        return self._numbered_all(stale_view.unclaimed(self._db, before, correlation_id, limit))

    def overdue(self, before: int, correlation_id: str | None, limit: int) -> Sequence[JobRow]:
        """Return jobs whose time came before that one, and that wait."""
        return self._numbered_all(stale_view.overdue(self._db, before, correlation_id, limit))

    def lost(self, correlation_id: str | None, limit: int) -> Sequence[Lost]:
        """Return open jobs that need what ended without success."""
        return [
            Lost(job, self._name(needs), STATES[state])
            for seq, needs, state in stale_view.lost(self._db, correlation_id, limit)
            if (job := self._numbered(seq)) is not None
        ]

    def running_jobs(self, limit: int) -> Sequence[JobRow]:
        """Return running jobs, the longest first."""
        return self._numbered_all(overview_view.running(self._db, limit))

    def waiting(self, looked_at: int, groups: int) -> Sequence[WaitingGroup]:
        """Return the jobs that wait, as many as are looked at, in groups of those alike."""
        return overview_view.waiting(self._db, self._name, looked_at, groups)

    def ended_since(self, at: int) -> Mapping[JobState, int]:
        """Return how many jobs ended since a time, and how; archived ones left out."""
        return overview_view.ended(self._db, at)

    def failed_since(self, at: int, limit: int) -> Sequence[JobRow]:
        """Return jobs that failed since a time and were not opened again, the latest first."""
        return self._numbered_all(overview_view.failed(self._db, at, limit))

    def usage_of(self, job: JobRow) -> Sequence[UsageSum]:
        """Return what a job has cost in all its attempts, by model."""
        return usage.of_job(self._db, job.seq)

    def usage_since(self, at: int, workspace: str | None) -> Sequence[UsageSum]:
        """Return what was spent from a time on, by model; in one workspace or in all."""
        return usage.since(self._db, at, workspace)

    def spent(self, since: int, workspace: str | None) -> Spent:
        """Return what was used from a time on; in one workspace or in all."""
        return spending.since(self._db, since, workspace)

    def spent_on(self, job: JobRow) -> Spent:
        """Return what a job has used in all its attempts."""
        return spending.of_job(self._db, job.seq)

    def reservations(self) -> Sequence[Reservation]:
        """Return what is set aside for jobs, and said of them."""
        return spending.reservations(self._db, self._name)

    def allowances(self, now: int) -> Sequence[Allowance]:
        """Return what was allowed above budgets, as far as it counts still."""
        return spending.allowances(self._db, now)

    def agents(self) -> Sequence[AgentRow]:
        """Return all registered agents, the most recently seen first."""
        return agents.everyone(self._db)

    def events_of(self, job_id: str, limit: int) -> tuple[list[EventRow], int]:
        """Return the newest ``limit`` events of a job, oldest first, and how many there are."""
        seq = parse(job_id, self._database)
        return ([], 0) if seq is None else events_view.of_job(self._db, self._name, seq, limit)

    def list_events(
        self, which: EventFilter, limit: int, cursor: str | None
    ) -> tuple[list[EventRow], str | None]:
        """Return a page of events, newest first, and the cursor of the next page."""
        job = self._number_in(which)
        return events_view.newest(self._db, self._name, which, job, limit, cursor)

    def count_events(self, which: EventFilter) -> EventCounts:
        """Count the events that match."""
        return events_view.counts(self._db, which, self._number_in(which))

    def _number_in(self, which: EventFilter) -> int | None:
        return None if which.job_id is None else parse(which.job_id, self._database)

    def _numbered_all(self, seqs: Iterable[int]) -> list[JobRow]:
        return [job for job in map(self._numbered, seqs) if job is not None]

    def _numbered(self, seq: int | None) -> JobRow | None:
        if seq is None:
            return None
        row = self._job_db(seq).execute(_JOB, (seq,)).fetchone()
        return None if row is None else job_row(row, self._name)

    def events_after(self, which: FeedFilter, after: int | None, limit: int) -> FeedPage:
        """Return events that match and come after an offset, oldest first; None: the end."""
        jobs = self._numbers_of(which.job_ids)
        return feed_view.after(self._db, self._name, which, jobs, after, limit)

    def offset_at(self, at: int) -> int:
        """Return the offset after which the events begin that are not earlier than a time."""
        return feed_view.offset_at(self._db, at)

    def _numbers_of(self, job_ids: Sequence[str]) -> str:
        numbers = (parse(job_id, self._database) for job_id in job_ids)
        return as_json([seq for seq in numbers if seq is not None])
