"""``budget`` and ``budget allow``: how budgets are shown."""

from djobsctl.present.text import clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

    from djobsctl.present.screen import Screen

EMPTY: "Final[dict[str, Any]]" = {"budgets": [], "questions": [], "allowed": []}


def render(document: "dict[str, Any]", screen: "Screen") -> str:
    """Return a table, a bounded unit on each line, and what is asked below it."""
    from djobsctl.present.table import Column, table

    if not document["budgets"]:
        text = "There are no budgets; [budgets] of config.toml sets some."
    else:
        columns = [Column("BUDGET", flexible=True), Column("USED", right=True)]
        columns += [Column("RESERVED", right=True), Column("LIMIT", right=True), Column("RESETS")]
        rows = [_row(each, screen) for each in document["budgets"]]
        text = table(columns, rows, screen)
    return "\n".join([text, *map(_question, document["questions"])])


def _row(budget: "dict[str, Any]", screen: "Screen") -> "list[str]":
    unpriced = f" (+{budget['unpriced']} unpriced)" if budget.get("unpriced") else ""
    resets = clock(budget["resets_at"], screen.now) if budget.get("resets_at") else "-"
    numbers = [_said(budget["unit"], budget[name]) for name in ("used", "reserved", "limit")]
    what = f"{budget['scope']} {budget.get('subject', '')}".strip()
    return [what, numbers[0] + unpriced, *numbers[1:], resets]


def _said(unit: str, amount: float) -> str:
    if unit == "usd":
        return f"${amount:,.4f}"
    return f"{amount:,.1f} min" if unit == "minutes" else f"{amount:,.0f} {unit}"


def _question(asked: "dict[str, Any]") -> str:
    why = f"the {asked['scope']} budget has no {asked['unit']} left"
    return f"{asked['job_id']} is paused: {why}. `djobsctl budget allow {asked['job_id']}`?"
