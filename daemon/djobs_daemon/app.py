"""What the parts of a running daemon share. Built once by ``lifecycle``, handed to every door."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

import anyio

from djobs_daemon.program import Program
from djobs_daemon.scheduler.work import Work
from djobs_daemon.store.interface import Store
from djobs_local.settings import Settings
from djobs_protocol.daemon_replies import ConnectionInfo
from djobs_protocol.errors import DjobsError, ErrorCode

if TYPE_CHECKING:
    from djobs_daemon.executors.dispatcher import Dispatcher
    from djobs_daemon.executors.verifier import Verifier
    from djobs_daemon.store.records import Actor, RequestKey
    from djobs_protocol.requests import Request

    Act: TypeAlias = Callable[[Actor, Request, RequestKey | None], Awaitable[bytes]]


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


class Connections:
    """The open connections, by a number of their own; those before their hello have no info."""

    def __init__(self) -> None:
        self._last = 0
        self._open: dict[int, ConnectionInfo | None] = {}

    def __len__(self) -> int:
        return len(self._open)

    def reserve(self) -> int:
        """Count a connection in and return its number."""
        self._last += 1
        self._open[self._last] = None
        return self._last

    def introduce(self, number: int, info: ConnectionInfo) -> None:
        """Record who it is."""
        self._open[number] = info

    def introduced_left(self, number: int) -> None:
        """Forget who it was; it still counts until it is released."""
        self._open[number] = None

    def release(self, number: int) -> None:
        """Count it out."""
        self._open.pop(number, None)

    def known(self) -> list[ConnectionInfo]:
        """Return those that said hello."""
        return [info for info in self._open.values() if info is not None]


class Requests:
    """Counts requests being answered, so that draining knows when the last one is."""

    def __init__(self) -> None:
        self._running = 0
        self._idle: anyio.Event | None = None
        self._one_more = _Counted(self, 1)
        self._one_less = _Counted(self, -1)

    def running(self) -> AbstractContextManager[None]:
        """Count one request for as long as the block runs."""
        return self._one_more

    def resting(self) -> AbstractContextManager[None]:
        """Leave a running request out of the count while it only waits: it holds up no end."""
        return self._one_less

    def count(self, change: int) -> None:
        """Change how many are running."""
        self._running += change
        if self._running == 0 and self._idle is not None:
            self._idle.set()
            self._idle = None

    async def wait_idle(self) -> None:
        """Return when no request is being answered."""
        if self._running:
            self._idle = self._idle or anyio.Event()
            await self._idle.wait()


class _Counted(AbstractContextManager[None]):
    """Counts for as long as the block runs. Without state, so that one serves all requests."""

    def __init__(self, requests: Requests, change: int) -> None:
        self._requests = requests
        self._change = change

    def __enter__(self) -> None:
        self._requests.count(self._change)

    def __exit__(self, *_: object) -> None:
        self._requests.count(-self._change)


@dataclass(slots=True)
class App:
    """The daemon's shared state. Only the event loop's thread touches it."""

    instance: Instance
    settings: Settings
    store: Store
    work: Work = field(default_factory=Work)
    act: "Act | None" = None
    """Carries a request out; None until ``equipment`` is loaded, or when it cannot be."""
    dispatcher: "Dispatcher | None" = None
    """None until then, and where nothing is executed: in tests of the rest."""
    verifier: "Verifier | None" = None
    """Likewise."""
    wanted: anyio.Event = field(default_factory=anyio.Event)
    """Set when somebody asks for more than a handshake."""
    greeted: anyio.Event = field(default_factory=anyio.Event)
    """Set when the first editor has the answer to its handshake."""
    equipped: anyio.Event = field(default_factory=anyio.Event)
    """Set when ``act`` is there, or will never be."""
    notify: Callable[[], Awaitable[None]] | None = None
    """Tells people what happened, until cancelled; None where nobody wants to be told."""
    connections: Connections = field(default_factory=Connections)
    requests: Requests = field(default_factory=Requests)
    problems: dict[str, str] = field(default_factory=dict)
    """What is wrong now, by a short key; ``degraded`` while any is left."""
    mcp: Literal["unloaded", "loading", "ready", "failed"] = "unloaded"
    mcp_wanted: anyio.Event = field(default_factory=anyio.Event)
    """Set when the first shim attaches."""
    mcp_settled: anyio.Event = field(default_factory=anyio.Event)
    """Set when ``mcp`` is ``ready`` or ``failed``."""
    stopping: anyio.Event = field(default_factory=anyio.Event)
    stop_reason: str = ""
    exit_status: int = 0
    successor: Program | None = None
    """Set with ``stopping``: it goes on in this process."""
    tried_build: str | None = None
    """An installed build that was tried without being asked for, so that it is tried once."""

    @property
    def phase(self) -> Literal["serving", "draining", "degraded"]:
        """What ``status`` calls it."""
        if self.stopping.is_set():
            return "draining"
        return "degraded" if self.problems else "serving"

    async def answer(self, actor: "Actor", request: "Request", key: "RequestKey | None") -> bytes:
        """Answer one request with its encoded reply, or raise ``DjobsError``.

        ``key`` makes a write happen once however often it is asked; reads ignore it.
        """
        act = self.act or await self._equipped_act()
        return await act(actor, request, key)

    async def _equipped_act(self) -> "Act":
        """Wait until requests can be carried out, and return what does it."""
        self.wanted.set()
        await self.equipped.wait()
        if self.act is None:
            raise DjobsError(ErrorCode.DRAINING, "The daemon could not load all of its code.")
        return self.act

    def request_handover(self, successor: Program, reason: str) -> None:
        """Begin to drain, and then become another program (R17)."""
        if not self.stopping.is_set():
            self.successor = successor
            self.request_stop(reason)

    def request_stop(self, reason: str, exit_status: int = 0) -> None:
        """Begin to drain; the first reason stands."""
        if not self.stopping.is_set():
            self.stop_reason = reason
            self.exit_status = exit_status
            self.stopping.set()
