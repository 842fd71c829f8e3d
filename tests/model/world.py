"""The real handlers, scheduler and ledger on a machine whose clocks are simulated.

The scheduler acts when it would be woken: by a commit that moves a deadline, or when the time is up
for which it asked to sleep. Claims that wait are tasks of a real event loop.
"""

import asyncio
import math
from typing import Any

import msgspec

from djobs_daemon.app import App, Instance
from djobs_daemon.rpc.connection import decode_request
from djobs_daemon.rpc.dispatch import dispatch
from djobs_daemon.scheduler.loop import Scheduler
from djobs_daemon.scheduler.work import Work
from djobs_daemon.store.records import Actor
from djobs_local.settings import load
from djobs_protocol.envelope import Call
from djobs_protocol.errors import DjobsError
from tests.model.direct import DirectStore
from tests.scheduler.machine import Machine

DAEMON = Actor("daemon-1", "daemon")
TURNS = 12
"""Of the event loop, until everybody who was woken has looked and told others."""


class World:
    """One ledger through several lives of the daemon."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.machine = Machine()
        self.start()

    def start(self) -> None:
        """Open the ledger and begin to look after it."""
        self.work = Work(self.machine, chance=lambda: 0.5)
        self.store = DirectStore(self.path, self.machine.wall, lambda news: self.told(news))
        instance = Instance("0" * 32, 1, 0, "/tmp", "/tmp/none", "foreground")
        self.app = App(instance, load("/nonexistent", {}), self.store, self.work)
        self.scheduler = Scheduler(self.work, self.store, DAEMON)
        self.wake: int | None = None

    def told(self, news: Any) -> None:
        """Hand on what a commit changed."""
        self.work.committed(news)

    async def ask(self, method: str, actor: Actor, **params: Any) -> dict[str, Any]:
        """Return the answer to one request."""
        encoded = msgspec.Raw(msgspec.json.encode(params))
        call = Call(method=method, jsonrpc="2.0", id="1", params=encoded)
        answer = await dispatch(self.app, actor, decode_request(call), None)
        decoded: dict[str, Any] = msgspec.json.decode(answer)
        return decoded

    async def attempt(self, method: str, actor: Actor, **params: Any) -> dict[str, Any] | None:
        """Return the answer to one request, None for a refusal."""
        try:
            return await self.ask(method, actor, **params)
        except DjobsError:
            return None

    async def settle(self) -> None:
        """Let everybody run who can."""
        for _ in range(TURNS):
            await asyncio.sleep(0)

    def is_scheduler_called(self) -> bool:
        """Say whether a commit moved a deadline since the scheduler last acted."""
        return self.work._moved.is_set()

    async def act(self) -> None:
        """Have the scheduler do what is due, and note until when it sleeps."""
        pause = await self.scheduler._act()
        while self.is_scheduler_called():
            await self.work.deadlines_moved()
            pause = await self.scheduler._act()
        now = self.machine.read().awake
        self.wake = None if pause is None else now + math.ceil(pause * 1000)
