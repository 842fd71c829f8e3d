"""The baseline is honest: played back, the recorded statements build the store's own database."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from djobs_daemon.baseline import ACTOR, chunks, record
from djobs_daemon.store.sqlite.recording import Transaction, fresh_database, play

REQUESTS, BATCH = 4, 3
TABLES = ("jobs", "tallies", "requests", "sessions", "types", "workflows", "workspaces")


@pytest.fixture
def folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="dj", dir="/tmp") as path:
        yield Path(path)


@pytest.fixture
async def recorded(folder: Path) -> list[Transaction]:
    return await record(str(folder / "r"), REQUESTS, BATCH)


def rows(db: sqlite3.Connection, table: str) -> list[Any]:
    return db.execute(f"SELECT * FROM {table}").fetchall()


async def test_every_request_is_one_durable_transaction(recorded: list[Transaction]) -> None:
    assert len(recorded) == REQUESTS
    for transaction in recorded:
        statements = [statement.sql for statement in transaction]
        assert (statements[0], statements[-1]) == ("BEGIN IMMEDIATE", "COMMIT")
        assert statements.count("COMMIT") == 1


async def test_played_back_they_build_the_same_database(
    folder: Path, recorded: list[Transaction]
) -> None:
    played = fresh_database(str(folder / "played.db"))
    assert played.execute("PRAGMA synchronous").fetchone() == (2,)
    play(played, recorded)
    original = sqlite3.connect(folder / "r" / "recorded.db")

    for table in TABLES:
        assert rows(played, table) == rows(original, table), table
    assert len(rows(played, "jobs")) == REQUESTS * BATCH
    assert len(rows(played, "events")) == REQUESTS * BATCH
    assert len(rows(played, "requests")) == REQUESTS
    assert played.execute("SELECT id FROM sessions").fetchall() == [(ACTOR.session,)]
    played.close()
    original.close()


async def test_rounds_hold_equal_shares(recorded: list[Transaction]) -> None:
    assert [len(each) for each in chunks(recorded, 2)] == [2, 2]
