"""Whether what editors start can be started."""

from dataclasses import dataclass

from djobsctl.doctor.checks.interpreter import REWRITE
from djobsctl.doctor.finding import Finding, Level, Trouble, found, well
from djobsctl.installed import Installed

MISSING = Trouble(
    "shim-missing",
    Level.PROBLEM,
    "The program that editors start, `djobs-mcp`, is not in the installation.",
    "No editor has djobs.",
    REWRITE,
)
BROKEN = Trouble(
    "shim-broken",
    Level.PROBLEM,
    "The program that editors start, `djobs-mcp`, was started and failed.",
    "No editor has djobs.",
    REWRITE,
)
OTHER = Trouble(
    "shim-other",
    Level.WARNING,
    "The `djobs-mcp` beside this `djobsctl` is of another release.",
    "The installation was replaced in part.",
    REWRITE,
)
TROUBLES = (MISSING, BROKEN, OTHER)


@dataclass(frozen=True)
class Shim:
    """The shim, and what it said when it was asked for its version."""

    program: str
    """Empty when there is none."""
    status: int | None
    """None when it did not end in time."""
    said: str
    expected: str
    installed: Installed


def look(facts: Shim) -> list[Finding]:
    """Judge what it said."""
    commands = facts.installed.rewritten()
    if not facts.program:
        return [found(MISSING, "There is no djobs_shim beside djobs_daemon.", *commands)]
    if facts.status != 0:
        how = "did not end" if facts.status is None else f"ended with status {facts.status}"
        words = f": {facts.said}" if facts.said else "."
        return [found(BROKEN, f"{facts.program} {how}{words}", *commands)]
    if facts.said != facts.expected:
        says = f"{facts.program} is {facts.said}, this is {facts.expected}."
        return [found(OTHER, says, *commands)]
    return well(f"{facts.installed.python} -I -S {facts.program}")
