"""Labels and values below each other, the labels right-aligned, as ``systemctl status`` does."""

from collections.abc import Sequence

from djobsctl.present.screen import Screen
from djobsctl.present.text import safe


def fields(rows: Sequence[tuple[str, str | Sequence[str]]], screen: Screen) -> str:
    """Return the rows as lines. A sequence takes a line per item; an empty value no line at all."""
    shown = [(label, [value] if isinstance(value, str) else list(value)) for label, value in rows]
    shown = [(label, values) for label, values in shown if any(values)]
    width = max((len(label) for label, _ in shown), default=0)
    lines = []
    for label, values in shown:
        head = screen.paint(label.rjust(width), "bold") + ": "
        lines.append(head + safe(values[0]))
        lines += [" " * (width + 2) + safe(value) for value in values[1:]]
    return "\n".join(line.rstrip() for line in lines)
