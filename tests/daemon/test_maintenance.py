"""Backups and tidying happen when they are due, by one timer, and failing they are tried again."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import anyio
import pytest

from djobs_daemon import maintenance
from djobs_daemon.maintenance import FIRST_DELAY_SECONDS, maintain_daily, seconds_to_next
from djobs_daemon.store.sqlite.store import SqliteStore
from djobs_protocol.errors import DjobsError, ErrorCode
from tests.harness.daemon import PATIENCE_SECONDS
from tests.harness.limits import file_bytes_at_most, no_more_descriptors
from tests.store.ledger_tools import Clock, draft, enqueue

DAY_SECONDS = 86400.0


@pytest.mark.parametrize(
    ("age_seconds", "delay"),
    [
        (None, FIRST_DELAY_SECONDS),
        (0, DAY_SECONDS),
        (DAY_SECONDS - 3600, 3600),
        (DAY_SECONDS - 1, FIRST_DELAY_SECONDS),
        (10 * DAY_SECONDS, FIRST_DELAY_SECONDS),
        (-3600, DAY_SECONDS),  # the clock was set back
    ],
)
def test_the_next_backup_is_due_one_interval_after_the_last(
    age_seconds: float | None, delay: float
) -> None:
    now = 1_800_000_000_000
    last = None if age_seconds is None else now - int(age_seconds * 1000)
    assert seconds_to_next(last, now, DAY_SECONDS) == delay


class Store:
    """Counts what is asked of it; the first ``failures`` calls of what is ``broken`` fail."""

    def __init__(self, broken: str = "", failures: int = 0) -> None:
        self.done: list[str] = []
        self.broken = broken
        self.failures = failures

    async def describe(self) -> Any:
        return SimpleNamespace(last_backup_at=None)

    async def backup(self) -> None:
        self._do("backup")

    async def maintain(self) -> None:
        self._do("maintain")

    async def cut_history(self, before: int) -> int:
        self._do("cut_history")
        return 0

    def _do(self, what: str) -> None:
        if self.failures and what == self.broken:
            self.failures -= 1
            raise DjobsError(ErrorCode.STORAGE_FULL, "No space left for /db.")
        self.done.append(what)

    def is_intact(self) -> bool:
        return True

    async def find_damage(self) -> None:
        return None


class Time:
    """Stands for ``anyio``: notes every wait and lets it pass, up to a number of them."""

    def __init__(self, waits: int, problems: dict[str, str]) -> None:
        self.waited: list[float] = []
        self.seen: list[dict[str, str]] = []
        """The problems that stood at the beginning of each wait."""
        self._waits = waits
        self._problems = problems

    async def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.seen.append(dict(self._problems))
        if len(self.waited) > self._waits:
            await anyio.sleep_forever()
        await anyio.lowlevel.checkpoint()


async def run_maintenance(
    store: Any,
    waits: int,
    monkeypatch: pytest.MonkeyPatch,
    generations: int = 7,
    keep_history_days: int = 0,
) -> Time:
    settings = SimpleNamespace(
        backup_interval_hours=24.0,
        backup_generations=generations,
        keep_ended_days=0,
        keep_history_days=keep_history_days,
    )
    app = SimpleNamespace(settings=settings, store=store, problems={}, dispatcher=None)
    time = Time(waits, app.problems)
    monkeypatch.setattr(maintenance, "anyio", time)
    with anyio.fail_after(PATIENCE_SECONDS):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(maintain_daily, cast("Any", app), store)
            while len(time.waited) <= waits:
                await anyio.lowlevel.checkpoint()
            tasks.cancel_scope.cancel()
    return time


@pytest.mark.anyio
async def test_a_new_database_is_backed_up_soon_and_then_daily(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = Store()
    time = await run_maintenance(store, 2, monkeypatch)
    assert store.done == ["maintain", "backup"] * 2
    assert time.waited == [FIRST_DELAY_SECONDS, DAY_SECONDS, DAY_SECONDS]
    assert time.seen == [{}, {}, {}]


@pytest.mark.anyio
async def test_without_backups_it_is_tidied_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store()
    await run_maintenance(store, 1, monkeypatch, generations=0)
    assert store.done == ["maintain"]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("broken", "key", "others", "text"),
    [
        ("cut_history", "retention", "maintain", "What is old could not be removed"),
        ("backup", "backup", "maintain", "No backup of the database was made"),
        ("maintain", "tidying", "backup", "The database could not be tidied"),
    ],
)
async def test_what_fails_is_a_problem_until_it_succeeds_and_holds_up_nothing_else(
    broken: str, key: str, others: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(broken, failures=1)
    time = await run_maintenance(store, 2, monkeypatch, keep_history_days=1)
    assert time.waited == [FIRST_DELAY_SECONDS, maintenance.RETRY_SECONDS, DAY_SECONDS]
    before, after_failure, after_success = time.seen
    assert before == after_success == {}
    assert list(after_failure) == [key]
    assert after_failure[key].startswith(text)
    assert "No space left for /db." in after_failure[key]
    assert store.done.count(others) == 2


@pytest.mark.anyio
async def test_a_process_out_of_descriptors_or_a_failing_disk_ends_no_maintenance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "jobs.db"
    opening = SqliteStore.open(str(path), backups=str(tmp_path / "b"), clock_ms=Clock())
    async with opening as store:
        await enqueue(store, *[draft(payload='"' + "x" * 4000 + '"')] * 100)
        with no_more_descriptors():
            time = await run_maintenance(store, 1, monkeypatch)
        assert list(time.seen[-1]) == ["backup"]
        await enqueue(store, *[draft(payload='"' + "x" * 4000 + '"')] * 100)
        with file_bytes_at_most(path.stat().st_size):
            time = await run_maintenance(store, 1, monkeypatch)
        assert "tidying" in time.seen[-1]
        assert (await run_maintenance(store, 1, monkeypatch)).seen[-1] == {}
