"""Reading leaves a source as it was, also while somebody else has it open."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from djobs_daemon.store.sqlite import upstream as reader
from djobs_protocol.errors import DjobsError, ErrorCode
from tests.importing.plans import SOURCES, project, read, read_one, snapshot, upstream

INSERT = """
    INSERT INTO jobs (id, type, payload_json, status, correlation_id, created_at, updated_at)
    VALUES (?, 'late', '{}', 'pending', '/repo/shop', '2027-01-01', '2027-01-01')
"""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    return upstream(folder, "0.22.0")


@pytest.fixture
def writer(database: Path) -> Iterator[sqlite3.Connection]:
    """Return the connection of a program that uses the database as upstream does."""
    with closing(sqlite3.connect(database, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute(INSERT, ("in-the-wal",))
        yield db


def late(path: Path) -> set[str]:
    return {item.id for item in read_one(path).items if item.type == "late"}


def test_reading_a_project_changes_nothing_in_it(tmp_path: Path) -> None:
    folder = project(tmp_path / "project")
    shutil.copytree(SOURCES / "claude", folder / "claude")
    upstream(folder, "0.8.1")
    before = snapshot(folder)
    assert len(read(folder)) == 5
    assert read(folder / "claude")
    assert snapshot(folder) == before


def test_reading_a_database_makes_no_file_beside_it(database: Path) -> None:
    before = snapshot(database.parent)
    assert list(before) == [".", database.name]
    assert read_one(database).items
    assert snapshot(database.parent) == before


def test_what_is_only_in_the_write_ahead_log_is_read_and_stays_there(
    database: Path, writer: sqlite3.Connection
) -> None:
    before = snapshot(database.parent)
    assert f"{database.name}-wal" in before
    assert late(database) == {"in-the-wal"}
    assert snapshot(database.parent) == before
    writer.execute(INSERT, ("afterwards",))


def test_a_transaction_that_is_not_over_is_not_read_and_not_disturbed(
    database: Path, writer: sqlite3.Connection
) -> None:
    writer.execute("BEGIN IMMEDIATE")
    writer.execute(INSERT, ("unfinished",))
    before = snapshot(database.parent)
    assert late(database) == {"in-the-wal"}
    assert snapshot(database.parent) == before
    writer.execute("COMMIT")
    assert late(database) == {"in-the-wal", "unfinished"}


def test_what_a_crash_left_half_written_is_rolled_back_in_the_copy_only(database: Path) -> None:
    with closing(sqlite3.connect(database, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = DELETE")
        db.execute("PRAGMA cache_size = 1")
        db.execute("BEGIN IMMEDIATE")
        db.executemany(INSERT, [(f"late-{number}" * 20,) for number in range(400)])
        crashed = database.parent.parent / "crashed"
        shutil.copytree(database.parent, crashed)
        db.execute("ROLLBACK")
    before = snapshot(crashed)
    assert f"{database.name}-journal" in before
    source = read_one(crashed / database.name)
    assert (source.problems, len(source.items)) == ([], 9)
    assert snapshot(crashed) == before


def test_a_copy_during_which_somebody_wrote_is_made_again(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stamps = iter([[(1, 1, 1)], [(1, 1, 2)], [(1, 1, 3)], [(1, 1, 3)]])
    monkeypatch.setattr(reader, "_stamp", lambda _: next(stamps))
    monkeypatch.setattr(reader, "PAUSE_SECONDS", 0)
    assert Path(reader.copy_quietly(str(database), str(tmp_path))).exists()
    assert next(stamps, None) is None


def test_a_database_that_is_never_left_alone_is_refused(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changing = iter(range(1000))
    monkeypatch.setattr(reader, "_stamp", lambda _: [(1, 1, next(changing))])
    monkeypatch.setattr(reader, "PAUSE_SECONDS", 0)
    with pytest.raises(DjobsError) as refused:
        reader.copy_quietly(str(database), str(tmp_path))
    assert refused.value.code is ErrorCode.BUSY


def test_a_file_that_may_not_be_read_is_told(database: Path) -> None:
    linked = database.with_name("linked.db")
    linked.symlink_to("linked.db")
    with pytest.raises(DjobsError, match="cannot be read"):
        reader.read(str(linked))
