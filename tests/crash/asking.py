"""A client of the real request handlers, without the socket in between."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import msgspec

from djobs_daemon.app import App, Instance
from djobs_daemon.rpc.connection import decode_request
from djobs_daemon.rpc.dispatch import dispatch
from djobs_daemon.scheduler.clock import Reading
from djobs_daemon.scheduler.work import Work
from djobs_daemon.store.records import Actor, RequestKey, digest
from djobs_daemon.store.sqlite.store import SqliteStore
from djobs_local.settings import load
from djobs_protocol.envelope import Call
from djobs_protocol.errors import DjobsError
from tests.store.ledger_tools import ACTOR, Clock

Tell = Callable[[str, bytes], None]
"""Notes an acknowledged answer under its request's name."""

HOLD_SECONDS_MAX = 10.0


class HeldClock(Clock):
    """A standing clock that can keep the writer from beginning a transaction."""

    def __init__(self) -> None:
        super().__init__()
        self.free = threading.Event()
        self.free.set()

    def __call__(self) -> int:
        assert self.free.wait(HOLD_SECONDS_MAX), "nobody let the writer go on"
        return super().__call__()


class Asking:
    """Sends requests with keys through ``dispatch`` and tells each answer, refusals as well."""

    def __init__(self, store: SqliteStore, clock: HeldClock, tell: Tell, ids: list[str]) -> None:
        self.store = store
        self.clock = clock
        self.tell = tell
        self.ids = ids
        """The jobs of the prepared ledger: two plain ones, one that needs both."""
        instance = Instance("0" * 32, 1, 0, "/tmp", "/tmp/none", "foreground")
        self.work = Work(self, chance=lambda: 0.5)
        self._app = App(instance, load("/nonexistent", {}), store, self.work)

    def read(self) -> Reading:
        """Return the time for leases: all clocks go as the standing one does."""
        return Reading(self.clock.now, self.clock.now, self.clock.now)

    async def ask(self, number: str, method: str, actor: Actor = ACTOR, **params: Any) -> None:
        """Send one request; sent again under its number it must have the same answer."""
        encoded = msgspec.Raw(msgspec.json.encode(params))
        call = Call(method=method, jsonrpc="2.0", id=number, params=encoded)
        key = RequestKey(actor.session, number, digest(bytes(call.params)))
        try:
            answer = await dispatch(self._app, actor, decode_request(call), key)
        except DjobsError as refusal:
            answer = str(refusal.code).encode()
        self.tell(f"{actor.session}/{number}", answer)

    async def enqueue(self, number: str, *jobs: dict[str, Any], actor: Actor = ACTOR) -> None:
        """Enqueue jobs, each of the type ``edit`` unless it says otherwise."""
        await self.ask(number, "job.enqueue", actor, jobs=[{"type": "edit", **job} for job in jobs])

    async def complete(self, number: str, job: str, actor: Actor = ACTOR) -> None:
        """Report success."""
        await self.ask(number, "job.complete", actor, job_id=job, evidence="ok")

    async def fail(self, number: str, job: str, actor: Actor = ACTOR) -> None:
        """Report failure."""
        await self.ask(number, "job.fail", actor, job_id=job, error="no")

    async def in_one_group(self, *requests: Any) -> None:
        """Let the writer find all but the first request waiting, and commit them at once."""
        self.clock.free.clear()
        async with asyncio.TaskGroup() as tasks:
            for request in requests:
                tasks.create_task(request)
            tasks.create_task(self._let_go())

    async def _let_go(self) -> None:
        """Run after the tasks made before it: each waits for its answer by then."""
        self.clock.free.set()
