"""The first line of a connection decides what it is: a shim's link or RPC."""

from typing import Annotated, NamedTuple

import anyio
import msgspec

from djobs_daemon.app import App
from djobs_daemon.mcp_server.attach import serve_link
from djobs_daemon.rpc.connection import RpcConnection
from djobs_daemon.rpc.lines import LineStream, too_large
from djobs_daemon.rpc.reserved import IDLE_SECONDS, ReservedConnection, taken
from djobs_protocol.envelope import failure_line
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.framing import Oversize
from djobs_protocol.limits import HANDSHAKE_SECONDS


class Visit(NamedTuple):
    """Who connected, and to which kind of place."""

    pid: int
    """By the kernel's word."""
    is_reserved: bool


class _Either(msgspec.Struct):
    """As much of a first line as tells the two kinds apart."""

    link: Annotated[int, msgspec.Meta(ge=1)] | None = None
    jsonrpc: str | None = None


_decode = msgspec.json.Decoder(_Either).decode


async def open_connection(app: App, lines: LineStream, number: int, visit: Visit) -> None:
    """Read the first line, bounded in time and size, and serve what it announces."""
    seconds = IDLE_SECONDS if visit.is_reserved else HANDSHAKE_SECONDS
    try:
        with anyio.fail_after(seconds):
            first = await lines.receive()
        kind = _kind(first)
    except TimeoutError:
        slow = DjobsError(
            ErrorCode.DEADLINE_EXCEEDED, f"No hello within {seconds:g} s of connecting."
        )
        await lines.send(failure_line(None, slow))
        return
    except DjobsError as refusal:
        await lines.send(failure_line(None, refusal))
        return
    assert isinstance(first, bytes)
    if kind.link is None:
        serving = ReservedConnection if visit.is_reserved else RpcConnection
        await serving(app, lines, number, visit.pid).serve(first)
    elif visit.is_reserved:
        await lines.send(failure_line(None, taken()))
    else:
        await serve_link(app, lines, number, visit.pid, first)


def _kind(first: bytes | Oversize) -> _Either:
    if isinstance(first, Oversize):
        raise too_large(first)
    try:
        kind = _decode(first)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise DjobsError(
            ErrorCode.PARSE_ERROR, f"The first line is neither a hello nor a link: {error}."
        ) from None
    if kind.link is None and kind.jsonrpc is None:
        raise DjobsError(ErrorCode.INVALID_REQUEST, "The first line is neither a hello nor a link.")
    return kind
