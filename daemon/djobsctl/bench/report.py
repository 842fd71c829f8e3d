"""The benchmarks' document as a table for a person. Pure."""

from typing import Any, Final

from djobsctl.bench.machine import STALLED_PERCENT_MAX
from djobsctl.present.screen import Screen
from djobsctl.present.table import Cell, Column, table

COLUMNS: Final = (
    Column("MEASURE"),
    Column("OURS", right=True),
    Column("BASELINE", right=True),
    Column("RATIO", right=True),
    Column("TARGET", right=True),
    Column(""),
)
PEER_COLUMN: Final = Column("DJOBS 0.22.0", right=True)
VERDICTS: Final = {
    True: Cell("holds", "green"),
    False: Cell("MISSES", "red"),
    None: Cell(""),
}


def report(document: dict[str, Any], screen: Screen) -> str:
    """Return the table, what the baselines are, and the machine."""
    rows = document["rows"]
    with_peer = any(row["peer"] is not None for row in rows)
    columns = [*COLUMNS[:2], PEER_COLUMN, *COLUMNS[2:]] if with_peer else list(COLUMNS)
    cells = [_cells(row, with_peer=with_peer) for row in rows]
    parts = [table(columns, cells, screen), _baselines(rows), _machine(document["machine"])]
    return "\n\n".join(part for part in parts if part)


def _cells(row: dict[str, Any], *, with_peer: bool) -> list[str | Cell]:
    unit = row["unit"]
    cells: list[str | Cell] = [row["measure"], figure(row["ours"], unit)]
    if with_peer:
        cells.append(figure(row["peer"], unit))
    ratio = row["ratio"]
    cells += [figure(row["baseline"], unit), "" if ratio is None else f"{ratio:.2f}"]
    cells += [_target(row), VERDICTS[row["holds"]]]
    return cells


def _target(row: dict[str, Any]) -> str:
    target = row["target"] or ""
    return target if not target or target.endswith("x") else f"{target} {row['unit']}".strip()


def figure(value: float | None, unit: str) -> str:
    """Return a figure with as many digits as mean something."""
    if value is None:
        return ""
    text = f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"
    return f"{text} {unit}".strip()


def _baselines(rows: list[dict[str, Any]]) -> str:
    lines = list(dict.fromkeys((row["beside"], _family(row["measure"])) for row in rows))
    named = dict.fromkeys(text for text, _ in lines if text)
    groups = [
        f"  {text}: {', '.join(dict.fromkeys(family for other, family in lines if other == text))}"
        for text in named
    ]
    return "\n".join(["Baselines, measured between our own rounds:", *groups]) if groups else ""


def _family(measure: str) -> str:
    return measure.partition(":")[0].partition(",")[0]


def _machine(machine: dict[str, Any]) -> str:
    text = (
        f"{machine['cpu']}, {machine['cores']} cores, {machine['system']}, Python "
        f"{machine['python']}, fsync {machine['fsync_ms']:g} ms."
    )
    busiest = max(machine["stalled_percent"], machine.get("stalled_percent_after", 0.0))
    if busiest > STALLED_PERCENT_MAX:
        text += (
            f"\nThis machine was busy with other work as well (processes waited for a processor "
            f"{busiest:.0f} % of the time): trust the ratios."
        )
    return text
