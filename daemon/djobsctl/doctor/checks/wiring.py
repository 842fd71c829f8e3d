"""Whether the agents on this machine can start djobs, and reach this daemon."""

from dataclasses import dataclass

from djobsctl.doctor.finding import Finding, Level, Trouble, found, well

UNREADABLE = Trouble(
    "wiring-unreadable",
    Level.PROBLEM,
    "An agent's file of MCP servers cannot be read.",
    "The agent has no servers at all, or those of yesterday.",
    "mend the place that the message names, with any editor",
)
GONE = Trouble(
    "wiring-gone",
    Level.PROBLEM,
    "An agent is told to start a program that is not there: djobs, or its Python, was moved, "
    "upgraded or removed.",
    "The agent works without djobs, often without saying so.",
    "`djobsctl repair --yes`",
)
FAILS = Trouble(
    "wiring-fails",
    Level.PROBLEM,
    "What an agent is told to start was started, and failed.",
    "The agent works without djobs, often without saying so.",
    "`djobsctl repair --yes`",
)
OTHER = Trouble(
    "wiring-other",
    Level.NOTE,
    "An agent starts the `djobs-mcp` of another installation than this.",
    "It works, until that installation is removed; and an upgrade of this one does not reach it.",
    "`djobsctl install-mcp --host NAME --yes`",
)
FOREIGN = Trouble(
    "wiring-foreign",
    Level.WARNING,
    "An agent has a server called djobs that is another program.",
    "It has its own database: what this agent plans, the others do not see.",
    "remove that entry from the agent's file, then `djobsctl install-mcp --host NAME --yes`",
)
TWICE = Trouble(
    "wiring-twice",
    Level.WARNING,
    "An agent has djobs twice: under two names, or for you and for the project with two commands.",
    "It sees every tool twice, and pays for the description of each.",
    "remove one of the entries from the file that the message names",
)
HOME = Trouble(
    "wiring-home",
    Level.WARNING,
    "An agent is told of another home than this terminal has.",
    "What it plans goes to another daemon, with another database, than the one you look at.",
    "`djobsctl remove --host NAME --yes`, then `djobsctl install-mcp --host NAME --yes`, for this "
    "one; or `unset DJOBS_HOME` here",
)
REQUIRED = Trouble(
    "wiring-not-required",
    Level.WARNING,
    "Codex is not told that djobs is required.",
    "Codex begins its first turn a second after its start, with or without the tools.",
    "`djobsctl install-mcp --host codex --yes`",
)
NONE = Trouble(
    "wiring-none",
    Level.NOTE,
    "There are agents on this machine, and none of them has djobs.",
    "Nobody uses it yet.",
    "`djobsctl init`",
)
TROUBLES = (UNREADABLE, GONE, FAILS, OTHER, FOREIGN, TWICE, HOME, REQUIRED, NONE)


@dataclass(frozen=True)
class Entry:
    """A server called djobs in one file of one agent."""

    host: str
    """The agent's name, as ``--host`` takes it."""
    title: str
    scope: str
    path: str
    problem: str
    """Why the file cannot be read; then nothing else is known."""
    ours: bool
    command: tuple[str, ...]
    missing: str
    """The part of the command that is not there; empty when all of it is."""
    failure: str
    """What starting it came to; empty when it answered, or was not started."""
    own: bool
    """Whether it is the shim of this very installation."""
    home: str
    """The home that the agent is told of; empty when it is told of none."""
    required: bool | None
    """Of Codex, whether anything is said of it; None of all others."""
    doubles: tuple[str, ...]
    """Other names under which the same file has djobs."""


@dataclass(frozen=True)
class Wiring:
    """All agents here."""

    home: str
    entries: tuple[Entry, ...]
    hosts: tuple[str, ...]
    """Titles of the agents that are on the machine."""


def look(facts: Wiring) -> list[Finding]:
    """Judge each entry, then all together."""
    findings = [finding for each in facts.entries for finding in _entry(each, facts.home)]
    findings += _scopes(facts.entries)
    if not any(each.ours or each.problem for each in facts.entries) and facts.hosts:
        findings.append(found(NONE, f"Found: {', '.join(facts.hosts)}.", "djobsctl init"))
    titles = dict.fromkeys(each.title for each in facts.entries)
    return findings or well(", ".join(titles) or "no agent was found on this machine")


def _entry(entry: Entry, home: str) -> list[Finding]:
    where = f"{entry.title} ({entry.path})"
    if entry.problem:
        return [found(UNREADABLE, f"{where}: {entry.problem}.", steps="Mend that place.")]
    if not entry.ours:
        steps = f"Remove the entry djobs from {entry.path}, then: {install(entry.host)}"
        return [found(FOREIGN, f"{where} starts {' '.join(entry.command)}.", steps=steps)]
    if entry.missing:
        return [found(GONE, f"{where}: {entry.missing} is not there.", _REPAIR)]
    if entry.failure:
        return [found(FAILS, f"{where}: {entry.failure}", _REPAIR)]
    return _working(entry, home, where)


_REPAIR = "djobsctl repair --yes"


def install(host: str) -> str:
    """Return the command that wires one agent anew."""
    return f"djobsctl install-mcp --host {host} --yes"


def _working(entry: Entry, home: str, where: str) -> list[Finding]:
    again, findings = install(entry.host), []
    if entry.home and entry.home != home:
        says = f"{where} has DJOBS_HOME={entry.home}; here it is {home}."
        anew = f"djobsctl remove --host {entry.host} --yes"
        findings.append(found(HOME, says, anew, again))
    if not entry.own:
        findings.append(found(OTHER, f"{where} starts {' '.join(entry.command)}.", again))
    if entry.required is False:
        findings.append(found(REQUIRED, f"{where} does not have `required = true`.", again))
    if entry.doubles:
        steps = f"Remove one of the entries from {entry.path}."
        says = f"{where} has it as djobs and as {', '.join(entry.doubles)}."
        findings.append(found(TWICE, says, steps=steps))
    return findings


def _scopes(entries: tuple[Entry, ...]) -> list[Finding]:
    """Find agents that have it for the user and for the project, with different commands."""
    findings = []
    for host in dict.fromkeys(each.host for each in entries if each.ours):
        of_host = [each for each in entries if each.host == host and each.ours]
        if len({each.command for each in of_host}) > 1:
            places = " and ".join(each.path for each in of_host)
            steps = f"Remove the entry djobs from {of_host[-1].path}, or from the other."
            findings.append(found(TWICE, f"{of_host[0].title} has it in {places}.", steps=steps))
    return findings
