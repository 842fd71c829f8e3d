"""Lines that a daemon may have died of, and what becomes of them. Pure.

A shim brings every unanswered line to the next daemon, so one that no daemon survives would end
them all, for ever. The shim counts the daemons that ended since it last heard of any line; so one
death too many is nobody's proof, but a row of them without an answer to anything is. First the
suspects are taken one at a time, so that the innocent are answered and leave the row; then the
first one, at which the row stands, is refused.
"""

from collections.abc import Sequence

from djobs_daemon.mcp_server import messages
from djobs_daemon.mcp_server.calls import explain
from djobs_daemon.mcp_server.oversize import TOOL_CALL, find_id
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.framing import Oversize

ALONE_DEATHS = 2
REFUSED_DEATHS = 5
ALONE_SECONDS = 5.0
"""How long one suspect may hold up the next; it may be waiting for a line behind it."""

_ENDS_BYTES = 4096


class Suspects:
    """What to do with each line of a connection whose shim has seen ``deaths``."""

    def __init__(self, deaths: int, sequences: Sequence[tuple[int, int]]) -> None:
        """``sequences`` are number and answered-flag of the lines brought along."""
        self.deaths = deaths
        self._unanswered = [number for number, answered in sequences if not answered]

    def refuses(self, number: int) -> bool:
        """Say whether this line is to be refused and not so much as read."""
        return self.deaths >= REFUSED_DEATHS and self._unanswered[:1] == [number]

    def is_taken_alone(self, number: int) -> bool:
        """Say whether the next line waits until this one is settled."""
        return self.deaths >= ALONE_DEATHS and number in self._unanswered


def refusal(content: bytes | Oversize, deaths: int) -> bytes | None:
    """Return the response that says why, or None when the line asks for none.

    Not even parsed: that may be what it kills by.
    """
    if isinstance(content, Oversize):
        head, tail = content.head, content.tail
    else:
        head, tail = content[:_ENDS_BYTES], content[-_ENDS_BYTES:]
    request_id = find_id(head, tail)
    if request_id is None:
        return None
    problem = DjobsError(
        ErrorCode.INTERNAL,
        f"{deaths} daemons in a row ended while they had this request, so it was not tried again. "
        "It may have happened or not.",
        hint="See what is recorded (list_tasks) before you repeat it; `djobsctl logs` says why the "
        "daemons ended.",
    )
    if TOOL_CALL in head or TOOL_CALL in tail:
        return messages.tool_error(request_id, explain(problem))
    return messages.error(request_id, messages.INTERNAL_ERROR, f"{problem.message} {problem.hint}")
