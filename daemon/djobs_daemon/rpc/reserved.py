"""The places left when all others are taken: for looking in and for stopping (R26, R27).

Whoever has one is served briefly, so that the next who looks in finds one too.
"""

import time

import anyio

from djobs_daemon.deadline import FailAfter
from djobs_daemon.rpc.connection import RpcConnection
from djobs_daemon.store.records import Actor, RequestKey
from djobs_protocol.daemon_requests import GetHealth, GetSettings, GetStatus, StopDaemon
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.requests import Request

PLACES = 4
IDLE_SECONDS = 1.0
"""Between connecting and the hello, and between an answer and the next request."""
VISIT_SECONDS = 10.0
"""After so long no further request is read."""

ANSWERED = (GetHealth, GetSettings, GetStatus, StopDaemon)


def taken() -> DjobsError:
    """Return what everybody else is told."""
    return DjobsError(
        ErrorCode.BUSY,
        "Every connection is taken (CONNECTIONS_MAX); what is left is for status and stop.",
    )


class ReservedConnection(RpcConnection):
    """Serves a client that came when all ordinary places were taken."""

    _refused = False

    async def serve(self, first: bytes) -> None:
        """Answer the hello and then one request after the other, until the first other one."""
        actor = await self._greet(first)
        end = time.monotonic() + VISIT_SECONDS
        while actor is not None and not self._refused and time.monotonic() < end:
            try:
                with FailAfter(IDLE_SECONDS):
                    line = await self._lines.receive()
            except (TimeoutError, anyio.EndOfStream):
                return
            with self._app.requests.running():
                answer = await self._outcome(actor, line)
                if answer is not None:
                    await self._lines.send(answer)

    async def _dispatch(self, actor: Actor, request: Request, key: RequestKey | None) -> bytes:
        if not isinstance(request, ANSWERED):
            self._refused = True
            raise taken()
        return await super()._dispatch(actor, request, key)
