"""One broken set-up: how it comes about, and what makes the finding vanish."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.doctor.bench import Bench


@dataclass(frozen=True)
class Setup:
    """A row of the list of broken set-ups."""

    check: str
    code: str
    break_it: Callable[[Bench], object]
    mend: Callable[[Bench], object] | None = None
    """The manual step that is documented; None where the commands of the finding do it."""
    before: Callable[[Bench], object] | None = None
    """A step that the finding's words ask for before its commands."""
    slow: bool = False


def nothing(bench: Bench) -> None:
    """Leave it as it is."""
