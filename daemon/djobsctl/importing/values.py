"""Reading a value as what it should be, for data that others wrote."""

from typing import Any


def text(value: Any) -> str | None:
    """Return a text or a number as text; None for nothing, an empty one and anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value).strip() or None


def texts(value: Any) -> tuple[str, ...]:
    """Return the texts of a list, or the one that stands alone; each once."""
    values = value if isinstance(value, list) else [value]
    return tuple(dict.fromkeys(found for each in values if (found := text(each)) is not None))


def objects(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def filled(**members: Any) -> dict[str, Any]:
    """Return the members that say something."""
    return {name: value for name, value in members.items() if value not in (None, "", [], {}, ())}
