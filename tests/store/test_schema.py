"""The schema guards the rules by itself: the file outlives the program that wrote it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from djobs_daemon.store.sqlite.database import create, open_writer
from djobs_daemon.store.sqlite.migrate import load, migrate
from djobs_protocol.states import TERMINAL_EVENTS, TRANSITIONS, JobState
from djobs_protocol.version import SCHEMA_VERSION

JOB = {"type": 1, "managed_by": "agent", "priority": 5, "workflow": 1}
JOB |= {"workspace": 1, "max_attempts": 3, "run_at": 1, "created_at": 1, "updated_at": 1}
JOB |= {"created_by": 1}
EVENT = {"seq": 1, "at": 1, "kind": "enqueued", "job": 1, "run": 1, "to_state": "pending"}
EVENT |= {"terminal": 0, "type": 1, "workflow": 1, "workspace": 1, "session": 1}
EVENT |= {"hash": b"h" * 32}
RUN = "state = 'running', holder = 1, lease_expires_at = 9, attempt = 1, generation = 1"
RUN += ", started_at = 1"
END = "holder = NULL, lease_expires_at = NULL, finished_at = 2, finished_by = 1"


@pytest.fixture
def db(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(open_writer(str(path), load(), 1, lambda: None)) as opened:
        opened.executescript("""
            INSERT INTO types (name) VALUES ('edit');
            INSERT INTO workflows (correlation_id) VALUES ('w');
            INSERT INTO workspaces (path) VALUES ('/w');
            INSERT INTO sessions (id, kind, workspace, client, pid, started_at, seen_at)
            VALUES ('s', 'cli', '/w', '', 1, 1, 1);
        """)
        yield opened


def add(db: sqlite3.Connection, table: str, values: dict[str, Any], **changes: Any) -> None:
    row = values | changes
    marks = ", ".join("?" for _ in row)
    db.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", list(row.values()))


def refused(db: sqlite3.Connection, statement: str) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        db.execute(statement)


def test_the_newest_migration_is_the_schema_version() -> None:
    assert [each.number for each in load()] == list(range(1, SCHEMA_VERSION + 1))


def test_the_table_of_transitions_is_the_protocols(db: sqlite3.Connection) -> None:
    rows = set(db.execute("SELECT state, event, target FROM transitions"))
    assert rows == {
        (state.value, event.value, target.value)
        for state, moves in TRANSITIONS.items()
        for event, target in moves.items()
    }


def test_every_state_and_end_is_known_to_the_checks(db: sqlite3.Connection) -> None:
    sql = dict(db.execute("SELECT name, sql FROM sqlite_schema").fetchall())
    assert all(f"'{state}'" in sql["jobs"] for state in JobState)
    assert all(f"'{event}'" in sql["events"] for event in TERMINAL_EVENTS)


def test_a_fresh_schema_is_the_migrated_one(home: Path) -> None:
    """Each file in turn on an older database leads to what a new database begins with."""
    fresh, old = home / "fresh.db", home / "old.db"
    create(str(fresh), load(), 1)
    create(str(old), load()[:1], 1)
    with closing(sqlite3.connect(old)) as db:
        migrate(db, load(), lambda: None)
    shapes = []
    for each in (fresh, old):
        with closing(sqlite3.connect(each)) as db:
            shapes.append(
                sorted(db.execute("SELECT type, name, sql FROM sqlite_schema").fetchall(), key=str)
            )
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize(
    "changes",
    [
        {"priority": 0},
        {"priority": 11},
        {"max_attempts": 0},
        {"attempt": 4},
        {"attempt": 3},
        {"parked": 1},
        {"state": "running"},
        {"state": "sleeping"},
        {"state": "succeeded", "finished_at": 1, "finished_by": 1},
        {"finished_at": 1},
        {"lease_expires_at": 1},
        {"holder": 1},
        {"holder_agent": "ann"},
        {"idempotency_key": "k"},
        {"resource_key": "r"},
        {"blockers": -1},
        {"run": 2},
        {"managed_by": "nobody"},
        {"type": 99},
        {"created_by": 99},
        {"priority": "high"},
    ],
    ids=str,
)
def test_a_job_that_contradicts_itself_is_refused(
    db: sqlite3.Connection, changes: dict[str, Any]
) -> None:
    add(db, "jobs", JOB)
    with pytest.raises(sqlite3.IntegrityError):
        add(db, "jobs", JOB, **changes)


def test_a_state_is_reached_only_along_the_table(db: sqlite3.Connection) -> None:
    add(db, "jobs", JOB)
    refused(db, "UPDATE jobs SET state = 'stopped', finished_at = 2, finished_by = 1")
    db.execute(f"UPDATE jobs SET {RUN}")
    refused(db, f"UPDATE jobs SET state = 'cancelled', {END}")
    refused(db, "UPDATE jobs SET state = 'succeeded'")  # still leased
    db.execute(f"UPDATE jobs SET state = 'succeeded', {END}")
    refused(db, "UPDATE jobs SET state = 'failed'")
    refused(db, "UPDATE jobs SET finished_at = NULL, finished_by = NULL")


def test_an_unfinished_job_is_not_removed(db: sqlite3.Connection) -> None:
    add(db, "jobs", JOB)
    refused(db, "DELETE FROM jobs")
    refused(db, "INSERT OR REPLACE INTO jobs SELECT * FROM jobs")


def test_the_history_may_be_cut_before_its_anchor_only(db: sqlite3.Connection) -> None:
    add(db, "events", EVENT)
    add(db, "events", EVENT, seq=2)
    db.execute("INSERT INTO meta (name, value) VALUES ('first_event', '2')")
    refused(db, "DELETE FROM events WHERE seq = 2")
    db.execute("DELETE FROM events WHERE seq = 1")


def test_a_text_is_not_changed(db: sqlite3.Connection) -> None:
    db.execute("INSERT INTO texts (event, body) VALUES (1, 'x')")
    refused(db, "UPDATE texts SET body = 'y'")


def test_a_job_that_another_needs_is_not_removed_before_it(db: sqlite3.Connection) -> None:
    add(db, "jobs", JOB)
    add(db, "jobs", JOB)
    db.execute("INSERT INTO dependencies (job, position, needs) VALUES (2, 0, 1)")
    db.execute("UPDATE jobs SET state = 'skipped', finished_at = 2, finished_by = 1")
    refused(db, "DELETE FROM jobs WHERE seq = 1")
    db.execute("DELETE FROM jobs WHERE seq = 2")
    db.execute("DELETE FROM jobs WHERE seq = 1")


def test_only_what_an_executor_runs_has_no_lease(db: sqlite3.Connection) -> None:
    add(db, "jobs", JOB)
    unleased = RUN.replace("lease_expires_at = 9", "lease_expires_at = NULL")
    refused(db, f"UPDATE jobs SET {unleased}")
    db.execute(f"UPDATE jobs SET {unleased}, managed_by = 'executor'")


def test_a_key_that_was_freed_may_name_another_job(db: sqlite3.Connection) -> None:
    keyed = {"idempotency_key": "k", "key_scope": 1}
    add(db, "jobs", JOB, **keyed)
    with pytest.raises(sqlite3.IntegrityError):
        add(db, "jobs", JOB, **keyed)
    db.execute("UPDATE jobs SET key_freed_at = 5")
    add(db, "jobs", JOB, **keyed)


def test_the_history_is_append_only(db: sqlite3.Connection) -> None:
    add(db, "events", EVENT)
    refused(db, "UPDATE events SET note = 'nicer'")
    refused(db, "DELETE FROM events")
    refused(db, "INSERT OR REPLACE INTO events SELECT * FROM events")


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "succeeded", "from_state": "pending", "to_state": "succeeded", "terminal": 0},
        {"kind": "claimed", "from_state": "pending", "to_state": "running", "terminal": 1},
        {"kind": "stopped", "from_state": "pending", "to_state": "stopped", "terminal": 1},
        {"kind": "unblocked", "from_state": "pending", "to_state": "running"},
        {"kind": "enqueued", "from_state": "pending"},
        {"kind": "claimed", "to_state": "running"},
        {"hash": b"short"},
    ],
    ids=str,
)
def test_an_impossible_event_is_refused(db: sqlite3.Connection, changes: dict[str, Any]) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        add(db, "events", EVENT, **changes)


def test_a_second_end_of_one_run_is_refused(db: sqlite3.Connection) -> None:
    end = {"kind": "failed", "from_state": "pending", "to_state": "failed", "terminal": 1}
    add(db, "events", EVENT, **end)
    with pytest.raises(sqlite3.IntegrityError):
        add(db, "events", EVENT, **end | {"seq": 2})
    add(db, "events", EVENT, **end | {"seq": 2, "run": 2})
