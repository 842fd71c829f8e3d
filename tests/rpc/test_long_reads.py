"""Who looks through the whole history keeps nobody waiting who asks for a little."""

import threading
from collections.abc import Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import anyio
import msgspec
import pytest

from djobs_daemon.app import App
from djobs_daemon.rpc.handlers import audit, daemon, jobs, resume
from djobs_daemon.store.sqlite.store import SqliteStore
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.reading_requests import GetJob, ListJobs, QueryAudit, ResumeSession
from tests.harness.daemon import PATIENCE_SECONDS
from tests.store.ledger_tools import ACTOR, HERE, Clock, enqueue

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def store_with_a_job(folder: Path) -> Any:
    path = str(folder / "jobs.db")
    async with SqliteStore.open(path, backups=str(folder / "b"), clock_ms=Clock()) as store:
        await enqueue(store)
        yield store


@asynccontextmanager
async def under_way(read: Callable[[Any], Coroutine[Any, Any, None]]) -> Any:
    """Have a read under way that lasts as long as the block."""
    begun, over = threading.Event(), threading.Event()

    def long(_view: object) -> None:
        begun.set()
        over.wait(PATIENCE_SECONDS)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(read, long)
        assert await anyio.to_thread.run_sync(begun.wait, PATIENCE_SECONDS)
        try:
            with anyio.fail_after(PATIENCE_SECONDS / 2):
                yield
        finally:
            over.set()


def app_with(store: SqliteStore) -> App:
    return cast("App", SimpleNamespace(store=store, problems={}))


async def test_a_scan_under_way_holds_up_no_look_at_a_little(tmp_path: Path) -> None:
    async with store_with_a_job(tmp_path) as store, under_way(store.scan):
        app = app_with(store)
        assert (await daemon.health(app)).total == 1
        page = await resume.resume(app, ACTOR, ResumeSession())
        assert (await jobs.get(app, GetJob(job_id=page.jobs[0].id))).events_total == 1
        assert len((await jobs.list_jobs(app, ListJobs(correlation_id=HERE))).jobs) == 1
        assert (await store.describe()).bytes > 0


async def test_what_looks_through_everything_waits_for_no_other_read(tmp_path: Path) -> None:
    async with store_with_a_job(tmp_path) as store, under_way(store.read):
        app = app_with(store)
        assert (await audit.query(app, QueryAudit())).total is not None
        assert (await audit.query(app, QueryAudit(summary=True))).total is not None
        assert len((await jobs.list_jobs(app, ListJobs())).jobs) == 1


async def test_only_the_first_page_of_an_audit_is_counted(tmp_path: Path) -> None:
    async with store_with_a_job(tmp_path) as store:
        for _ in range(3):
            await enqueue(store)
        app = app_with(store)
        span = QueryAudit(
            since=datetime(2027, 1, 1, tzinfo=UTC), until=datetime(2028, 1, 1, tzinfo=UTC), limit=3
        )
        first = await audit.query(app, span)
        assert (first.total, len(first.events), first.by_kind) == (4, 3, {"enqueued": 4})
        second = await audit.query(app, msgspec.structs.replace(span, cursor=first.next_cursor))
        assert (second.total, len(second.events), second.by_kind) == (None, 1, {})


async def test_a_scan_of_a_closed_store_is_refused_and_opens_nothing(tmp_path: Path) -> None:
    async with store_with_a_job(tmp_path) as store:
        pass
    with pytest.raises(DjobsError) as refusal:
        await store.scan(lambda _view: None)
    assert refusal.value.code is ErrorCode.DRAINING
