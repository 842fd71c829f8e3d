"""Whether what djobs wrote into agents' files is still right: instructions, and hooks."""

from dataclasses import dataclass

from djobsctl.doctor.finding import Finding, Level, Trouble, found, well

INSTRUCTIONS = Trouble(
    "instructions-old",
    Level.NOTE,
    "What a file tells agents about djobs is not what this release would write.",
    "Agents are told of tools and habits as they were.",
    "`djobsctl install-instructions --yes` in that project, or with `--scope user --host NAME`",
)
HOOK = Trouble(
    "hook-old",
    Level.NOTE,
    "An agent's hook is not what this release would write.",
    "It may ask another home, or in an old way; at worst it says nothing.",
    "`djobsctl install-hooks --host NAME --yes`",
)
GONE = Trouble(
    "hook-gone",
    Level.WARNING,
    "An agent's hook starts a program that is not there: djobs, or its Python, was moved.",
    "Nothing is said at the start of a session; the agent does not resume what is unfinished.",
    "`djobsctl install-hooks --host NAME --yes`",
)
UNREADABLE = Trouble(
    "guest-unreadable",
    Level.WARNING,
    "A file that agents read, and that djobs wrote into, cannot be read.",
    "The agent may do without all of it.",
    "mend the place that the message names, with any editor",
)
TROUBLES = (INSTRUCTIONS, HOOK, GONE, UNREADABLE)


@dataclass(frozen=True)
class Guest:
    """A part of ours in a file of somebody else's."""

    kind: str
    """``instructions`` or ``hooks``."""
    path: str
    host: str
    """As ``--host`` takes it."""
    scope: str
    """``user`` or ``project``."""
    current: bool
    missing: str = ""
    """Of a hook: the part of its command that is not there."""
    problem: str = ""
    """Why the file cannot be read; then nothing else is known."""


def look(guests: list[Guest]) -> list[Finding]:
    """Judge each part."""
    findings = [finding for each in guests for finding in _one(each)]
    paths = ", ".join(each.path for each in guests)
    return findings or well(paths or "djobs wrote neither instructions nor hooks")


def _one(guest: Guest) -> list[Finding]:
    if guest.problem:
        says = f"{guest.path} {guest.problem}."
        return [found(UNREADABLE, says, steps="Mend that place.")]
    if guest.missing:
        return [found(GONE, f"{guest.path}: {guest.missing} is not there.", _again(guest))]
    if guest.current:
        return []
    trouble = INSTRUCTIONS if guest.kind == "instructions" else HOOK
    return [found(trouble, f"{guest.path} has another than today's.", _again(guest))]


def _again(guest: Guest) -> str:
    """Return the command that writes it anew; a project's counts for the folder one stands in."""
    return f"djobsctl install-{guest.kind} --host {guest.host} --scope {guest.scope} --yes"
