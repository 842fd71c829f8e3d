"""Budgets of a day: what becomes of work at midnight, and where it is to be warned of only."""

from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Any

import anyio
import pytest

from djobs_daemon.executors.catalog import executors
from djobs_daemon.executors.dispatcher import Dispatcher
from djobs_daemon.executors.kinds import Surroundings
from djobs_daemon.executors.runs import Runs
from djobs_daemon.executors.treasury import Treasury
from djobs_daemon.executors.verifier import Verifier
from djobs_daemon.queue.budget_table import BudgetTable, Sums
from tests.harness.daemon import wait_until
from tests.store.ledger_tools import ACTOR
from tests.work.desk import Desk
from tests.work.hand_over import ended, submit
from tests.work.test_budgets import notes, running

DAY_MS = 86_400_000
BEFORE_MS = 1500
"""How long before midnight it is, and stays until a test turns the clock."""


def dispatcher_of(desk: Desk, folder: Path, table: BudgetTable) -> Dispatcher:
    """Return what a daemon runs work with, by the desk's clock: real runners, real commands."""
    runs, kinds, around = Runs(str(folder)), executors({}, ""), Surroundings("0" * 32, str(folder))
    verifier = Verifier(desk.store, desk.work, runs, kinds, around, 4, {})
    verifier._to_come.close()  # nobody runs it
    verifier._coming.close()
    treasury = Treasury(table, lambda: UTC, frozenset())
    return Dispatcher(desk.store, desk.work, runs, kinds, around, 4, {}, verifier, treasury)


async def until(desk: Desk, job_id: str, is_so: Callable[[dict[str, Any]], bool]) -> None:
    with anyio.fail_after(40):
        while not is_so(await desk.job(job_id)):  # noqa: ASYNC110 - nothing announces it
            await anyio.sleep(0.05)


@pytest.mark.slow
async def test_what_waits_for_a_day_s_budget_goes_on_and_begins_at_midnight(
    desk: Desk, tmp_path: Path
) -> None:
    midnight = (desk.clock.now // DAY_MS + 1) * DAY_MS
    desk.clock.now = midnight - BEFORE_MS
    inside = ACTOR._replace(workspace=str(tmp_path))
    table = BudgetTable(day=Sums(minutes=0.1))
    dispatcher = desk.app.dispatcher = dispatcher_of(desk, tmp_path / "runs", table)

    async def begin(spec: list[str]) -> str:
        job = {"type": "shell", "managed_by": "executor", "payload": {"spec": spec}}
        (job_id,) = await desk.enqueue(job, actor=inside)
        await dispatcher.reconsider()  # nothing else tells it of news here
        return job_id

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(dispatcher.run)
        first = await begin(["sleep", "4"])
        await until(desk, first, lambda job: job["state"] == "succeeded")
        crossing = await begin(["sleep", "4"])
        await until(desk, crossing, lambda job: job.get("paused_at") is not None)
        waiting = await begin(["true"])
        (why,) = (await desk.ask("job.explain", job_id=waiting))["obstacles"]
        assert why["kind"] == "budget"
        desk.clock.now = midnight + 1
        for each in (crossing, waiting):
            await until(desk, each, lambda job: job["state"] == "succeeded")
        events = (await desk.ask("job.get", job_id=crossing))["events"]
        kinds = [each["kind"] for each in events]
        assert kinds == ["enqueued", "claimed", "paused", "resumed", "succeeded"]
        assert await desk.is_sound()
        tasks.cancel_scope.cancel()


@pytest.mark.parametrize("own", [None, {"minutes": 0.005}])
def test_where_it_is_to_warn_what_is_over_goes_on_and_somebody_is_told(
    tmp_path: Path, own: dict[str, float] | None
) -> None:
    table = 'on_limit = "warn"\n' + ("day = { minutes = 0.005 }\n" if own is None else "")
    with running(tmp_path, table) as (_, at):
        fields = {} if own is None else {"budget": own}
        job_id = submit(at, ["sleep", "2"], **fields)
        assert ended(at, job_id)["state"] == "succeeded"
        assert [kind for kind, _ in notes(at, job_id)] == ["enqueued", "claimed", "succeeded"]
        wait_until(lambda: at.call("notice.list", {}).get("notices"), "a notice", 10)
        keys = {each["key"] for each in at.call("notice.list", {})["notices"]}
        subject = "day " if own is None else f"job {job_id}"
        assert f"reached {subject} minutes" in keys, keys
        assert ended(at, submit(at, "true"))["state"] == "succeeded"
