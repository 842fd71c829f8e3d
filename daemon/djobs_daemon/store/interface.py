"""What the rest of the daemon may ask of the ledger, whatever database is behind it.

A *work* function is plain and synchronous, gets a ``Ledger`` (or, to read, a ``View``), and runs to
its end inside one transaction on the store's own thread: all of its effects are committed or none.
It must be quick and must not wait for anything else. Times are integers, milliseconds since the
epoch, UTC.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from djobs_daemon.store.overview_records import WaitingGroup
from djobs_daemon.store.records import (
    Actor,
    AgentRow,
    Bounds,
    Deadlines,
    Done,
    EventCounts,
    EventFilter,
    EventRow,
    FeedFilter,
    FeedPage,
    HeldJob,
    JobDraft,
    JobFilter,
    JobRow,
    Limited,
    LimitRow,
    PauseRow,
    RequestKey,
    Wanted,
)
from djobs_daemon.store.schedule_records import ScheduleDraft, ScheduleRow, Turn
from djobs_daemon.store.upkeep_records import DeliveryRow, Lost, Notice, PurgePage, PurgePolicy
from djobs_daemon.store.usage_records import (
    Allowance,
    Reservation,
    Spent,
    UsageRow,
    UsageSum,
)
from djobs_protocol.daemon_replies import BackupMade, DatabaseInfo, DatabaseReport
from djobs_protocol.replies import Reply
from djobs_protocol.states import EventKind, JobState
from djobs_protocol.values import Defaults, PauseScope

R = TypeVar("R")


class View(Protocol):
    """Reading, inside one consistent snapshot."""

    def job(self, job_id: str) -> JobRow | None:
        """Return the job with that public id."""

    def was_removed(self, job_id: str) -> bool:
        """Say whether the id was given to a job that is no longer stored (R30)."""

    def jobs_by_keys(self, workspace: str | None, keys: Sequence[str]) -> Mapping[str, JobRow]:
        """Return the job that has each idempotency key of a workspace; None: those of all.

        A job has its key in the states that its ``key_states`` name. One with ``key_until`` has it
        in every state until somebody frees it, which is not before that time.
        """

    def states_of(self, job_ids: Sequence[str]) -> Mapping[str, JobState]:
        """Return the state of each id that exists."""

    def dependencies(self, job_id: str) -> Sequence[str]:
        """Return the ids a job depends on, in the order given."""

    def unmet_dependencies(self, job_ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """Return, for each job that has any, its dependencies that are not succeeded or skipped."""

    def list_jobs(
        self, which: JobFilter, limit: int, cursor: str | None
    ) -> tuple[list[JobRow], str | None]:
        """Return a page of jobs, newest first, and the cursor of the next page."""

    def list_unfinished(
        self, correlation_id: str, limit: int, cursor: str | None
    ) -> tuple[list[JobRow], str | None]:
        """Return a page of open jobs: by priority, then oldest first."""

    def open_before(
        self, job: JobRow, limit: int, cursor: str | None
    ) -> tuple[list[str], str | None]:
        """Return a page of the open jobs of a job's workflow from before it, oldest first."""

    def failed(
        self, correlation_id: str | None, types: Sequence[str], limit: int, cursor: str | None
    ) -> tuple[list[str], str | None]:
        """Return a page of the jobs that failed or were dead-lettered, oldest first.

        Of a workflow or of all; of the types, if any are named.
        """

    def ended_jobs(
        self, correlation_id: str, states: Sequence[JobState], limit: int
    ) -> Sequence[str]:
        """Return ended jobs of a workflow that are not archived, in those states."""

    def archived_jobs(self, correlation_id: str, limit: int) -> Sequence[str]:
        """Return archived jobs of a workflow."""

    def count_archived(self) -> int:
        """Count the archived jobs of all workflows."""

    def to_purge(self, policy: PurgePolicy, limit: int, cursor: str | None) -> PurgePage:
        """Return a page of the jobs that a policy lets go: what ended last first."""

    def count_jobs(self, which: JobFilter) -> Mapping[JobState, int]:
        """Count jobs by state; the archived ones are not among them."""

    def count_blocked(self, correlation_id: str) -> int:
        """Count pending jobs with unmet dependencies."""

    def count_unfinished(self, correlation_id: str) -> int:
        """Count the open jobs of a workflow."""

    def unfinished_since(self, correlation_id: str) -> tuple[int, int | None]:
        """Return how many jobs are open and when the oldest of them was created."""

    def limits(self) -> Sequence[LimitRow]:
        """Return every limit, and how it stands."""

    def text_of(self, event: int) -> str | None:
        """Return the whole text that an event brought; None where it brought none, or is gone."""

    def offered_jobs(self) -> Sequence[str]:
        """Return the jobs of agents and workers whose report of success is being checked."""

    def resource_holder(self, job: JobRow) -> JobRow | None:
        """Return a running job that holds the resource a job asks for, if no more may have it.

        Of several the one whose lease ends first.
        """

    def held_jobs(self, session: str) -> Sequence[HeldJob]:
        """Return the jobs whose lease a session holds."""

    def holders(self) -> Sequence[Actor]:
        """Return every session that holds a running job."""

    def lapsing(self, until: int, limit: int) -> Sequence[HeldJob]:
        """Return running jobs whose lease ends at ``until`` or earlier, the earliest first."""

    def deadlines(self) -> Deadlines:
        """Return when something happens by itself next."""

    def pauses(self) -> Sequence[PauseRow]:
        """Return what is paused as a whole."""

    def type_defaults(self) -> Mapping[str, Defaults]:
        """Return the defaults of each type that has any."""

    def schedules(self) -> Sequence[ScheduleRow]:
        """Return all schedules, by workspace and name."""

    def due_schedules(self, until: int, limit: int) -> Sequence[ScheduleRow]:
        """Return schedules whose next time is ``until`` or earlier, the earliest first."""

    def schedule_of(self, job_id: str) -> str | None:
        """Return the name of the schedule that made a job, if it did and is still there."""

    def delivery(self, notice: Notice) -> DeliveryRow | None:
        """Return how often, and when, a notice was given."""

    def last_delivery(self, kind: str, recipient: str) -> int | None:
        """Return when a recipient was given a notice of a kind last."""

    def deliveries(self, limit: int, cursor: str | None) -> tuple[list[DeliveryRow], str | None]:
        """Return a page of the notices that were given, the latest first."""

    def unclaimed(self, before: int, correlation_id: str | None, limit: int) -> Sequence[JobRow]:
        """Return jobs that were ready before a time and are still, the longest first."""

    def overdue(self, before: int, correlation_id: str | None, limit: int) -> Sequence[JobRow]:
        """Return scheduled and backing-off jobs whose time came before that one, and that wait."""

    def lost(self, correlation_id: str | None, limit: int) -> Sequence[Lost]:
        """Return open jobs that need what ended without success, each with the first such."""

    def agents(self) -> Sequence[AgentRow]:
        """Return all registered agents, the most recently seen first."""

    def events_of(self, job_id: str, limit: int) -> tuple[list[EventRow], int]:
        """Return the newest ``limit`` events of a job, oldest first, and how many there are."""

    def list_events(
        self, which: EventFilter, limit: int, cursor: str | None
    ) -> tuple[list[EventRow], str | None]:
        """Return a page of events, newest first, and the cursor of the next page."""

    def count_events(self, which: EventFilter) -> EventCounts:
        """Count the events that match."""

    def events_after(self, which: FeedFilter, after: int | None, limit: int) -> FeedPage:
        """Return events that match and come after an offset, oldest first; None: the end.

        Looks at a bounded number of lines, so that a page may be empty and yet not the last: the
        last is the one whose ``offset`` is ``newest``.
        """

    def offset_at(self, at: int) -> int:
        """Return the offset after which the events begin that are not earlier than a time."""

    def running_jobs(self, limit: int) -> Sequence[JobRow]:
        """Return running jobs, the longest first."""

    def waiting(self, looked_at: int, groups: int) -> Sequence[WaitingGroup]:
        """Return the jobs that wait, as many as are looked at, in groups of those alike."""

    def ended_since(self, at: int) -> Mapping[JobState, int]:
        """Return how many jobs ended since a time, and how; archived ones left out."""

    def failed_since(self, at: int, limit: int) -> Sequence[JobRow]:
        """Return jobs that failed since a time and were not opened again, the latest first."""

    def usage_of(self, job: JobRow) -> Sequence[UsageSum]:
        """Return what a job has cost in all its attempts, by model, the dearest first."""

    def usage_since(self, at: int, workspace: str | None) -> Sequence[UsageSum]:
        """Return what was spent from a time on, by model; in one workspace or in all."""

    def spent(self, since: int, workspace: str | None) -> Spent:
        """Return what was used from a time on; in one workspace or in all."""

    def spent_on(self, job: JobRow) -> Spent:
        """Return what a job has used in all its attempts."""

    def reservations(self) -> Sequence[Reservation]:
        """Return what is set aside for jobs, and said of them."""

    def allowances(self, now: int) -> Sequence[Allowance]:
        """Return what was allowed above budgets, as far as it counts still."""


class Ledger(View, Protocol):
    """Writing, inside one transaction. Each method adds its own lines to the history."""

    now: int
    """The transaction's time."""
    actor: Actor

    def insert_jobs(self, drafts: Sequence[JobDraft]) -> list[JobRow]:
        """Store new jobs, their dependencies and an ``enqueued`` event each."""

    def move(
        self, job: JobRow, event: EventKind, note: str | None = None, **changes: Any
    ) -> JobRow:
        """Apply one transition with its event and return the job as it is now.

        The event has the beginning of ``note``. Jobs that depend on this one are freed, or blocked
        once more, as the new state says.
        ``changes`` are columns besides those the transition itself implies (state, revision,
        updated_at, started_at, finished_at, finished_by, lease columns). Raises
        ``IllegalTransition``; ``DjobsError(INTERNAL)`` when the row is not what ``job`` says.
        """

    def mark(
        self, job: JobRow, event: EventKind, note: str | None = None, **changes: Any
    ) -> JobRow:
        """Change a job without moving it, with its event, and return it as it is now.

        One that gets ``archived_at`` is counted as archived from then on, and in no state.
        """

    def next_ready(self, wanted: Wanted) -> JobRow | None:
        """Return the most urgent, then oldest, of the jobs that may be claimed now.

        What is paused or has reached a limit is passed over; not so what waits for a resource.
        """

    def park(self, job: JobRow) -> None:
        """Take a pending job out of the way of claims until its resource may be free."""

    def extend_lease(self, job_id: str, until: int) -> None:
        """Let the holder keep a running job until then. Not an event: renewals are many."""

    def make_due(self, until: int, limit: int) -> Sequence[JobRow]:
        """Let scheduled jobs whose time is ``until`` or earlier be claimed; return them."""

    def pause(self, scope: PauseScope, subject: str, reason: str | None) -> None:
        """Let no claim take what is meant; running jobs go on."""

    def resume(self, scope: PauseScope, subject: str) -> bool:
        """End a pause, and wake the claims that wait; say whether there was one."""

    def keep_schedule(self, draft: ScheduleDraft) -> None:
        """Store a schedule, or put it in the place of the one of its workspace and name.

        One that is replaced keeps its number, its jobs, and when it fired last.
        """

    def turn_schedule(self, seq: int, to: Turn) -> None:
        """Note when a schedule fires next, and fired last. No event: its jobs tell of it."""

    def remove_schedule(self, seq: int) -> None:
        """Remove a schedule; its jobs stay, and name none."""

    def purge(self, job: JobRow, note: str) -> bool:
        """Remove an ended job with all that belongs to it but its events; say whether it is gone.

        It is not while another job depends on it.
        """

    def note_usage(self, job: JobRow, rows: Sequence[UsageRow]) -> None:
        """Add what an attempt of a job cost. No event: it is paid for whatever becomes of it."""

    def reserve(self, job: JobRow, scope: str, amounts: Mapping[tuple[str, str], int]) -> None:
        """Put amounts, by subject and unit, in the place of what is set aside for a job in a scope.

        None ends it. No event: what comes of it, a pause or an end, is one.
        """

    def allow(self, what: Allowance) -> None:
        """Raise a budget until its period ends; raises of the same period add up."""

    def note_delivery(self, notice: Notice, quiet_until: int | None) -> None:
        """Note that a notice is given now, to be remembered until then; None: for ever."""

    def set_type_defaults(self, job_type: str, defaults: Defaults) -> None:
        """Keep the defaults of a type; what is in none of them leaves the type without."""

    def limit(self, what: Limited, bounds: Bounds) -> None:
        """Limit something, or limit it anew; running jobs go on, claims that wait are woken."""

    def unlimit(self, what: Limited) -> bool:
        """End a limit, and wake the claims that wait; say whether there was one."""

    def reopen(self) -> None:
        """Let out, and wake, what a rate held up that lets more start now."""

    def keep_agent(
        self, agent: str, capabilities: Sequence[str] | None, metadata: str | None
    ) -> AgentRow:
        """Register an agent, or note that it was seen; what is None stays as it was.

        The session is the agent's from now on: what it does bears its name.
        """


class Store(Protocol):
    """The ledger as an asynchronous service."""

    @property
    def database(self) -> str:
        """The database's UUID."""

    async def write(
        self, actor: Actor, work: Callable[[Ledger], Reply | Done], key: RequestKey | None = None
    ) -> bytes:
        """Run ``work`` in a durable transaction and return its reply, encoded as JSON.

        With a ``key`` the encoded reply is stored in the same transaction, and a second call with
        that key returns it and takes no effect. Raises what ``work`` raises (nothing is written
        then), or ``DjobsError`` with a storage code. Once called, cancelling the caller does not
        withdraw the write.

        ``work`` may be run a second time, all it did having been taken back; what it does besides
        writing to the ledger must allow for that.
        """

    async def read(self, work: Callable[[View], R]) -> R:
        """Run ``work`` on a consistent snapshot that includes every acknowledged write."""

    async def scan(self, work: Callable[[View], R]) -> R:
        """Run ``work`` as ``read`` does, and keep no ``read`` waiting however long it takes.

        For work whose cost grows with the history.
        """

    async def forget_session(self, session: str) -> None:
        """Drop the kept answers of a session that ended cleanly."""

    async def describe(self) -> DatabaseInfo:
        """Describe the files."""

    async def check(self) -> DatabaseReport:
        """Check the database end to end."""

    async def backup(self, target: str | None = None) -> BackupMade:
        """Copy the database, while it is in use, to a new file (an absolute path); verify the copy.

        Without a target it becomes a generation among the backups, and old ones are dropped.
        ``DjobsError``: ``CONFLICT`` when the file is there already.
        """
