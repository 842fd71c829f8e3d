"""Answer a line that is no message, or none that can be read, when it asks for something.

The SDK passes such a line over without a word, and its client would wait for ever: for a lone
surrogate in a payload, say, which several JSON writers let through.
"""

import msgspec

from djobs_daemon.mcp_server import messages
from djobs_daemon.mcp_server.calls import explain
from djobs_daemon.mcp_server.oversize import TOOL_CALL, find_id
from djobs_protocol.errors import DjobsError, ErrorCode

REASON_CHARS_MAX = 300
_ENDS_BYTES = 4096


class _Asked(msgspec.Struct, frozen=True):
    """As much of a request as tells that it wants an answer."""

    id: int | str
    method: msgspec.Raw


_decode = msgspec.json.Decoder(_Asked).decode


def refuse(line: bytes, reason: str) -> bytes | None:
    """Return the response that says why, or None when the line asks for nothing."""
    request_id = _id_of(line)
    if request_id is None:
        return None
    problem = DjobsError(ErrorCode.INVALID_REQUEST, f"Not read: {reason[:REASON_CHARS_MAX]}")
    if TOOL_CALL in line:
        return messages.tool_error(request_id, explain(problem))
    return messages.error(request_id, messages.INVALID_REQUEST, problem.message)


def _id_of(line: bytes) -> int | str | None:
    try:
        return _decode(line).id
    except msgspec.ValidationError:
        return None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        asks = b'"method"' in line
        return find_id(line[:_ENDS_BYTES], line[-_ENDS_BYTES:]) if asks else None
