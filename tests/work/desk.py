"""The daemon's request handlers on a real store and a clock that stands still: quick, and exact."""

from typing import Any

import msgspec

from djobs_daemon.rpc.connection import decode_request
from djobs_daemon.rpc.dispatch import dispatch
from djobs_daemon.store.records import Actor
from djobs_daemon.store.sqlite.store import SqliteStore
from djobs_protocol.envelope import Call
from tests.crash.asking import Asking, HeldClock
from tests.store.ledger_tools import ACTOR

AT = Actor("session-of-tom-0009", "library", None, "/another", "djobs 0.1", 4747)
"""Somebody of another workspace."""


class Desk:
    """Where requests are handed in, and answered or refused."""

    def __init__(self, store: SqliteStore, clock: HeldClock) -> None:
        self.store = store
        self.clock = clock
        asking = Asking(store, clock, lambda *_: None, [])
        self.app = asking._app
        self.work = asking.work

    async def ask(self, method: str, actor: Actor = ACTOR, **params: Any) -> dict[str, Any]:
        """Return the answer to one request; raise its refusal."""
        encoded = msgspec.Raw(msgspec.json.encode(params))
        call = Call(method=method, jsonrpc="2.0", id="1", params=encoded)
        answer = await dispatch(self.app, actor, decode_request(call), None)
        decoded: dict[str, Any] = msgspec.json.decode(answer)
        return decoded

    async def enqueue(
        self, *jobs: dict[str, Any], actor: Actor = ACTOR, **shared: Any
    ) -> list[str]:
        """Enqueue jobs, one plain one if none is given, and return their ids."""
        asked = [{"type": "t", **job} for job in jobs or ({},)]
        answer = await self.ask("job.enqueue", actor, jobs=asked, **shared)
        return [job["id"] for job in answer["jobs"]]

    async def job(self, job_id: str) -> dict[str, Any]:
        """Return a job."""
        found: dict[str, Any] = (await self.ask("job.get", job_id=job_id))["job"]
        return found

    async def fail(self, *ids: str) -> None:
        """Report that jobs failed for good."""
        for each in ids:
            await self.ask("job.fail", job_id=each, error="no", retry=False)

    async def is_sound(self) -> bool:
        """Say whether the whole database passes its check."""
        return (await self.store.check()).problems == []
