"""New rows of a transaction, written together: before it commits, or when a request of it looks.

Of sixteen clients' enqueues in one commit each table gets its rows by one call. Who holds the
interpreter's lock changes with every call of the database, so calls cost more than rows. So claims
and reports, which look at one job each, have only that written which their look would miss.
"""

import sqlite3
from typing import Any, Final

Row = tuple[Any, ...]

_ADD_JOB: Final = """
    INSERT INTO jobs (seq, type, managed_by, priority, payload_in, workflow, workspace,
        idempotency_key, key_scope, key_states, key_until, resource_key, resource_scope,
        max_attempts, blockers, due, run_at, lease_ms, retry_policy, max_duration_ms, verify,
        budget, env, sandbox, graph_key, schedule, depth, created_at, updated_at, created_by)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
        ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_ADD_NEED: Final = "INSERT INTO dependencies (job, position, needs, on_failure) VALUES (?, ?, ?, ?)"
_ADD_EVENT: Final = """
    INSERT INTO events (seq, at, kind, job, run, from_state, to_state, terminal, type, workflow,
        workspace, session, agent, note, data, content, hash)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_ADD_TEXT: Final = "INSERT INTO texts (event, body) VALUES (?, ?)"
_KEEP_ANSWER: Final = """
    INSERT INTO requests (session, number, digest, answer, at) VALUES (?, ?, ?, ?, ?)
"""


class Additions:
    """Rows by table; those that others refer to first."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self.jobs: list[Row] = []
        self.needs: list[Row] = []
        self.events: list[Row] = []
        self.texts: list[Row] = []
        self.answers: list[Row] = []
        self.retold: set[int] = set()
        """The jobs that wait for a text: their rows name it already."""
        self._tables = (
            (_ADD_JOB, self.jobs),
            (_ADD_NEED, self.needs),
            (_ADD_EVENT, self.events),
            (_ADD_TEXT, self.texts),
            (_KEEP_ANSWER, self.answers),
        )

    def write(self) -> None:
        """Write what waits."""
        if self.events or self.answers:
            for statement, rows in self._tables:
                if rows:
                    self._db.executemany(statement, rows)
            self.forget()

    def write_jobs(self) -> None:
        """Write what waits, if jobs are among it."""
        if self.jobs:
            self.write()

    def write_job(self, seq: int) -> None:
        """Write what waits, if a job's row may be among it, or a text that it names."""
        if self.jobs or seq in self.retold:
            self.write()

    def forget(self) -> None:
        """Drop what waits: it is written, or the transaction is taken back."""
        self.retold.clear()
        for _, rows in self._tables:
            rows.clear()
