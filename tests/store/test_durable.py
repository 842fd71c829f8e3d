"""The database is opened so that a commit survives power loss and readers wait for no writer."""

import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from djobs_daemon.store.sqlite import database
from djobs_daemon.store.sqlite.store import SqliteStore
from djobs_protocol.errors import DjobsError, ErrorCode
from tests.store.ledger_tools import Clock, enqueue, listed


async def test_every_commit_and_checkpoint_reaches_the_disk_itself(store: SqliteStore) -> None:
    """``fullfsync`` counts on macOS, where fsync ends in the drive's cache."""

    def settings() -> dict[str, object]:
        names = ("journal_mode", "synchronous", "fullfsync", "checkpoint_fullfsync")
        db = store._book.db
        return {name: db.execute(f"PRAGMA {name}").fetchone()[0] for name in names}

    assert await store._connection.run(settings) == {
        "journal_mode": "wal",
        "synchronous": 2,
        "fullfsync": 1,
        "checkpoint_fullfsync": 1,
    }


@pytest.mark.parametrize("existing", [False, True])
async def test_where_no_wal_is_possible_the_start_is_refused_with_path_and_reason(
    existing: bool, path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening = partial(SqliteStore.open, str(path), backups="/nowhere", clock_ms=clock)
    ids: list[str] = []
    if existing:
        async with opening() as store:
            ids = await enqueue(store)
        with closing(sqlite3.connect(path)) as db:
            db.execute("PRAGMA journal_mode = DELETE")
    with monkeypatch.context() as patched:  # a file system without shared memory
        patched.setattr(database, "quote", lambda name: f"{name}?vfs=unix-dotfile&")
        with pytest.raises(DjobsError) as refusal:
            async with opening():
                pass
    assert refusal.value.code is ErrorCode.STORAGE_FAILED
    assert str(path) in refusal.value.message
    assert "write-ahead log" in refusal.value.message
    assert "DJOBS_DB_PATH" in refusal.value.hint
    assert path.exists() == existing
    async with opening() as store:
        assert await listed(store) == ids
