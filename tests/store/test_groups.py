"""Requests that arrive together are committed together, once, and answered afterwards."""

import sqlite3
from functools import partial
from pathlib import Path

import anyio
import pytest

from djobs_daemon.store.sqlite import writer
from djobs_daemon.store.sqlite.store import SqliteStore
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.states import EventKind
from tests.store.group_tools import CALLERS, SECONDS, busy, traced
from tests.store.ledger_tools import (
    ACTOR,
    Clock,
    draft,
    enqueue,
    get,
    key,
    listed,
    moving,
)


async def test_d9_every_acknowledged_write_was_synced(store: SqliteStore) -> None:
    def level() -> list[int]:
        db = store._connection.plain
        names = ("synchronous", "foreign_keys", "journal_size_limit", "auto_vacuum")
        return [db.execute(f"PRAGMA {name}").fetchone()[0] for name in names]

    assert await store._connection.run(level) == [2, 1, 64 * 1024 * 1024, 2]


async def test_a_lone_write_is_one_commit(store: SqliteStore) -> None:
    statements = await traced(store)
    await enqueue(store)
    assert statements.count("COMMIT") == 1
    await enqueue(store)
    assert statements.count("COMMIT") == 2


async def test_writes_that_arrive_together_share_a_commit(store: SqliteStore) -> None:
    statements = await traced(store)
    async with anyio.create_task_group() as tasks:
        for _ in range(CALLERS):
            tasks.start_soon(enqueue, store)
    assert len(await listed(store)) == CALLERS
    assert statements.count("COMMIT") <= 3


async def test_d1_a_refused_statement_leaves_no_transaction_open(store: SqliteStore) -> None:
    (job_id,) = await enqueue(store, draft(idempotency_key="k"))
    refused = 0

    async def twice() -> None:
        nonlocal refused
        with pytest.raises(DjobsError):
            await enqueue(store, draft(idempotency_key="k"))
        refused += 1

    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(twice)
            tasks.start_soon(enqueue, store)
    assert refused == 5
    assert not store._connection.plain.in_transaction
    assert len(await listed(store)) == 6
    assert (await get(store, job_id)).revision == 1
    assert (await store.check()).problems == []


async def test_d1_a_locked_file_fails_the_write_and_nothing_after_it(
    store: SqliteStore, path: Path
) -> None:
    """Another program holds the write lock for longer than the writer waits."""
    await store._connection.run(store._connection.plain.execute, "PRAGMA busy_timeout = 50")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DjobsError) as refusal:
        await enqueue(store)
    assert refusal.value.code is ErrorCode.STORAGE_FAILED
    other.execute("ROLLBACK")
    (job_id,) = await enqueue(store)
    assert other.execute("SELECT count(*) FROM jobs").fetchone() == (1,)  # really committed
    other.close()
    assert await listed(store) == [job_id]
    assert (await store.check()).problems == []


async def test_the_queue_of_writes_is_bounded(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "PENDING_REQUESTS_MAX", 4)
    outcomes: list[str] = []

    async def send() -> None:
        try:
            await enqueue(store)
            outcomes.append("written")
        except DjobsError as error:
            outcomes.append(error.code)

    with busy(store) as gate:
        async with anyio.create_task_group() as tasks:
            for _ in range(10):
                tasks.start_soon(send)
            await anyio.wait_all_tasks_blocked()
            assert outcomes == [ErrorCode.BUSY] * 6
            gate.set()
    assert outcomes.count("written") == 4
    await enqueue(store)


async def test_a_fault_in_the_writer_answers_all_and_the_next_write_works(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> list[bytes]:
        raise RuntimeError("a bug")

    with monkeypatch.context() as patch, anyio.fail_after(SECONDS):
        patch.setattr(writer, "run_group", fail)
        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(expect, ErrorCode.INTERNAL, store)
    assert len(await enqueue(store)) == 1


async def test_a_stream_of_writes_leaves_others_their_turn(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "GROUP_REQUESTS_MAX", 1)
    order: list[str] = []

    async def write() -> None:
        await enqueue(store)
        order.append("write")

    with busy(store) as gate, anyio.fail_after(SECONDS):
        async with anyio.create_task_group() as tasks:
            for _ in range(writer.GROUPS_IN_A_ROW_MAX + 5):
                tasks.start_soon(write)
            await anyio.wait_all_tasks_blocked()
            chore = store._connection.submit(lambda: None)
            gate.set()
            await chore
            order.append("chore")
    assert order.index("chore") <= writer.GROUPS_IN_A_ROW_MAX


async def expect(code: ErrorCode, store: SqliteStore) -> None:
    with pytest.raises(DjobsError) as refusal:
        await enqueue(store)
    assert refusal.value.code is code


async def test_closing_writes_what_was_accepted_and_refuses_the_rest(
    path: Path, clock: Clock
) -> None:
    opening = partial(SqliteStore.open, str(path), backups="/nowhere", clock_ms=clock)
    async with anyio.create_task_group() as tasks, opening() as store:
        for _ in range(CALLERS):
            tasks.start_soon(enqueue, store)
        await anyio.lowlevel.checkpoint()
    with pytest.raises(DjobsError) as refusal:
        await enqueue(store)
    assert refusal.value.code is ErrorCode.DRAINING
    assert not Path(f"{path}-wal").exists()
    async with opening() as store:
        assert len(await listed(store)) == CALLERS


async def test_an_answer_outlives_the_daemon_and_is_pruned_after_a_day(
    path: Path, clock: Clock
) -> None:
    opening = partial(SqliteStore.open, str(path), backups="/nowhere", clock_ms=clock)
    async with opening() as store:
        (job_id,) = await enqueue(store)
        first = await store.write(ACTOR, moving(job_id, EventKind.SUCCEEDED), key("1"))
    async with opening() as store:
        clock.advance(23 * 3_600_000)
        await store.maintain()
        again = moving(job_id, EventKind.SUCCEEDED)
        assert await store.write(ACTOR, again, key("1")) == first
        clock.advance(2 * 3_600_000)
        await store.maintain()
        with pytest.raises(DjobsError) as refusal:
            await store.write(ACTOR, again, key("1"))
        assert refusal.value.code is ErrorCode.ILLEGAL_TRANSITION


async def test_many_old_answers_are_pruned_in_steps(store: SqliteStore, clock: Clock) -> None:
    def crowd() -> None:
        rows = [(1, str(n), b"d", b"a", clock.now - (n % 2) * 2 * 86_400_000) for n in range(9000)]
        store._book.db.executemany("INSERT INTO requests VALUES (?, ?, ?, ?, ?)", rows)

    await enqueue(store)
    await store._connection.run(crowd)
    await store.maintain()
    left = "SELECT count(*) FROM requests"
    count = await store._connection.run(lambda: store._book.db.execute(left).fetchone())
    assert count == (4500,)
