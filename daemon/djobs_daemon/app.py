"""What the parts of a running daemon share. Built once by ``lifecycle``, handed to every door."""

from dataclasses import dataclass, field
from typing import Literal

import anyio

from djobs_daemon.store.interface import Store
from djobs_local.settings import Settings
from djobs_protocol.replies import ConnectionInfo


@dataclass(frozen=True, slots=True)
class Instance:
    """One start of the daemon. Times are milliseconds since the epoch."""

    id: str
    """Random, 32 hex digits."""
    pid: int
    started_at: int
    home: str
    socket: str
    owner: str
    """``client``, ``foreground`` or ``service``."""


@dataclass(slots=True)
class App:
    """The daemon's shared state. Only the event loop's thread touches it."""

    instance: Instance
    settings: Settings
    store: Store
    connections: dict[int, ConnectionInfo] = field(default_factory=dict)
    """Open connections by a number of their own; its size is what CONNECTIONS_MAX bounds."""
    problems: dict[str, str] = field(default_factory=dict)
    """What is wrong now, by a short key; ``degraded`` while any is left."""
    mcp: Literal["loading", "ready", "failed"] = "loading"
    stopping: anyio.Event = field(default_factory=anyio.Event)
    stop_reason: str = ""
    exit_status: int = 0

    @property
    def phase(self) -> Literal["serving", "draining", "degraded"]:
        """What ``status`` calls it."""
        if self.stopping.is_set():
            return "draining"
        return "degraded" if self.problems else "serving"

    def request_stop(self, reason: str, exit_status: int = 0) -> None:
        """Begin to drain; the first reason stands."""
        if not self.stopping.is_set():
            self.stop_reason = reason
            self.exit_status = exit_status
            self.stopping.set()
