"""Who gives up waits for nothing, and leaves no work behind that would hold up others."""

import sqlite3
import threading
from pathlib import Path
from typing import Any

import anyio
import pytest

from djobs_daemon.store.interface import View
from djobs_daemon.store.sqlite import backup, group
from djobs_daemon.store.sqlite import store as store_module
from djobs_daemon.store.sqlite.check import check_connection
from djobs_daemon.store.sqlite.store import SqliteStore
from djobs_local.backups import generations
from djobs_protocol.daemon_replies import DatabaseReport
from djobs_protocol.errors import DjobsError
from tests.harness.daemon import wait_until
from tests.store.ledger_tools import Clock, draft, enqueue, listed

LONG = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n FROM c LIMIT 1e8"
"""Half a minute of one statement, and of many short steps."""
WAIT_SECONDS_MAX = 10


class Endless:
    """Work that would go on for long; notes how it ended."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.ends: list[str] = []

    def __call__(self, db: sqlite3.Connection) -> None:
        self.begun.set()
        try:
            for _ in db.execute(LONG):
                pass
            self.ends.append("the end")
        except sqlite3.OperationalError as error:
            self.ends.append(str(error))
            raise

    async def has_begun(self) -> None:
        await anyio.to_thread.run_sync(self.begun.wait, WAIT_SECONDS_MAX)


def reading(work: Endless) -> Any:
    def read(view: View) -> None:
        work(view._db)  # type: ignore[attr-defined]  # the statement is not in the interface

    return read


async def test_a_read_whose_caller_gave_up_ends_and_the_next_one_is_served(
    store: SqliteStore,
) -> None:
    endless = Endless()
    with anyio.fail_after(WAIT_SECONDS_MAX):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(store.read, reading(endless))
            await endless.has_begun()
            tasks.cancel_scope.cancel()
        assert await listed(store) == []
    assert endless.ends == ["interrupted"]


async def test_a_read_whose_caller_gave_up_before_it_began_does_not_begin(
    store: SqliteStore,
) -> None:
    first, second = Endless(), Endless()
    with anyio.fail_after(WAIT_SECONDS_MAX):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(store.read, reading(first))
            await first.has_begun()
            tasks.start_soon(store.read, reading(second))
            await anyio.lowlevel.checkpoint()
            tasks.cancel_scope.cancel()
        assert await listed(store) == []
    assert not second.begun.is_set()


async def test_a_check_nobody_waits_for_ends(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    endless = Endless()
    monkeypatch.setattr(store_module, "check_connection", lambda of, *_: endless(of.plain))
    with anyio.fail_after(WAIT_SECONDS_MAX):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(store.check)
            await endless.has_begun()
            tasks.cancel_scope.cancel()
    assert endless.ends == ["interrupted"]


async def test_checks_run_one_after_the_other(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = check_connection
    running, most = 0, 0

    def counted(connection: Any, path: str, *more: Any) -> DatabaseReport:
        nonlocal running, most
        running += 1
        most = max(most, running)
        report = check(connection, path, *more)
        running -= 1
        return report

    monkeypatch.setattr(store_module, "check_connection", counted)
    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(store.check)
    assert most == 1


async def test_a_backup_nobody_waits_for_ends_and_leaves_nothing(
    store: SqliteStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "COPY_PAGES", 1)
    await enqueue(store, *[draft(payload=f'"{"x" * 10_000}"')] * 100)
    copied = threading.Event()
    abandoned = threading.Event()
    ask = backup.is_abandoned

    def noticed(source: Any) -> bool:
        copied.set()
        abandoned.wait(WAIT_SECONDS_MAX)
        return ask(source)

    monkeypatch.setattr(backup, "is_abandoned", noticed)
    with anyio.fail_after(WAIT_SECONDS_MAX):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(store.backup)
            await anyio.to_thread.run_sync(copied.wait, WAIT_SECONDS_MAX)
            tasks.cancel_scope.cancel()
            abandoned.set()
    folder = path.parent / "backups"
    assert generations(str(folder)) == []
    assert list(folder.iterdir()) == []


async def test_a_backup_is_one_snapshot_however_much_is_written_meanwhile(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    monkeypatch.setattr(backup, "COPY_PAGES", 1)
    await enqueue(store, *[draft()] * 50)
    passages = 0

    def write_meanwhile(_source: Any) -> bool:
        nonlocal passages
        passages += 1
        anyio.from_thread.run(enqueue, store, token=token)
        return False

    token = anyio.lowlevel.current_token()
    monkeypatch.setattr(backup, "is_abandoned", write_meanwhile)
    with anyio.fail_after(WAIT_SECONDS_MAX):
        copy = await store.backup()
    assert passages > 5
    async with SqliteStore.open(copy.path, backups="/nowhere", clock_ms=clock) as restored:
        assert len(await listed(restored)) == 50
        assert (await restored.check()).problems == []


async def test_a_store_whose_user_is_cancelled_closes_whole(path: Path, clock: Clock) -> None:
    before = connection_threads()
    opening = SqliteStore.open(str(path), backups="/nowhere", clock_ms=clock)
    with anyio.CancelScope() as scope:
        async with opening as store:
            await enqueue(store)
            scope.cancel()
            await anyio.sleep_forever()
    wait_until(lambda: connection_threads() == before, "the store's threads end")
    assert not Path(f"{path}-wal").exists()


def connection_threads() -> int:
    return sum("_connection_worker_thread" in each.name for each in threading.enumerate())


async def test_a_fault_of_ours_in_a_group_takes_back_all_of_it(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_together = group._run_together

    def faulty(*arguments: Any) -> Any:
        run_together(*arguments)
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(group, "_run_together", faulty)
        with pytest.raises(DjobsError):
            await enqueue(store)
    await enqueue(store)
    assert len(await listed(store)) == 1
    assert (await store.check()).problems == []
