"""What a session leaves to the SDK: in order, through a bounded buffer, the opening first."""

import logging
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, NamedTuple

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream

from djobs_daemon.mcp_server import messages
from djobs_daemon.mcp_server.link import ClientLine
from djobs_daemon.mcp_server.loader import bridge
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.limits import REQUESTS_IN_FLIGHT_MAX

if TYPE_CHECKING:
    from djobs_daemon.mcp_server.session import McpSession

log = logging.getLogger(__name__)

OPENING_LINES_MAX = 8


class Forwarded(NamedTuple):
    """A line on its way to the SDK."""

    line: ClientLine
    muted: bool
    """The client has the answer already; the SDK's own is dropped."""


class Forwarding:
    """Takes lines for the SDK; the first one brings the SDK into the state of the session."""

    def __init__(self, session: "McpSession") -> None:
        self._session = session
        self._opening: list[ClientLine] = []
        self.lines, self._from_client = anyio.create_memory_object_stream[Forwarded](
            REQUESTS_IN_FLIGHT_MAX
        )
        """What is on its way; close ``lines`` at the session's end."""
        self.begun = False
        """Whether the SDK has heard anything of this session."""

    def remember(self, line: ClientLine) -> None:
        """Keep a line of the opening for the SDK, which may never be needed."""
        if len(self._opening) < OPENING_LINES_MAX:
            self._opening.append(line)

    async def forward(self, line: ClientLine) -> None:
        """Hand a line to the SDK; waits while ``REQUESTS_IN_FLIGHT_MAX`` are on their way."""
        if not self.begun:
            self.begun = True
            for opened in self._opening:
                await self.lines.send(Forwarded(opened, muted=True))
        await self.lines.send(Forwarded(line, muted=line.answered))

    async def serve(self) -> None:
        """Let the SDK answer what is forwarded, once there is anything, until cancelled."""
        app = self._session.app
        async with self._from_client:
            first = await self._from_client.receive()
            await app.mcp_settled.wait()
            forwarded = _chain(first, self._from_client)
            if app.mcp == "failed":
                async for _ in forwarded:
                    self._fail_all()
                return
            try:
                await bridge().serve(self._session, forwarded)
            except Exception:
                log.exception("the SDK's loop failed", extra={"session": self._session.id})
                self._fail_all()
                raise

    def _fail_all(self) -> None:
        """Answer every request that the SDK has, or should have had, with a fault."""
        for request_id, pending in self._session.unanswered.settle_forwarded():
            if not pending.muted:
                self._session.link.answer(pending.number, internal_error(request_id))


def internal_error(request_id: int | str) -> bytes:
    """Return the answer to a request that failed inside djobs."""
    problem = DjobsError(ErrorCode.INTERNAL)
    return messages.error(request_id, messages.INTERNAL_ERROR, f"{problem.message} {problem.hint}")


async def _chain(
    first: Forwarded, rest: MemoryObjectReceiveStream[Forwarded]
) -> AsyncIterator[Forwarded]:
    yield first
    async for each in rest:
        yield each
