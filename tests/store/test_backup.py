"""Copies made while the ledger is in use are whole, private, few and usable (R48)."""

import os
import shutil
from pathlib import Path

import anyio
import pytest

from djobs_daemon.store.sqlite.backup import GENERATIONS
from djobs_daemon.store.sqlite.store import SqliteStore
from djobs_local.backups import generations
from djobs_protocol.errors import DjobsError, ErrorCode
from tests.store.ledger_tools import Clock, draft, enqueue, listed


async def test_a_copy_is_a_ledger_of_its_own(store: SqliteStore, path: Path, clock: Clock) -> None:
    ids = await enqueue(store, *[draft()] * 20)
    copy = Path((await store.backup()).path)
    assert copy.stat().st_mode & 0o777 == 0o600
    assert os.listdir(copy.parent) == [copy.name]
    restored = path.with_name("restored.db")
    shutil.copy(copy, restored)
    await enqueue(store)  # later than the copy
    async with SqliteStore.open(str(restored), backups="/nowhere", clock_ms=clock) as other:
        assert await listed(other) == ids[::-1]
        assert (await other.check()).problems == []
        assert other.database == store.database


async def test_a_copy_under_load_is_one_snapshot(store: SqliteStore, clock: Clock) -> None:
    copies: list[str] = []

    async def keep_copying() -> None:
        for _ in range(5):
            copies.append((await store.backup()).path)
            clock.advance(1000)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(keep_copying)
        for _ in range(50):
            tasks.start_soon(enqueue, store, draft(), draft())
    for each in copies:
        async with SqliteStore.open(each, backups="/nowhere", clock_ms=clock) as copy:
            assert (await copy.check()).problems == []
            assert len(await listed(copy)) % 2 == 0


async def test_the_newest_generations_are_kept(store: SqliteStore, clock: Clock) -> None:
    made = []
    for _ in range(GENERATIONS + 3):
        made.append(Path((await store.backup()).path).name)
        clock.advance(1000)
    folder = str(Path((await store.backup()).path).parent)
    assert [each.name for each in generations(folder)][:-1] == made[-GENERATIONS + 1 :]
    described = await store.describe()
    assert described.last_backup_at is not None
    assert described.last_backup_at.timestamp() * 1000 == pytest.approx(clock.now, abs=1)


async def test_a_copy_that_cannot_be_made_leaves_no_part(path: Path, clock: Clock) -> None:
    in_the_way = path.with_name("backups")
    in_the_way.write_bytes(b"a file")
    async with SqliteStore.open(str(path), backups=str(in_the_way), clock_ms=clock) as store:
        with pytest.raises(DjobsError) as refusal:
            await store.backup()
        assert refusal.value.code is ErrorCode.STORAGE_FAILED
        assert str(in_the_way) in refusal.value.message
        await enqueue(store)


async def test_a_copy_at_a_path_is_new_and_no_generation(
    store: SqliteStore, path: Path, clock: Clock
) -> None:
    await enqueue(store)
    target = str(path.with_name("copy.db"))
    assert (await store.backup(target)).path == target
    assert generations(str(path.parent / "backups")) == []
    async with SqliteStore.open(target, backups="/nowhere", clock_ms=clock) as copy:
        assert len(await listed(copy)) == 1
    for wrong, code in (
        (target, ErrorCode.CONFLICT),
        ("copy.db", ErrorCode.INVALID_PARAMS),
        (f"{path}-journal", ErrorCode.INVALID_PARAMS),
        (str(path.parent / "no" / "folder.db"), ErrorCode.STORAGE_FAILED),
    ):
        with pytest.raises(DjobsError) as refusal:
            await store.backup(wrong)
        assert refusal.value.code is code
