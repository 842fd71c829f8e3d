"""Whether clients can reach the daemon's socket, and nobody else can."""

import shlex
from dataclasses import dataclass

from djobsctl.doctor.files import Seen
from djobsctl.doctor.finding import Finding, Kind, Level, Trouble, found, well

FOREIGN = Trouble(
    "socket-foreign",
    Level.PROBLEM,
    "Something that is no socket lies in the socket's place.",
    "No daemon can listen there, and djobs removes nothing that is not its own.",
    "`mv SOCKET SOCKET.old`, after a look at what it is",
)
OWNER = Trouble(
    "socket-owner",
    Level.PROBLEM,
    "The socket belongs to another user.",
    "Clients refuse to talk to it: whoever listens there could read all that they send.",
    "`sudo rm SOCKET`, after a look at whose it is",
)
OPEN = Trouble(
    "socket-open",
    Level.WARNING,
    "Others have rights on the socket.",
    "Its folder and the daemon still keep them out; one layer of three is missing.",
    "`chmod 600 SOCKET`",
    safe=True,
)
STALE = Trouble(
    "socket-stale",
    Level.NOTE,
    "A socket is left of a daemon that is gone.",
    "It was killed, or the machine was switched off. The next daemon replaces it.",
    "`djobsctl start`",
)
FAR = Trouble(
    "socket-far",
    Level.NOTE,
    "The path of the home is too long for a socket, so the socket lies below /tmp.",
    "Programs that tidy /tmp may remove it; the daemon then makes it anew within a second.",
    "a shorter home: `djobsctl stop`, move the folder, and set `DJOBS_HOME` to its new place",
)
TROUBLES = (FOREIGN, OWNER, OPEN, STALE, FAR)


@dataclass(frozen=True)
class Address:
    """The socket, and whether a daemon lives."""

    path: str
    home: str
    user: int
    seen: Seen | None
    lives: bool


def look(facts: Address) -> list[Finding]:
    """Judge the socket."""
    findings = [] if facts.path.startswith(facts.home + "/") else [_far(facts)]
    if facts.seen is not None:
        findings += _there(facts, facts.seen)
    return findings or well(facts.path)


def _far(facts: Address) -> Finding:
    says = f"{facts.home} is too long a path for a socket; it lies at {facts.path}."
    steps = "`djobsctl stop`, move the home to a shorter path, and set DJOBS_HOME to that."
    return found(FAR, says, steps=steps)


def _there(facts: Address, seen: Seen) -> list[Finding]:
    quoted = shlex.quote(seen.path)
    if seen.kind != "socket":
        says = f"{seen.path} is a {seen.kind}, and no socket."
        return [found(FOREIGN, says, f"mv {quoted} {shlex.quote(seen.path + '.old')}")]
    if seen.uid != facts.user:
        says = f"{seen.path} belongs to uid {seen.uid}, you are uid {facts.user}."
        return [found(OWNER, says, f"sudo rm {quoted}")]
    if not facts.lives:
        return [found(STALE, f"{seen.path}: nobody listens.", "djobsctl start")]
    if seen.open_to_others:
        says = f"{seen.path} has mode {seen.mode:04o}."
        return [found(OPEN, says, f"chmod 600 {quoted}", repair=seen.repair(Kind.PRIVATE))]
    return []
