"""Whatever is changed of what the history tells or its chain covers, the check finds and names."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import anyio
import pytest

from djobs_daemon.store.sqlite.check import check
from djobs_daemon.store.sqlite.database import connect
from djobs_daemon.store.sqlite.migrate import load
from djobs_daemon.store.sqlite.store import SqliteStore
from djobs_protocol.states import EventKind
from tests.store.ledger_tools import OTHER, Clock, claim, draft, enqueue, move

UNTOLD_TABLES: Final = {
    *("agents", "schedules", "requests", "deliveries", "checkpoints", "results", "logs"),
    *("executions", "receipts", "usage", "limits", "limit_starts", "pauses", "reservations"),
}
"""What they hold is in no event: docs/djobsctl.md says so."""
UNTOLD_COLUMNS: Final = {
    "meta": {"name", "value"},
    "types": {"seq", "defaults"},
    "jobs": {"resource_slot"},
    "workspaces": {"seq"},
    "workflows": {"seq", "archived_at"},
    "sessions": {"seq", "kind", "agent", "workspace", "client", "pid", "process_start", "boot"}
    | {"pid_namespace", "started_at", "seen_at", "ended_at"},
}
"""Of tables of which the rest is told. The numbers are what others refer to them by."""
NAMED: Final = {
    "events": r"event {0}\b",
    "texts": r"event {0}\b",
    "jobs": r"Job j{0}[a-z]",
    "dependencies": r"Job j{0}[a-z]",
    "tallies": "Workflow (/home/ann/project|b):",
    "transitions": "row {0}, .* of transitions",
    "types": "row {0} of types",
    "workspaces": "row {0} of workspaces",
    "workflows": "row {0} of workflows",
    "sessions": "row {0} of sessions",
}
"""How the check names a row of a table by its first column."""
SPEAKING: Final = {
    "tallies": "jobs > 0",  # none says the same as no row
    "events": "seq IN (1, 4, 8, (SELECT max(seq) FROM events))",
}
"""Which rows are tried, where not all of a table are."""


async def live(path: Path, clock: Clock) -> None:
    """Fill a ledger with jobs in every kind of state."""
    async with SqliteStore.open(str(path), backups="/nowhere", clock_ms=clock) as store:
        first, second = await enqueue(store, draft(priority=2), draft(resource_key="r"))
        await enqueue(
            store,
            draft(depends_on=(second,), blockers=1, graph_key="g"),
            draft(idempotency_key="k", lease_ms=5, retry_policy='{"factor":3.0}'),
            draft(run_at=clock.now + 10**6),
        )
        clock.advance(5)
        await enqueue(store, draft(type="b", workspace="/b", correlation_id="b"), actor=OTHER)
        await claim(store, first)
        await move(store, first, EventKind.RETRY_SCHEDULED, "no", last_error="no", run_at=9)
        await move(store, first, EventKind.RETRY_DUE)
        await move(store, first, EventKind.SUCCEEDED, "fine", evidence="fine")
        clock.advance(5)
        await claim(store, second, actor=OTHER)
        assert (await store.check()).problems == []


def told_columns() -> list[tuple[str, str]]:
    with closing(sqlite3.connect(":memory:")) as db:
        for migration in load():
            db.executescript(migration.sql)
        tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
        return [
            (table, column[1])
            for (table,) in db.execute(tables).fetchall()
            for column in db.execute(f"PRAGMA table_info({table})")
            if table not in UNTOLD_TABLES and column[1] not in UNTOLD_COLUMNS.get(table, ())
        ]


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, int]:
    path, clock = tmp_path_factory.mktemp("ledger") / "jobs.db", Clock()
    anyio.run(live, path, clock)
    return path.read_bytes(), clock.now


class Tampering:
    """A ledger that is changed behind the back of its triggers."""

    def __init__(self, path: Path, content: bytes, now: int) -> None:
        self.path, self.content, self.now = path, content, now

    def rows(self, table: str, column: str) -> list[tuple[list[str], list[Any], Any]]:
        """Return the key, its values, and the value of a column, of each row."""
        self.path.write_bytes(self.content)
        with closing(sqlite3.connect(self.path)) as db:
            key = [row[1] for row in db.execute(f"PRAGMA table_info({table})") if row[5]]
            found = db.execute(
                f"SELECT {', '.join(key)}, {column} FROM {table} WHERE {SPEAKING.get(table, '1')}"
            ).fetchall()
        return [(key, list(place), value) for *place, value in found]

    def problems_after(self, statement: str, values: list[Any]) -> list[str]:
        """Run a statement on the ledger as it was, and check it."""
        self.path.write_bytes(self.content)
        with closing(sqlite3.connect(self.path)) as db:
            triggers = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
            db.executescript("PRAGMA synchronous = OFF; PRAGMA ignore_check_constraints = ON;")
            gates = triggers.fetchall()
            with db:
                for name, _ in gates:
                    db.execute(f"DROP TRIGGER {name}")
                assert db.execute(statement, values).rowcount == 1
                for _, sql in gates:
                    db.execute(sql)
        with closing(connect(str(self.path), "ro")) as db:
            return check(db, str(self.path), self.now, load()).problems


@pytest.fixture
def tampering(path: Path, lived_in: tuple[bytes, int]) -> Tampering:
    return Tampering(path, *lived_in)


def other(value: Any, column: str) -> Any:
    """Return another value that the column's type allows."""
    if column in ("content", "hash"):
        return b"x" * 32
    return value + "x" if isinstance(value, str) else (value or 0) + 1000


def is_told(table: str, column: str, value: Any) -> bool:
    """Say whether it shows: renewals of a lease are no events, parking is only a note."""
    return (table, column) != ("jobs", "parked") and not (column == "lease_expires_at" and value)


@pytest.mark.parametrize(("table", "column"), told_columns(), ids=str)
def test_a_change_in_any_row_is_found_and_named(
    table: str, column: str, tampering: Tampering
) -> None:
    rows = tampering.rows(table, column)
    assert rows, f"{table} is empty, so nothing is tried"
    for key, place, value in rows:
        if is_told(table, column, value):
            where = " AND ".join(f"{name} = ?" for name in key)
            changed = f"UPDATE {table} SET {column} = ? WHERE {where}"
            found = tampering.problems_after(changed, [other(value, column), *place])
            named = NAMED[table].format(place[0])
            assert any(re.search(named, each) for each in found), (place, value, found)


@pytest.mark.parametrize("table", sorted(NAMED))
def test_a_row_that_is_removed_is_missed_by_name(table: str, tampering: Tampering) -> None:
    for key, place, _ in tampering.rows(table, "1"):
        where = " AND ".join(f"{name} = ?" for name in key)
        found = tampering.problems_after(f"DELETE FROM {table} WHERE {where}", place)
        named = NAMED[table].format(place[0])
        if table == "events" and "Job" in "".join(found):
            named += "|Job j"  # the newest one: only its job tells of it
        assert any(re.search(named, each) for each in found), (place, found)
