"""Answer a line that is no message, or none that can be read, when it asks for something.

The SDK passes such a line over without a word, and its client would wait for ever: for a lone
surrogate in a payload, say, which several JSON writers let through.
"""

import re
from typing import Any, Final

import msgspec

from djobs_daemon.mcp_server import messages
from djobs_daemon.mcp_server.calls import explain
from djobs_daemon.mcp_server.oversize import TOOL_CALL, ends_of, find_id
from djobs_protocol.errors import DjobsError, ErrorCode

REASON_CHARS_MAX = 300
_HINT: Final = "Send the call again without it."

SEARCHED_BYTES: Final = 256 * 1024
"""Of a line, for what is wrong with it: no client may keep the daemon busy with nonsense."""

# Each expression goes over the line once: every match takes all that it looked at.
_ESCAPE: Final = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<lone>\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\.",
    re.DOTALL,
)
_TOKEN: Final = re.compile(
    rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|(?P<word>-?Infinity|NaN)(?!\w)', re.DOTALL
)


class _Asked(msgspec.Struct, frozen=True):
    """As much of a request as tells that it wants an answer."""

    id: Any = msgspec.UNSET
    method: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_decode = msgspec.json.Decoder(_Asked).decode


def refuse(line: bytes, reason: str) -> bytes | None:
    """Return the response that says why, or None when the line asks for nothing."""
    if line.lstrip().startswith(b"["):
        text = "JSON-RPC batches are no part of MCP; send each message as a line of its own."
        return messages.error(None, messages.INVALID_REQUEST, text)
    request_id = _id_of(line)
    if request_id is None:
        return None
    if request_id is msgspec.UNSET:
        text = "The id of a request must be a string or an integer of at most 64 bits."
        return messages.error(None, messages.INVALID_REQUEST, text)
    problem = _explained(line, reason)
    if TOOL_CALL in line:
        return messages.tool_error(request_id, explain(problem))
    return messages.error(request_id, messages.INVALID_REQUEST, problem.message)


def has_no_usable_id(line: bytes) -> bool:
    """Say whether a message has an id that is null: a request that nobody could answer."""
    return _decode(line).id is None


def _explained(line: bytes, reason: str) -> DjobsError:
    fault = _fault(line)
    if fault is not None:
        return DjobsError(ErrorCode.INVALID_REQUEST, f"Not read: it holds {fault}.", hint=_HINT)
    return DjobsError(
        ErrorCode.INVALID_REQUEST,
        f"Not read: {reason[:REASON_CHARS_MAX]}",
        hint="Send the call again as one line of valid JSON.",
    )


def _fault(line: bytes) -> str | None:
    """Return what JSON writers let through that is no JSON, in words, if it is that."""
    searched = line[:SEARCHED_BYTES]
    lone = next((found["lone"] for found in _ESCAPE.finditer(searched) if found["lone"]), None)
    if lone is not None:
        return f"half a character, the lone surrogate {lone.decode()}"
    word = next((found["word"] for found in _TOKEN.finditer(searched) if found["word"]), None)
    return None if word is None else f"{word.decode()}, which is no JSON number"


def _id_of(line: bytes) -> Any:
    """Return the id of a request, UNSET for one that no answer could name, None for no request."""
    try:
        asked = _decode(line)
    except msgspec.ValidationError:
        return None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        asks = b'"method"' in line
        return find_id(*ends_of(line)) if asks else None
    if asked.id is msgspec.UNSET or asked.method is msgspec.UNSET:
        return None
    is_plain = isinstance(asked.id, str | int) and not isinstance(asked.id, bool)
    return asked.id if is_plain and _fits(asked.id) else msgspec.UNSET


def _fits(request_id: int | str) -> bool:
    return isinstance(request_id, str) or -(2**63) <= request_id < 2**64
