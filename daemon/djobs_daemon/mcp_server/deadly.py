"""Lines that a daemon may have died of, and what becomes of them. Pure.

A shim brings every unanswered line to the next daemon, so one that no daemon survives would end
them all, for ever. That a line was there at some deaths proves nothing: whatever kills daemons at
random kills them while lines are unanswered. So a line that has seen several ends is taken alone,
and the shim is told first. The innocent are answered within milliseconds of that; only a line whose
daemons end in just that moment, many times in a row, is refused.
"""

from djobs_daemon.mcp_server import messages
from djobs_daemon.mcp_server.calls import explain
from djobs_daemon.mcp_server.hello import LinkHello
from djobs_daemon.mcp_server.oversize import TOOL_CALL, ends_of, find_id
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.framing import Oversize

ALONE_DEATHS = 2
"""Ends that the first unanswered line has seen, before each is taken alone."""
REFUSED_DEATHS = 6
"""Ends in a row of daemons that had just taken a line alone, before it is refused.

With the back-off between starts this is half a minute, within a shim's patience.
"""
ALONE_SECONDS = 5.0
"""How long one line may hold up the next: it may be waiting for one behind it."""


class Suspects:
    """What to do with each line that a shim brings along."""

    def __init__(self, hello: LinkHello) -> None:
        self._unanswered = {number for number, answered in hello.seqs if not answered}
        self._suspect, self._convictions = hello.suspect
        self._alone = hello.deaths >= ALONE_DEATHS or self._convictions > 0

    def refuses(self, number: int) -> bool:
        """Say whether this line is to be refused and not so much as read."""
        convicted = self._convictions >= REFUSED_DEATHS
        return convicted and number == self._suspect and number in self._unanswered

    def is_taken_alone(self, number: int) -> bool:
        """Say whether this line is announced, and the next one waits for it."""
        return self._alone and number in self._unanswered


def refusal(content: bytes | Oversize) -> bytes | None:
    """Return the response that says why, or None when the line asks for none.

    Not even parsed: that may be what it kills by.
    """
    head, tail = ends_of(content)
    request_id = find_id(head, tail)
    if request_id is None:
        return None
    problem = DjobsError(
        ErrorCode.INTERNAL,
        f"{REFUSED_DEATHS} daemons in a row ended as they took this request, so it was given up. "
        "It may have happened or not.",
        hint="See what is recorded (list_tasks) before you repeat it; `djobsctl logs` says why the "
        "daemons ended.",
    )
    if TOOL_CALL in head or TOOL_CALL in tail:
        return messages.tool_error(request_id, explain(problem))
    return messages.error(request_id, messages.INTERNAL_ERROR, f"{problem.message} {problem.hint}")
