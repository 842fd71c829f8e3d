"""One line of the report: our figure, what it is held against, and whether it holds. Pure."""

from typing import Any, Literal, NamedTuple, TypeAlias

Against: TypeAlias = Literal["ratio", "value"]


class Target(NamedTuple):
    """A bound on our figure itself, or on its ratio to the baseline."""

    against: Against
    bound: float
    at_least: bool = False
    """The figure must reach the bound; else it must not exceed it."""

    def __str__(self) -> str:
        sign = ">=" if self.at_least else "<="
        return f"{sign} {self.bound:g}{' x' if self.against == 'ratio' else ''}"


class Row(NamedTuple):
    """What was measured, by us and by the baseline, in the same unit."""

    measure: str
    ours: float
    unit: str
    baseline: float | None = None
    beside: str = ""
    """What the baseline is."""
    target: Target | None = None
    peer: float | None = None
    """What djobs 0.22.0 needs for the same work, where it was measured."""

    @property
    def ratio(self) -> float | None:
        """Ours over the baseline."""
        return None if not self.baseline else self.ours / self.baseline

    @property
    def holds(self) -> bool | None:
        """Whether the target is met; None when there is none, or nothing to compare with."""
        if self.target is None:
            return None
        figure = self.ratio if self.target.against == "ratio" else self.ours
        if figure is None:
            return None
        met = figure >= self.target.bound if self.target.at_least else figure <= self.target.bound
        return met

    def as_document(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return {
            "measure": self.measure,
            "unit": self.unit,
            "ours": self.ours,
            "baseline": self.baseline,
            "beside": self.beside,
            "ratio": self.ratio,
            "target": None if self.target is None else str(self.target),
            "holds": self.holds,
            "peer": self.peer,
        }
