"""Accept connections, verify who is there, and give each its own guarded task.

A connection's failure never leaves its task (R25). Connections and in-flight work are counted here,
because draining needs to know when nothing is left.
"""

import asyncio
import errno
import logging
import resource
import socket
from contextlib import closing

import anyio
from anyio.abc import TaskGroup

from djobs_daemon.app import App
from djobs_daemon.rpc import reserved
from djobs_daemon.rpc.lines import LOSSES, LineStream
from djobs_daemon.rpc.opening import Visit, open_connection
from djobs_daemon.upgrading import hand_over_when_idle
from djobs_local.folders import check_peer
from djobs_protocol.envelope import failure_line
from djobs_protocol.errors import DjobsError, ErrorCode

log = logging.getLogger(__name__)

DESCRIPTORS_RESERVED = 32
"""Kept free for the database, logs and ``reserved`` connections (R27)."""
ACCEPT_PAUSE_SECONDS = 0.2
"""How long accepting rests when the process is out of descriptors."""


async def serve(app: App, listening: socket.socket) -> None:
    """Serve until ``app.stopping``, then wait for in-flight requests, bounded, and return."""
    listening.setblocking(False)
    async with anyio.create_task_group() as connections:
        async with anyio.create_task_group() as accepting:
            accepting.start_soon(_accept_forever, app, listening, connections)
            await app.stopping.wait()
            accepting.cancel_scope.cancel()
        with anyio.move_on_after(app.settings.drain_seconds):
            await app.requests.wait_idle()
        connections.cancel_scope.cancel()


async def _accept_forever(app: App, listening: socket.socket, connections: TaskGroup) -> None:
    while True:
        await anyio.wait_readable(listening)
        try:
            peer, _ = listening.accept()
        except BlockingIOError:
            continue
        except OSError as error:
            await _rest_after(error)
            continue
        try:
            visit = _admit(app, peer)
        except DjobsError as refusal:
            _turn_away(peer, refusal)
            continue
        except OSError as error:  # macOS says of nobody who is gone who it was
            log.debug("a peer left before it was looked at", extra={"error": str(error)})
            peer.close()
            continue
        connections.start_soon(_guarded, app, peer, visit)


async def _rest_after(error: OSError) -> None:
    """Pause when out of descriptors or memory; any other error belongs to one dead peer."""
    if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
        log.warning("accepting pauses", extra={"errno": errno.errorcode[error.errno]})
        await anyio.sleep(ACCEPT_PAUSE_SECONDS)


def _admit(app: App, peer: socket.socket) -> Visit:
    """Return who may come in, and where to; or raise the reason to turn it away."""
    pid = check_peer(peer)
    if app.stopping.is_set():
        raise DjobsError(ErrorCode.DRAINING)
    most = min(app.settings.connections_max, _descriptors_max() - DESCRIPTORS_RESERVED)
    if len(app.connections) >= most + reserved.PLACES:
        raise DjobsError(
            ErrorCode.BUSY, f"The daemon has {most} connections already (CONNECTIONS_MAX)."
        )
    return Visit(pid, is_reserved=len(app.connections) >= most)


def _descriptors_max() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return soft if soft != resource.RLIM_INFINITY else 1 << 20


def _turn_away(peer: socket.socket, refusal: DjobsError) -> None:
    log.info("connection refused", extra={"code": str(refusal.code), "reason": refusal.message})
    with peer:
        peer.setblocking(False)
        if refusal.code is not ErrorCode.PERMISSION:  # a stranger is told nothing
            try:
                peer.send(failure_line(None, refusal))
            except OSError:
                log.debug("the refused peer is gone")


async def _guarded(app: App, peer: socket.socket, visit: Visit) -> None:
    number = app.connections.reserve()
    try:
        peer.setblocking(False)
        _, lines = await asyncio.get_running_loop().connect_accepted_socket(LineStream, peer)
        with closing(lines):
            await open_connection(app, lines, number, visit)
    except Exception as error:
        if _is_loss(error):
            log.debug("connection lost", extra={"connection": number})
        else:
            log.exception("connection failed", extra={"connection": number})
    finally:
        app.connections.release(number)
    await hand_over_when_idle(app)


def _is_loss(error: Exception) -> bool:
    """Say whether the peer just left, in one task of the connection or in several at once."""
    if isinstance(error, ExceptionGroup):
        return all(map(_is_loss, error.exceptions))
    return isinstance(error, LOSSES)
