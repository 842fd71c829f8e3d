"""Numbers for the names that rows repeat: types, workspaces, workflows, sessions.

Only the writer adds names. A number once given never changes, so it is remembered; a rollback may
take one back, and then everything remembered is forgotten.
"""

import sqlite3
from typing import Final, TypeVar

from djobs_daemon.store.records import Actor

K = TypeVar("K")
V = TypeVar("V")

REMEMBERED_NAMES_MAX: Final = 10_000

_FIND_SESSION: Final = "SELECT seq, agent FROM sessions WHERE id = ?"
_ADD_SESSION: Final = """
    INSERT INTO sessions (id, kind, agent, workspace, client, pid, process_start, boot,
        pid_namespace, started_at, seen_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING seq
"""
_LABEL_SESSION: Final = "UPDATE sessions SET agent = ?, seen_at = ? WHERE seq = ?"


class Names:
    """The numbers of one table of names."""

    def __init__(self, db: sqlite3.Connection, table: str, column: str) -> None:
        self._db = db
        self._known: dict[str, int] = {}
        self.added = 0
        """How many names were given a number; a rollback may have taken some back."""
        self._find = f"SELECT seq FROM {table} WHERE {column} = ?"
        self._add = f"INSERT INTO {table} ({column}) VALUES (?) RETURNING seq"

    def number(self, name: str) -> int:
        """Return the number of a name, giving it one if it has none."""
        seq = self._known.get(name)
        if seq is None:
            row = self._db.execute(self._find, (name,)).fetchone()
            seq = row[0] if row is not None else self._give(name)
            _remember(self._known, name, seq)
        return seq

    def known(self, name: str) -> int | None:
        """Return the number of a name, if it has one."""
        seq = self._known.get(name)
        if seq is None and (row := self._db.execute(self._find, (name,)).fetchone()) is not None:
            seq = row[0]
            _remember(self._known, name, seq)
        return seq

    def _give(self, name: str) -> int:
        self.added += 1
        return int(self._db.execute(self._add, (name,)).fetchone()[0])

    def forget(self) -> None:
        """Look everything up anew."""
        self._known.clear()


class JobNames:
    """The numbers of a job's names, remembered together: every row of its history repeats them."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.types = Names(db, "types", "name")
        self.workflows = Names(db, "workflows", "correlation_id")
        self.workspaces = Names(db, "workspaces", "path")
        self._known: dict[tuple[str, str, str], tuple[int, int, int]] = {}

    def numbers(self, job_type: str, correlation_id: str, workspace: str) -> tuple[int, int, int]:
        """Return the numbers of a type, a workflow and a workspace, in this order."""
        names = job_type, correlation_id, workspace
        found = self._known.get(names)
        if found is None:
            found = (
                self.types.number(job_type),
                self.workflows.number(correlation_id),
                self.workspaces.number(workspace),
            )
            _remember(self._known, names, found)
        return found

    @property
    def added(self) -> int:
        """How many names were given a number; a rollback may have taken some back."""
        return self.types.added + self.workflows.added + self.workspaces.added

    def forget(self) -> None:
        """Look everything up anew."""
        self._known.clear()
        for names in (self.types, self.workflows, self.workspaces):
            names.forget()


class Sessions:
    """The numbers of sessions, and the agents they are labelled with.

    The row is written with a session's first write. A label stays until another takes its place.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._known: dict[tuple[str, str | None], int] = {}
        self._labels: dict[str, str | None] = {}
        self.added = 0

    def labelled(self, actor: Actor) -> Actor:
        """Return who acts, with the label of its session unless it names an agent itself."""
        if actor.agent is not None:
            return actor
        if actor.session not in self._labels:
            row = self._db.execute(_FIND_SESSION, (actor.session,)).fetchone()
            _remember(self._labels, actor.session, None if row is None else row[1])
            if row is not None:
                _remember(self._known, (actor.session, row[1]), row[0])
        label = self._labels[actor.session]
        return actor if label is None else actor._replace(agent=label)

    def number(self, actor: Actor, now: int) -> int:
        """Return the number of the actor's session, with its newest agent label."""
        seq = self._known.get((actor.session, actor.agent))
        if seq is None:
            seq = self._find(actor, now)
            _remember(self._known, (actor.session, actor.agent), seq)
        return seq

    def _find(self, actor: Actor, now: int) -> int:
        row = self._db.execute(_FIND_SESSION, (actor.session,)).fetchone()
        if row is None:
            return self._add(actor, now)
        seq, agent = row
        if actor.agent is not None and actor.agent != agent:
            self.added += 1
            self._db.execute(_LABEL_SESSION, (actor.agent, now, seq))
            self._labels[actor.session] = actor.agent
        return int(seq)

    def _add(self, actor: Actor, now: int) -> int:
        self.added += 1
        self._labels[actor.session] = actor.agent
        values = (*actor[: Actor._fields.index("depth")], now, now)  # depth is of the connection
        return int(self._db.execute(_ADD_SESSION, values).fetchone()[0])

    def forget(self) -> None:
        """Look everything up anew."""
        self._known.clear()
        self._labels.clear()


def _remember(known: dict[K, V], key: K, value: V) -> None:
    """Note a value; a memory that is full is emptied first."""
    if len(known) >= REMEMBERED_NAMES_MAX:
        known.clear()
    known[key] = value
