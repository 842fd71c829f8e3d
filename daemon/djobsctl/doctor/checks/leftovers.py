"""What killed processes left behind: records, temporary files, locks of the frozen, lone runs."""

import shlex
from dataclasses import dataclass

from djobsctl.doctor.files import Seen
from djobsctl.doctor.finding import Finding, Kind, Level, Trouble, found, well
from djobsctl.present.text import plural, size

STALE = Trouble(
    "record-stale",
    Level.NOTE,
    "The record of the daemon names one that is gone.",
    "It was killed, or the machine was switched off. The next daemon writes it anew.",
    "`djobsctl start`",
)
GARBAGE = Trouble(
    "record-garbage",
    Level.NOTE,
    "A record of the daemon cannot be read.",
    "It is ignored, so nothing breaks; but what it said is lost.",
    "`rm FILE`",
    safe=True,
)
TEMPORARY = Trouble(
    "leftover-temporary",
    Level.NOTE,
    "Temporary files are left of writes that never ended.",
    "They take space and mean nothing.",
    "`rm FILE`",
    safe=True,
)
FROZEN = Trouble(
    "lock-frozen",
    Level.PROBLEM,
    "A process that stands still holds a lock that everybody else waits for.",
    "No daemon can be started, or stopped in turn, until it goes on.",
    "`kill -CONT PID`, after a look at what it is: `ps -fp PID`",
)
RUNS = Trouble(
    "runs-alone",
    Level.WARNING,
    "Commands of jobs are still running, and no daemon is there to take note of their end.",
    "They come to no harm; but their jobs are neither ended nor followed by others.",
    "`djobsctl start`, whose daemon finds and follows them",
)
UNTOLD = Trouble(
    "runs-untold",
    Level.WARNING,
    "Commands of jobs have ended, and no daemon is there to record it.",
    "Their jobs still count as running.",
    "`djobsctl start`, whose daemon records how they ended",
)
LARGE = Trouble(
    "runs-large",
    Level.NOTE,
    "The output of runs takes more than it may.",
    "The oldest goes when the daemon tidies, once a day.",
    "`djobsctl start`, and let it run; or `runs_bytes_max` in `config.toml`",
)
TROUBLES = (STALE, GARBAGE, TEMPORARY, FROZEN, RUNS, UNTOLD, LARGE)

OLD_MS = 3_600_000
"""A temporary file that is younger may be of a write that is under way."""


@dataclass(frozen=True)
class Frozen:
    """A process that is stopped and holds a lock."""

    lock: str
    pid: int


@dataclass(frozen=True)
class Leftovers:
    """What lies about in a home."""

    now_ms: int
    lives: bool
    stale_record: str
    garbage: tuple[Seen, ...]
    temporary: tuple[Seen, ...]
    frozen: tuple[Frozen, ...]
    running: int
    """Runs whose runner lives."""
    ended: int
    """Runs that have ended and whose jobs may not know."""
    runs_bytes: int
    runs_bytes_max: int


def look(facts: Leftovers) -> list[Finding]:
    """Judge all that lies about."""
    findings = [*map(_frozen, facts.frozen)]
    if not facts.lives:
        findings += _without_daemon(facts)
    findings += [
        _removable(TEMPORARY, each, f"{each.path} is of a write that never ended.")
        for each in facts.temporary
        if facts.now_ms - each.changed_ms > OLD_MS
    ]
    return findings or well(_summary(facts))


def _summary(facts: Leftovers) -> str:
    return f"none; {plural(facts.running, 'run')} under way" if facts.running else "none"


def _frozen(each: Frozen) -> Finding:
    says = f"Process {each.pid} holds {each.lock} and stands still."
    return found(FROZEN, says, f"kill -CONT {each.pid}", steps=f"What it is: ps -fp {each.pid}")


def _without_daemon(facts: Leftovers) -> list[Finding]:
    findings = [_removable(GARBAGE, each, f"{each.path} cannot be read.") for each in facts.garbage]
    if facts.stale_record:
        findings.append(found(STALE, facts.stale_record, "djobsctl start"))
    if facts.running:
        says = f"{plural(facts.running, 'run')} under way without a daemon."
        findings.append(found(RUNS, says, "djobsctl start"))
    if facts.ended:
        says = f"{plural(facts.ended, 'run')} ended while no daemon was there."
        findings.append(found(UNTOLD, says, "djobsctl start"))
    if facts.runs_bytes > facts.runs_bytes_max:
        says = f"Runs take {size(facts.runs_bytes)} of {size(facts.runs_bytes_max)}."
        findings.append(found(LARGE, says, "djobsctl start", steps="It tidies within minutes."))
    return findings


def _removable(trouble: Trouble, seen: Seen, says: str) -> Finding:
    command = f"rm {shlex.quote(seen.path)}"
    return found(trouble, says, command, repair=seen.repair(Kind.REMOVE))
