"""A schedule that cannot be read is found and named."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from djobs_daemon.store.sqlite.check_schedules import wrong_schedules
from djobs_daemon.store.sqlite.store import SqliteStore
from tests.store.conformance_schedules import keep, schedule


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("zone = 'Nowhere/AtAll'", ""),  # another machine may know it
        ("template = '{}'", "Object missing required field `correlation_id`"),
        ("cron = 'never'", "cron 'never' cannot be read (it has 1 fields)"),
        ("paused_at = 5", "it is paused, and has a next time."),
    ],
)
async def test_what_is_wrong_is_named(
    store: SqliteStore, path: Path, change: str, problem: str
) -> None:
    await keep(store, schedule())
    assert (await store.check()).problems == []
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"UPDATE schedules SET {change}")
        found = [*wrong_schedules(db)]
    if problem:
        (said,) = found
        assert said.startswith(f"Schedule nightly of /home/ann/project: {problem}")
    else:
        assert found == []
