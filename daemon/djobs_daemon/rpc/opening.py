"""The first line of a connection decides what it is: a shim's link or RPC."""

from typing import Annotated

import anyio
import msgspec

from djobs_daemon.app import App
from djobs_daemon.mcp_server.attach import serve_link
from djobs_daemon.rpc.connection import RpcConnection
from djobs_daemon.rpc.lines import LineStream, too_large
from djobs_protocol.envelope import failure_line
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.framing import Oversize
from djobs_protocol.limits import HANDSHAKE_SECONDS


class _Either(msgspec.Struct):
    """As much of a first line as tells the two kinds apart."""

    link: Annotated[int, msgspec.Meta(ge=1)] | None = None
    jsonrpc: str | None = None


_decode = msgspec.json.Decoder(_Either).decode


async def open_connection(app: App, lines: LineStream, number: int, pid: int) -> None:
    """Read the first line, bounded in time and size, and serve what it announces."""
    try:
        with anyio.fail_after(HANDSHAKE_SECONDS):
            first = await lines.receive()
        kind = _kind(first)
    except TimeoutError:
        slow = DjobsError(
            ErrorCode.DEADLINE_EXCEEDED, f"No hello within {HANDSHAKE_SECONDS:g} s of connecting."
        )
        await lines.send(failure_line(None, slow))
        return
    except DjobsError as refusal:
        await lines.send(failure_line(None, refusal))
        return
    assert isinstance(first, bytes)
    if kind.link is not None:
        await serve_link(app, lines, number, pid, first)
    else:
        await RpcConnection(app, lines, number, pid).serve(first)


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
