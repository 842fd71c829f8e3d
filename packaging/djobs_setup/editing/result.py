"""What an edit returns, and how it is refused."""

from dataclasses import dataclass
from typing import Any, Self

Path = tuple[str, ...]
"""Names of members, outermost first."""


class CannotEdit(ValueError):
    """The file stays as it is; the text says why, and fits behind ``The file NAME``."""


@dataclass(frozen=True)
class Undo:
    """What an insertion made beside the entry itself, so that taking it out leaves nothing."""

    made: Path
    """The outermost member that was not there; ``()``: there was no document at all."""
    gap: str | None = None
    """What stood where nothing did; None: something stands there, and nothing is to be said."""

    def as_json(self) -> dict[str, Any]:
        """Return plain values for a record."""
        return {"made": list(self.made), "gap": self.gap}

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Self:
        """Return what a record says."""
        return cls(tuple(raw["made"]), raw["gap"])


@dataclass(frozen=True)
class Edited:
    """The whole new content, and what taking the entry out again needs to know."""

    content: bytes
    undo: Undo
