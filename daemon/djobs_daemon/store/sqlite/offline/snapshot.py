"""Make the jobs, and what is counted from them, anew from the history."""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from djobs_daemon.queue.ids import numbering
from djobs_daemon.store.sqlite.anchor import JOBS_GIVEN, jobs_cut, jobs_given_before
from djobs_daemon.store.sqlite.check_jobs import COUNTED, LEFT_PARKED, TOUCHED, may_differ, stories
from djobs_daemon.store.sqlite.database import database_uuid
from djobs_daemon.store.sqlite.drafts import EVERYWHERE
from djobs_daemon.store.sqlite.replay import Told
from djobs_daemon.store.sqlite.rows import UNMET, scalar
from djobs_protocol.errors import DjobsError, ErrorCode

Row = dict[str, Any]

_NAMES: Final = {
    "type": "SELECT name, seq FROM types",
    "workflow": "SELECT correlation_id, seq FROM workflows",
    "workspace": "SELECT path, seq FROM workspaces",
    "created_by": "SELECT id, seq FROM sessions",
}
_SCOPES: Final = {"key_everywhere": "key_scope", "resource_everywhere": "resource_scope"}
_SESSIONS: Final = ("created_by", "holder", "finished_by")
_UNTOLD: Final = ("due", "lease_expires_at", "parent", "schedule", "parked")
_OLD: Final = f"SELECT {', '.join(_UNTOLD)} FROM jobs WHERE seq = ?"
_NEED: Final = "INSERT INTO dependencies (job, position, needs, on_failure) VALUES (?, ?, ?, ?)"
_TOUCH: Final = "UPDATE jobs SET updated_at = ? WHERE seq = ?"
_BLOCK: Final = f"""
    UPDATE jobs SET blockers = (
        SELECT count(*) FROM dependencies d JOIN jobs n ON n.seq = d.needs
        WHERE d.job = jobs.seq AND {UNMET})
    WHERE seq IN (SELECT job FROM dependencies)
"""
_LET_OUT: Final = "UPDATE jobs SET parked = 0 WHERE seq = ?"
_COUNT: Final = f"INSERT INTO tallies (workflow, what, jobs) {COUNTED}"
_GIVEN: Final = "SELECT seq FROM sqlite_sequence WHERE name = 'jobs'"
_NEWEST: Final = "SELECT max(job) FROM events"
_SET_GIVEN: Final = "UPDATE sqlite_sequence SET seq = ? WHERE name = 'jobs'"
_ADD_GIVEN: Final = "INSERT INTO sqlite_sequence (name, seq) VALUES ('jobs', ?)"
_NOTE_GIVEN: Final = """
    INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2
"""


def build(new: sqlite3.Connection, old: sqlite3.Connection, now: int) -> None:
    """Fill the tables of jobs from the history in ``new``, whose triggers are away.

    What no event tells (renewed leases, times that came) is taken from the old row where there is
    one that may be right.
    """
    builder = _Builder(new, old, now)
    told = dict(builder.insert())
    _depend(new, told)
    _unpark(new)
    new.execute(_COUNT)


class _Builder:
    def __init__(self, new: sqlite3.Connection, old: sqlite3.Connection, now: int) -> None:
        self._new = new
        self._old = old
        self._now = now
        self._name = numbering(database_uuid(new))
        self._places: Counter[tuple[int, str]] = Counter()
        self._numbers = {column: dict(new.execute(sql)) for column, sql in _NAMES.items()}

    def insert(self) -> Iterator[tuple[int, Told]]:
        """Store each job; yield those that depend on others."""
        for job, told in stories(self._new):
            if told.fault is not None:
                raise DjobsError(ErrorCode.DB_CORRUPT, f"Job {self._name(job)}: {told.fault}.")
            if told.purged:
                continue
            row = self._row(job, told.columns)
            columns = ", ".join(row)
            places = ", ".join("?" * len(row))
            self._new.execute(f"INSERT INTO jobs ({columns}) VALUES ({places})", [*row.values()])
            if told.needs:
                yield job, told._replace(columns={})

    def _row(self, job: int, told: Mapping[str, Any]) -> Row:
        row: Row = {"seq": job, **told, **self._untold(job, told)}
        workspace = self._numbers["workspace"][told["workspace"]]
        for column in ("type", "workflow"):
            row[column] = self._numbers[column][told[column]]
        row["workspace"] = workspace
        for column in _SESSIONS:
            if row[column] is not None:
                row[column] = self._numbers["created_by"][row[column]]
        for told_as, column in _SCOPES.items():
            everywhere = row.pop(told_as)
            own = None if everywhere is None else workspace
            row[column] = EVERYWHERE if everywhere else own
        row["state"] = str(told["state"])
        row["resource_slot"] = self._slot(row)
        return row

    def _slot(self, row: Row) -> int:
        """Give each running job of a resource a place of its own; which one means nothing."""
        if row["state"] != "running" or row["resource_key"] is None:
            return 0
        resource = row["resource_scope"], row["resource_key"]
        self._places[resource] += 1
        return self._places[resource] - 1

    def _untold(self, job: int, told: Mapping[str, Any]) -> Row:
        try:
            found = self._old.execute(_OLD, (job,)).fetchone()
        except sqlite3.DatabaseError:
            return {}
        if found is None:
            return {}
        old = dict(zip(_UNTOLD, found, strict=True))
        parked = old.pop("parked") == 1 and told["state"] == "pending" and told["resource_key"]
        kept = {
            column: value
            for column, value in old.items()
            if may_differ(column, value, told[column], told, self._now)
        }
        return kept | {"parked": int(bool(parked))}


def _depend(new: sqlite3.Connection, told: Mapping[int, Told]) -> None:
    for job, story in told.items():
        rows = [(job, position, *need) for position, need in enumerate(story.needs)]
        new.executemany(_NEED, rows)
        touched = scalar(new.execute(TOUCHED, (job, story.newest)))
        if touched is not None:
            new.execute(_TOUCH, (touched, job))
    new.execute(_BLOCK)


def _unpark(new: sqlite3.Connection) -> None:
    new.executemany(_LET_OUT, new.execute(LEFT_PARKED).fetchall())


def keep_numbers(new: sqlite3.Connection, old: sqlite3.Connection) -> str | None:
    """Go on with the numbers of jobs where the old database had come to.

    Returns what is missing, if the history knows of fewer jobs than were stored.
    """
    known = max(scalar(new.execute(_NEWEST)) or 0, jobs_cut(new), jobs_given_before(new))
    try:
        stored = scalar(old.execute(_GIVEN)) or 0
    except sqlite3.DatabaseError:
        stored = 0
    highest = max(known, stored)
    if not new.execute(_SET_GIVEN, (highest,)).rowcount:
        new.execute(_ADD_GIVEN, (highest,))
    if stored <= known:
        return None
    new.execute(_NOTE_GIVEN, (JOBS_GIVEN, str(highest)))
    return f"{stored} jobs had been stored; the history knows of those up to {known}."
