"""Writing what is no event of a job: leases, agents, defaults, schedules, notices."""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Final

from djobs_daemon.queue.ids import parse
from djobs_daemon.store.records import Actor, AgentRow, JobRow
from djobs_daemon.store.schedule_records import ScheduleDraft, Turn
from djobs_daemon.store.sqlite import agents, notices, schedules, spending, types, usage
from djobs_daemon.store.sqlite.book import Book
from djobs_daemon.store.sqlite.view import SqliteView
from djobs_daemon.store.upkeep_records import Notice
from djobs_daemon.store.usage_records import Allowance, UsageRow
from djobs_protocol.values import Defaults

_EXTEND: Final = "UPDATE jobs SET lease_expires_at = ? WHERE seq = ? AND state = 'running'"


class Asides(SqliteView):
    """The part of ``SqliteLedger`` that adds nothing to the history."""

    def __init__(self, book: Book, actor: Actor, now: int) -> None:
        super().__init__(book.connection, book.database, book.name)
        self.actor = book.sessions.labelled(actor)
        self.now = now
        self._book = book

    @property
    def _db(self) -> sqlite3.Connection:
        return self._book.db

    @property
    def _jobs_db(self) -> sqlite3.Connection:
        return self._book.jobs_db

    def _job_db(self, seq: int) -> sqlite3.Connection:
        return self._book.job_db(seq)

    @property
    def _session(self) -> int:
        return self._book.sessions.number(self.actor, self.now)

    def extend_lease(self, job_id: str, until: int) -> None:
        """Let the holder keep a running job until then. Not an event: renewals are many."""
        self._jobs_db.execute(_EXTEND, (until, parse(job_id, self._database)))
        self._book.note_lease(until)

    def type_defaults(self) -> Mapping[str, Defaults]:
        """Return the defaults of each type that has any, as the writer remembers them."""
        if self._book.type_defaults is None:
            self._book.type_defaults = types.defaults(self._db)
        return self._book.type_defaults

    def keep_schedule(self, draft: ScheduleDraft) -> None:
        """Store a schedule, or put it in the place of the one of its workspace and name."""
        workspace = self._book.names.workspaces.number(draft.workspace)
        schedules.keep(self._db, draft, workspace, self._session, self.now)
        self._book.deadlines_moved = True

    def turn_schedule(self, seq: int, to: Turn) -> None:
        """Note when a schedule fires next, and fired last."""
        schedules.turn(self._db, seq, to)
        self._book.deadlines_moved = True

    def remove_schedule(self, seq: int) -> None:
        """Remove a schedule; its jobs stay, and name none."""
        schedules.remove(self._db, seq)

    def note_usage(self, job: JobRow, rows: Sequence[UsageRow]) -> None:
        """Add what an attempt of a job cost."""
        workspace = self._book.names.workspaces.number(job.workspace)
        usage.note(self._db, job, workspace, rows, self.now)

    def reserve(self, job: JobRow, scope: str, amounts: Mapping[tuple[str, str], int]) -> None:
        """Put amounts in the place of what is set aside for a job in a scope; none ends it."""
        spending.reserve(self._job_db(job.seq), job, scope, amounts, self.now)

    def allow(self, what: Allowance) -> None:
        """Raise a budget until its period ends."""
        spending.allow(self._db, what, self._session, self.now)

    def note_delivery(self, notice: Notice, quiet_until: int | None) -> None:
        """Note that a notice is given now, to be remembered until then."""
        notices.note(self._db, notice, self.now, quiet_until)

    def set_type_defaults(self, job_type: str, defaults: Defaults) -> None:
        """Keep the defaults of a type."""
        types.keep(self._db, self._book.names.types.number(job_type), defaults)
        self._book.type_defaults = None

    def keep_agent(
        self, agent: str, capabilities: Sequence[str] | None, metadata: str | None
    ) -> AgentRow:
        """Register an agent, or note that it was seen; what is None stays as it was."""
        self._book.sessions.number(self.actor, self.now)  # labels the session
        return agents.keep(self._db, agent, capabilities, metadata, self.now)
