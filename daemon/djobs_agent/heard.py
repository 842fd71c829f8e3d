"""What was heard of an agent so far, whichever CLI tells it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from djobs_agent.contract import Code, Spent

AT_LIMIT_STATUSES: Final = frozenset({429, 502, 503, 504, 529})
"""Of HTTP: the provider has enough, or is not there. Nothing is wrong with the job."""


@dataclass(frozen=True)
class Ended:
    """How the CLI says that it ended."""

    code: Code | None
    """None: it is done."""
    message: str = ""
    until_ms: int | None = None
    """When a provider that is at its limit may be asked again."""


@dataclass
class Heard:
    """Grows with each event."""

    turns: int = 0
    session: str = ""
    model: str = ""
    text: str = ""
    """The last words."""
    spent: dict[str, Spent] = field(default_factory=dict)
    """By model."""
    ended: Ended | None = None

    @property
    def tokens(self) -> int:
        """All tokens so far, in and out."""
        return sum(each.tokens_in + each.tokens_out for each in self.spent.values())

    @property
    def cost_usd(self) -> float | None:
        """What was spent so far; None when a price is not known."""
        costs = [each.cost_usd for each in self.spent.values()]
        known = [cost for cost in costs if cost is not None]
        return sum(known) if len(known) == len(costs) else None


class Reader(Protocol):
    """Understands the events of one kind of CLI."""

    @property
    def heard(self) -> Heard:
        """What was heard so far."""

    def read(self, event: dict[str, Any]) -> Iterator[str]:
        """Take an event and yield the lines that people are shown for it.

        What is not in the form that is expected is passed over: CLIs change.
        """


def number(value: object) -> int:
    """Return a count of a stream; 0 for what is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def part(value: object, name: str) -> dict[str, Any]:
    """Return a member that is an object; an empty one where it is not."""
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def members(value: object, name: str) -> list[dict[str, Any]]:
    """Return the objects in a member that is an array."""
    found = value.get(name) if isinstance(value, dict) else None
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def word(value: object, name: str) -> str:
    """Return a member that is a string; an empty one where it is not."""
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""
