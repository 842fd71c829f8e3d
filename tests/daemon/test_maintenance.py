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
    """Counts what is asked of it, and fails when told to."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.fail = False

    async def describe(self) -> Any:
        return SimpleNamespace(last_backup_at=None)

    async def backup(self) -> None:
        if self.fail:
            raise DjobsError(ErrorCode.STORAGE_FULL)
        self.done.append("backup")

    async def maintain(self) -> None:
        self.done.append("maintain")


class Sleeps:
    """Stands for time: notes every wait and lets it pass, up to a number of them."""

    def __init__(self, count: int) -> None:
        self.asked: list[float] = []
        self._count = count

    async def sleep(self, seconds: float) -> None:
        self.asked.append(seconds)
        if len(self.asked) > self._count:
            await anyio.sleep_forever()
        await anyio.lowlevel.checkpoint()


async def run_maintenance(
    store: Store, waits: int, monkeypatch: pytest.MonkeyPatch
) -> tuple[Any, list[float]]:
    settings = SimpleNamespace(backup_interval_hours=24.0, backup_generations=7)
    app = SimpleNamespace(settings=settings, store=store, problems={})
    sleeps = Sleeps(waits)
    monkeypatch.setattr(maintenance, "anyio", sleeps)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(maintain_daily, cast("Any", app), store)
        while len(sleeps.asked) <= waits:
            await anyio.lowlevel.checkpoint()
        tasks.cancel_scope.cancel()
    return app, sleeps.asked


@pytest.mark.anyio
async def test_a_new_database_is_backed_up_soon_and_then_daily(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = Store()
    app, asked = await run_maintenance(store, 2, monkeypatch)
    assert store.done == ["backup", "maintain"] * 2
    assert asked == [FIRST_DELAY_SECONDS, DAY_SECONDS, DAY_SECONDS]
    assert app.problems == {}


@pytest.mark.anyio
async def test_a_backup_that_fails_is_a_problem_until_one_succeeds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = Store()
    store.fail = True
    app, asked = await run_maintenance(store, 1, monkeypatch)
    assert asked[-1] == maintenance.RETRY_SECONDS
    assert "maintenance" in app.problems
    store.fail = False
    app, _ = await run_maintenance(store, 1, monkeypatch)
    assert app.problems == {}
