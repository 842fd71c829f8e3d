"""A job's own budget and variables, for people."""

from typing import Any


def budget_line(budget: dict[str, Any] | None) -> str:
    """Return a budget in one line; empty where there is none."""
    given = budget or {}
    parts = [f"${given['usd']:,.2f}"] if "usd" in given else []
    parts += [f"{given[unit]:,g} {unit}" for unit in ("tokens", "minutes") if unit in given]
    return f"{', '.join(parts)} in all attempts" if parts else ""


def variable_lines(variables: dict[str, str | None]) -> list[str]:
    """Return a line for each variable."""
    return [
        f"{name} (from secrets.env)" if value is None else f"{name}={value}"
        for name, value in variables.items()
    ]
