"""What a check says: one line that all is well, or what is wrong, why it matters, what mends it."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How much it matters."""

    OK = "ok"
    NOTE = "note"
    """Worth knowing; nothing has to be done."""
    WARNING = "warning"
    """Something is lost or refused sooner or later."""
    PROBLEM = "problem"
    """Something does not work now, or is not safe."""


WRONG = (Level.WARNING, Level.PROBLEM)
"""What makes ``doctor`` end with status 1."""


@dataclass(frozen=True)
class Trouble:
    """A kind of broken set-up, of which a finding is one case."""

    code: str
    """Never changes its meaning: scripts and the page of documentation go by it."""
    level: Level
    what: str
    """What is wrong, in general."""
    why: str
    """What follows from it."""
    fix: str
    """What mends it, with names in capitals where a finding has the real ones."""
    safe: bool = False
    """Whether ``--fix`` may do it: it takes away rights of others or a file that means nothing."""


class Kind(StrEnum):
    """What ``--fix`` can do."""

    PRIVATE = "private"
    """Take the rights of others away from a file or folder."""
    REMOVE = "remove"
    """Remove a file that means nothing."""


@dataclass(frozen=True)
class Repair:
    """A change that ``--fix`` may make: to this very file and no other."""

    kind: Kind
    path: str
    identity: tuple[int, int]
    """Device and inode of what was judged. What is there by then must be the same."""


@dataclass(frozen=True)
class Finding:
    """One line of the answer."""

    level: Level
    says: str
    trouble: Trouble | None = None
    commands: tuple[str, ...] = ()
    """For a shell, to be run as they are and in this order."""
    steps: str = ""
    """What a person has to do, where no command can."""
    repair: Repair | None = None
    """What ``--fix`` may do instead of the commands."""


def well(says: str) -> list[Finding]:
    """Return that all is well."""
    return [Finding(Level.OK, says)]


def found(
    trouble: Trouble,
    says: str,
    *commands: str,
    steps: str = "",
    repair: Repair | None = None,
) -> Finding:
    """Return one case of a trouble. It has commands, or steps, or both."""
    return Finding(trouble.level, says, trouble, commands, steps, repair)
