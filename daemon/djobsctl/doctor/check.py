"""A check: facts are gathered at the edge, and judged by a function that looks at nothing else."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from djobs_protocol.errors import DjobsError
from djobsctl.doctor.finding import Finding, Level, Trouble, found
from djobsctl.doctor.place import Place

Facts = TypeVar("Facts")


@dataclass(frozen=True)
class Check(Generic[Facts]):
    """One area that is looked at."""

    name: str
    """What ``--only`` calls it."""
    title: str
    troubles: tuple[Trouble, ...]
    """All that ``look`` can find."""
    gather: Callable[[Place], Facts]
    """May raise ``OSError`` and ``DjobsError``."""
    look: Callable[[Facts], list[Finding]]
    """Pure. Returns at least one finding."""

    def examine(self, place: Place) -> list[Finding]:
        """Gather and judge; what cannot be looked at is a finding, too."""
        try:
            return self.look(self.gather(place))
        except Exception as error:  # noqa: BLE001 - no fault of one check keeps others from looking
            return [_unseen(error)]


UNSEEN = Trouble(
    "unseen",
    Level.WARNING,
    "Something could not be looked at.",
    "What is not seen cannot be judged.",
    "what the message names, then `djobsctl doctor` again",
)


FAULT = "This check has a fault"


def _unseen(error: Exception) -> Finding:
    if isinstance(error, DjobsError):
        return found(UNSEEN, f"It could not be looked at: {error.message}", steps=error.hint)
    if not isinstance(error, OSError):
        says = f"{FAULT}: {type(error).__name__}: {error}"
        return found(UNSEEN, says, steps="Please report it; all else here stands.")
    where = f"{error.filename}: " if error.filename else ""
    says = f"It could not be looked at: {where}{error.strerror or error}."
    return found(UNSEEN, says, steps="Mend that, then look again.")
