"""Backups and tidying happen when they are due, by one timer, and failing they are tried again."""

from types import SimpleNamespace
from typing import Any, cast

import anyio
import pytest

from djobs_daemon import maintenance
from djobs_daemon.maintenance import FIRST_DELAY_SECONDS, maintain_daily, seconds_to_next
from djobs_protocol.errors import DjobsError, ErrorCode

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
    """Counts what is asked of it; the first ``failures`` backups fail."""

    def __init__(self, failures: int = 0) -> None:
        self.done: list[str] = []
        self.failures = failures

    async def describe(self) -> Any:
        return SimpleNamespace(last_backup_at=None)

    async def backup(self) -> None:
        if self.failures:
            self.failures -= 1
            raise DjobsError(ErrorCode.STORAGE_FULL)
        self.done.append("backup")

    async def maintain(self) -> None:
        self.done.append("maintain")

    def is_intact(self) -> bool:
        return True

    async def find_damage(self) -> None:
        return None


class Time:
    """Stands for ``anyio``: notes every wait and lets it pass, up to a number of them."""

    def __init__(self, waits: int, problems: dict[str, str]) -> None:
        self.waited: list[float] = []
        self.seen: list[list[str]] = []
        """The problems that stood at the beginning of each wait."""
        self._waits = waits
        self._problems = problems

    async def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.seen.append(sorted(self._problems))
        if len(self.waited) > self._waits:
            await anyio.sleep_forever()
        await anyio.lowlevel.checkpoint()


async def run_maintenance(store: Store, waits: int, monkeypatch: pytest.MonkeyPatch) -> Time:
    settings = SimpleNamespace(backup_interval_hours=24.0, backup_generations=7)
    app = SimpleNamespace(settings=settings, store=store, problems={})
    time = Time(waits, app.problems)
    monkeypatch.setattr(maintenance, "anyio", time)
    with anyio.fail_after(5):
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
    assert store.done == ["backup", "maintain"] * 2
    assert time.waited == [FIRST_DELAY_SECONDS, DAY_SECONDS, DAY_SECONDS]
    assert time.seen == [[], [], []]


@pytest.mark.anyio
async def test_a_backup_that_fails_is_a_problem_until_one_succeeds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    time = await run_maintenance(Store(failures=1), 2, monkeypatch)
    assert time.waited == [FIRST_DELAY_SECONDS, maintenance.RETRY_SECONDS, DAY_SECONDS]
    assert time.seen == [[], ["maintenance"], []]
