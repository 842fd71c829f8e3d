"""Schedules over RPC and as tools, in a daemon that is away when their time comes."""

import asyncio
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import anyio.lowlevel

from djobs_daemon.scheduler.loop import Scheduler
from djobs_daemon.store.records import Committed
from djobs_daemon.store.sqlite.store import SqliteStore
from tests.crash.asking import HeldClock
from tests.harness.daemon import DaemonHome
from tests.harness.editor import Editor
from tests.work.desk import Desk
from tests.work.test_schedules import DAEMON, DAY_MS, set_up

HERE = "/repo/here"


def tools(editor: Editor) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = editor.call("list_schedules")["schedules"]
    return listed


def test_a_run_whose_time_came_without_a_daemon_is_made_by_the_next_one(home: DaemonHome) -> None:
    with home.connect(workspace=HERE) as program, Editor(home, HERE) as editor:
        editor.open()
        hourly = {"cron": "@hourly", "zone": "America/New_York", "job": {"type": "tick"}}
        program.call("schedule.set", {"name": "hourly", **hourly})
        daily = {"name": "daily", "cron": "30 9 * * MON-FRI", "task_type": "report"}
        answer = editor.call("schedule_task", **daily, zone="UTC", payload={"n": 1})
        assert (answer["name"], answer["zone"], len(answer["next"])) == ("daily", "UTC", 3)
        assert [each["name"] for each in tools(editor)] == ["daily", "hourly"]
        refusal = editor.refusal("schedule_task", **{**daily, "cron": "at noon"})
        assert "(it has 2 fields); expected minute, hour" in refusal["message"]
        assert editor.refusal("schedule_task", name="daily")["message"].startswith(
            "cron is missing"
        )
        assert "paused" in editor.call("schedule_task", name="daily", paused=True)
        assert "next" not in tools(editor)[0]
        assert editor.call("unschedule_task", name="daily") == {"removed": "daily"}
        assert [each["name"] for each in tools(editor)] == ["hourly"]
    home.stop()
    with closing(sqlite3.connect(Path(home.state) / "jobs.db")) as db, db:
        assert db.execute("UPDATE schedules SET next_at = next_at - 86400000").rowcount == 1
    home.start()
    with Editor(home, HERE) as editor:
        editor.open()
        task = editor.call("claim_task", wait_seconds=30)
        assert task["type"] == "tick"
        assert editor.call("check_task", task_id=task["id"])["schedule"] == "hourly"
        assert editor.call("claim_task")["id"] is None


async def test_a_run_wakes_the_claim_that_waits() -> None:
    clock, heard = HeldClock(), list[Any]()

    def listen(news: Committed) -> None:
        for each in heard:
            each(news)

    with tempfile.TemporaryDirectory(prefix="dj", dir="/tmp") as folder:
        path = f"{folder}/jobs.db"
        async with SqliteStore.open(
            path, backups="/nowhere", clock_ms=clock, on_committed=listen
        ) as store:
            desk = Desk(store, clock)
            heard.append(desk.work.committed)
            await set_up(desk)
            scheduler = asyncio.create_task(Scheduler(desk.work, store, DAEMON).run())
            waiting = asyncio.create_task(desk.ask("job.claim", wait_seconds=300))
            while not len(desk.work.waiters):
                await anyio.lowlevel.checkpoint()
            clock.advance(DAY_MS)
            # The loop sleeps by its own clock; a commit that moves a deadline makes it look.
            await desk.enqueue({"type": "later", "delay_seconds": 60, "managed_by": "worker"})
            got = await asyncio.wait_for(waiting, 30)
            scheduler.cancel()
            await asyncio.gather(scheduler, return_exceptions=True)
    assert got["job"]["type"] == "report"
