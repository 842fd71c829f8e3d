"""Files that are replaced, moved, cut or deleted under a daemon are noticed (R6)."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from djobs_daemon.store.sqlite.store import SqliteStore
from djobs_protocol.errors import DjobsError, ErrorCode
from tests.store.ledger_tools import Clock, draft, enqueue, listed


def remove(path: Path) -> None:
    for each in path.parent.glob("jobs.db*"):
        each.unlink()


def move_away(path: Path) -> None:
    path.rename(path.with_name("elsewhere.db"))


def put_a_copy(path: Path) -> None:
    copy = path.with_name("copy.db")
    shutil.copy(path, copy)
    copy.replace(path)


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 4096)


def drop_wal(path: Path) -> None:
    Path(f"{path}-wal").unlink()


@pytest.mark.parametrize("change", [remove, move_away, put_a_copy, cut, drop_wal])
async def test_writes_and_reads_are_refused_and_told_once(
    path: Path, clock: Clock, change: Callable[[Path], None]
) -> None:
    told: list[str] = []
    async with SqliteStore.open(
        str(path), backups="/nowhere", clock_ms=clock, on_replaced=lambda: told.append("!")
    ) as store:
        await enqueue(store)
        change(path)
        there = {each.name for each in path.parent.iterdir()}
        for _ in range(3):
            with pytest.raises(DjobsError) as refusal:
                await enqueue(store)
            assert refusal.value.code is ErrorCode.DB_REPLACED
        with pytest.raises(DjobsError) as refusal:
            await listed(store)
        assert refusal.value.code is ErrorCode.DB_REPLACED
        assert (await store.describe()).uuid == store.database
        assert told == ["!"]
        assert {each.name for each in path.parent.iterdir()} == there


async def test_a_read_notices_first(path: Path, clock: Clock) -> None:
    told: list[str] = []
    async with SqliteStore.open(
        str(path), backups="/nowhere", clock_ms=clock, on_replaced=lambda: told.append("!")
    ) as store:
        path.unlink()
        with pytest.raises(DjobsError):
            await listed(store)
        assert told == ["!"]
        with pytest.raises(DjobsError) as refusal:
            await enqueue(store)
        assert refusal.value.code is ErrorCode.DB_REPLACED
        assert told == ["!"]


async def test_closing_leaves_a_strangers_files_alone(path: Path, clock: Clock) -> None:
    async with SqliteStore.open(str(path), backups="/nowhere", clock_ms=clock) as store:
        await enqueue(store)
        remove(path)
        path.write_bytes(b"new")
        Path(f"{path}-wal").write_bytes(b"its wal")
    assert path.read_bytes() == b"new"
    assert Path(f"{path}-wal").read_bytes() == b"its wal"


async def test_giving_back_space_is_not_taken_for_a_cut(path: Path, clock: Clock) -> None:
    async with SqliteStore.open(str(path), backups="/nowhere", clock_ms=clock) as store:
        await enqueue(store, *[draft(payload='"' + "x" * 4000 + '"')] * 300)
    async with SqliteStore.open(str(path), backups="/nowhere", clock_ms=clock) as store:
        await store._connection.run(free_payloads, store)
        before = path.stat().st_size
        await store.maintain()
        assert path.stat().st_size < before
        await enqueue(store)
        assert len(await listed(store)) == 301


def free_payloads(store: SqliteStore) -> None:
    store._book.db.execute("DELETE FROM texts")
    store._book.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
