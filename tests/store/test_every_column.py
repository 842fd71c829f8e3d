"""Whatever is changed of what the history tells or its chain covers, the check finds and names."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import anyio
import pytest

from djobs_daemon.store.sqlite.migrate import load
from tests.store.ledger_tools import Clock
from tests.store.lived_in import Tampering, live, other

UNTOLD_TABLES: Final = {
    *("agents", "schedules", "requests", "deliveries", "checkpoints", "results", "logs"),
    *("executions", "receipts", "usage", "limits", "limit_starts", "pauses", "reservations"),
    "allowances",
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


@pytest.fixture
def tampering(path: Path, lived_in: tuple[bytes, int]) -> Tampering:
    return Tampering(path, *lived_in)


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
