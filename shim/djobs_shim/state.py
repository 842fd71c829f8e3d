"""What the relay knows: bytes in, bytes out. No descriptor, no clock, no JSON.

The client's lines are numbered from 1 and kept until the daemon has acknowledged them, so that a
daemon that died is followed by one that hears them again. Only whole lines count, in both
directions: an answer and the acknowledgement in front of it arrive together or not at all (R18).
"""

from djobs_protocol.limits import SHIM_RETAINED_BYTES_MAX
from djobs_shim.hello import hello_line
from djobs_shim.lines import AbridgingCutter, LineCutter
from djobs_shim.outbox import Outbox

LINE_OVERHEAD_BYTES = 512
"""What keeping a line costs beside its bytes; keeps the hello that names them all in one frame."""

TO_CLIENT_BYTES_MAX = 4 * 1024 * 1024
"""Answers the client has not read; above this the daemon is not read from."""

DAEMON_LINE_BYTES_MAX = 64 * 1024 * 1024
"""One line from the daemon; it never sends this much, so a longer one is a fault."""

WELCOME_BYTES_MAX = 16 * 1024
"""A longer welcome is not sent back at the next hello."""

NUMBER_DIGITS_MAX = 18


class RelayState:
    """One client's session across any number of connections to daemons."""

    def __init__(self, who: str, retained_bytes_max: int = SHIM_RETAINED_BYTES_MAX) -> None:
        self.to_daemon = Outbox()
        self.to_client = Outbox()
        self.attached = False
        self.welcomed = False
        """Whether the daemon at the other end has answered the hello."""
        self.refusal: bytes | None = None
        """Why the daemon wants no shim like this one; the relay must end."""
        self.acknowledged = 0
        """How often a line was."""
        self._first, self._deaths = 0, 0
        """A line, and how many daemons ended while it was the first one unanswered."""
        self._suspect, self._convictions = 0, 0
        """A line, and how many daemons in a row ended while they had taken it alone."""
        self._taken = 0
        """The line that the daemon says it has taken alone; 0 for none."""
        self.retained_bytes = 0
        self._who = who
        self._retained_bytes_max = retained_bytes_max
        self._retained: dict[int, bytes] = {}
        self._answered: set[int] = set()
        self._count = 0
        self._resume = 0
        self._last = b""
        self._from_client = AbridgingCutter(retained_bytes_max)
        self._from_daemon = LineCutter()

    @property
    def unanswered(self) -> bool:
        """Whether a line of the client still waits for the daemon."""
        return len(self._retained) > len(self._answered)

    @property
    def retained(self) -> list[tuple[int, bool]]:
        """Number and whether answered of each line kept, in order."""
        return [(number, number in self._answered) for number in self._retained]

    @property
    def deaths(self) -> tuple[int, int, int]:
        """How many daemons the first unanswered line has seen end; a suspect, and its count."""
        seen = self._deaths if self._first == self._first_unanswered() else 0
        return seen, self._suspect, self._convictions

    @property
    def wants_client(self) -> bool:
        """Whether to read on from the client.

        With nothing unanswered always, or a session could stall for good.
        """
        held = self.retained_bytes + self._from_client.partial_bytes
        return held < self._retained_bytes_max or not self.unanswered

    @property
    def wants_daemon(self) -> bool:
        """Whether to read on from the daemon."""
        return self.to_client.size < TO_CLIENT_BYTES_MAX

    @property
    def daemon_line_too_long(self) -> bool:
        """Whether the daemon is sending a line without end."""
        return self._from_daemon.partial_bytes > DAEMON_LINE_BYTES_MAX

    @property
    def abridged_lines(self) -> int:
        """How many of the client's lines were too long to keep whole."""
        return self._from_client.abridged_lines

    def from_client(self, chunk: bytes) -> None:
        """Take what the client wrote."""
        for line in self._from_client.feed(chunk):
            self._count += 1
            self._retained[self._count] = line
            self.retained_bytes += len(line) + LINE_OVERHEAD_BYTES
            if self.attached:
                self.to_daemon.put(line)

    def from_daemon(self, chunk: bytes) -> None:
        """Take what the daemon wrote."""
        for line in self._from_daemon.feed(chunk):
            self._obey(line)

    def attach(self) -> None:
        """Begin a connection: say hello, then everything that is not acknowledged."""
        following = self._count + 1
        hello = hello_line(
            self._who, self._resume, self._last, self.deaths, self.retained, following
        )
        self.to_daemon.put(hello)
        for line in self._retained.values():
            self.to_daemon.put(line)
        self._resume += 1
        self.attached = True

    def detach(self) -> None:
        """End a connection; half a line of the daemon's is worth nothing."""
        if self.welcomed and self.unanswered:
            self._count_death()
        self._taken = 0
        self.to_daemon.clear()
        self._from_daemon = LineCutter()
        self.attached = self.welcomed = False

    def _obey(self, line: bytes) -> None:
        kind = line[:1]
        if kind == b"~":
            self._welcome(line[1:].strip())
        elif kind == b"!":
            self.refusal = line[1:].strip()
        elif not self.welcomed:
            pass  # such as "busy": said to anyone who connects, no business of the client's
        elif kind == b"{":
            self.to_client.put(line)
        elif kind in (b"=", b"+"):
            self._settle(line[1:], forget=kind == b"=")
        elif kind == b"?":
            self._taken = _number(line[1:]) or 0
        # Any other line is a newer daemon's, for newer shims.

    def _settle(self, rest: bytes, forget: bool) -> None:
        """Acknowledge a line and hand on what comes with it.

        An answer to a line that is not kept has been delivered before, or its client cancelled.
        """
        digits, _, answer = rest.partition(b" ")
        number = _number(digits)
        if number is None or number not in self._retained:
            return
        if number not in self._answered:  # as part of the opening is, again by each daemon
            self.acknowledged += 1
        if number == self._taken:
            self._taken = 0
        if number == self._suspect:
            self._suspect = self._convictions = 0
        if forget:
            self._forget(number)
        else:
            self._answered.add(number)
        if not answer.isspace():
            self.to_client.put(answer)

    def _first_unanswered(self) -> int:
        return next((number for number, answered in self.retained if not answered), 0)

    def _count_death(self) -> None:
        first = self._first_unanswered()
        self._first, self._deaths = first, self._deaths + 1 if first == self._first else 1
        again = self._taken == self._suspect
        self._suspect = self._taken
        self._convictions = 0 if not self._taken else self._convictions + 1 if again else 1

    def _forget(self, number: int) -> None:
        self._answered.discard(number)
        self.retained_bytes -= len(self._retained.pop(number)) + LINE_OVERHEAD_BYTES

    def _welcome(self, welcome: bytes) -> None:
        self.welcomed = True
        if welcome[:1] == b"{" and welcome[-1:] == b"}" and len(welcome) <= WELCOME_BYTES_MAX:
            self._last = welcome


def _number(digits: bytes) -> int | None:
    digits = digits.strip()
    return int(digits) if digits.isdigit() and len(digits) <= NUMBER_DIGITS_MAX else None
