"""Answer a line that is too long to be read.

Only both ends of it were kept. The request's id stands at one of them: some clients write it first,
some last.
"""

import re

import msgspec

from djobs_daemon.mcp_server import messages
from djobs_daemon.mcp_server.calls import explain
from djobs_daemon.rpc.lines import too_large
from djobs_protocol.framing import Oversize

_ID = rb'"id"\s*:\s*("(?:[^"\\]|\\.)*"|-?\d{1,18})'
_ID_AT_END = re.compile(_ID + rb"\s*\}\s*$")
_ID_AT_START = re.compile(rb'^\s*\{(?:(?!"params").)*?' + _ID, re.DOTALL)
ENDS_BYTES = 4096
"""How much of each end of a line is looked at where it is not parsed."""
TOOL_CALL = b'"tools/call"'


def refuse(line: Oversize) -> bytes | None:
    """Return the response that names the limit, or None when the line asks for none."""
    request_id = find_id(line.head, line.tail)
    if request_id is None:
        return None
    problem = too_large(line)
    if TOOL_CALL in line.head or TOOL_CALL in line.tail:
        return messages.tool_error(request_id, explain(problem))
    return messages.error(request_id, messages.INVALID_REQUEST, problem.message)


def ends_of(content: bytes | Oversize) -> tuple[bytes, bytes]:
    """Return the beginning and the end of a line, parsed or not."""
    if isinstance(content, Oversize):
        return content.head, content.tail
    return content[:ENDS_BYTES], content[-ENDS_BYTES:]


def find_id(head: bytes, tail: bytes) -> int | str | None:
    """Return the id of the request whose line has these ends, or None when there is none."""
    found = _ID_AT_END.search(tail) or _ID_AT_START.search(head)
    if found is None:
        return None
    try:
        return msgspec.json.decode(found[1], type=int | str)
    except msgspec.MsgspecError:
        return None
