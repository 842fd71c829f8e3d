"""Whether the service manager, where one is to own the daemon, can start it, and does."""

from dataclasses import dataclass

from djobsctl.doctor.finding import Finding, Level, Trouble, found, well

LOST = Trouble(
    "service-lost",
    Level.WARNING,
    "djobs was entered with the service manager, and the file of that is gone.",
    "Nothing starts the daemon at login any more; clients start it themselves.",
    "`djobsctl service install` to have it back, `djobsctl service remove` to leave it so",
)
GONE = Trouble(
    "service-gone",
    Level.PROBLEM,
    "The service manager has an entry whose program is not there: djobs, or its Python, was moved "
    "or removed.",
    "The daemon does not start at login, and every client waits for the manager in vain first.",
    "`djobsctl service install`, which writes the entry anew",
)
OTHER = Trouble(
    "service-other",
    Level.WARNING,
    "The service manager starts the daemon of another installation than this.",
    "Which release runs depends on who starts it.",
    "`djobsctl service install` of the installation that is to stay",
)
UNKNOWN = Trouble(
    "service-unrecorded",
    Level.WARNING,
    "The service manager has an entry for this home that the home does not know of.",
    "Clients start a daemon beside it, and whichever comes second leaves.",
    "`djobsctl service install` to keep it, `djobsctl service remove` to remove it",
)
TWO = Trouble(
    "service-by-hand",
    Level.WARNING,
    "The daemon is to be the service manager's, and somebody else has started the one that runs.",
    "It is not started again after a crash, and ends with the terminal's session on some systems.",
    "`djobsctl service install`, which hands it over; jobs that run are not touched",
)
TROUBLES = (LOST, GONE, OTHER, UNKNOWN, TWO)

_INSTALL = "djobsctl service install"


@dataclass(frozen=True)
class Service:
    """What the home and the manager know of each other."""

    recorded: bool
    file: str
    """Where the manager's entry is, or would be."""
    file_is_there: bool
    program: str
    """What the entry starts; empty when it cannot be told."""
    program_is_there: bool
    own_program: str
    """What this installation would enter."""
    has_manager: bool
    owner: str
    """Who started the daemon that runs, by its own word; empty when none answers."""
    managed_owners: tuple[str, ...]


def look(facts: Service) -> list[Finding]:
    """Judge the entry, and who owns the daemon."""
    if not facts.file_is_there:
        return _without_file(facts)
    if facts.program and not facts.program_is_there:
        says = f"{facts.file} starts {facts.program}, which is not there."
        return [found(GONE, says, _INSTALL)]
    if not facts.recorded:
        return [found(UNKNOWN, f"{facts.file} is there, and not recorded here.", _INSTALL)]
    if facts.program and facts.program != facts.own_program:
        says = f"{facts.file} starts {facts.program}; this is {facts.own_program}."
        return [found(OTHER, says, _INSTALL)]
    if facts.has_manager and facts.owner and facts.owner not in facts.managed_owners:
        says = f"The daemon that runs was started by {facts.owner}."
        return [found(TWO, says, _INSTALL)]
    return well(facts.file)


def _without_file(facts: Service) -> list[Finding]:
    if not facts.recorded:
        return well("none: clients start the daemon when they need it")
    return [found(LOST, f"{facts.file} is not there.", _INSTALL)]
