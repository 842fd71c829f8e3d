"""``type set`` and ``type list``: how the defaults of types are shown."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from djobsctl.present.screen import Screen


def render(document: "dict[str, Any]", screen: "Screen") -> str:
    """Return a table, a type on each line."""
    from djobsctl.present.table import Column, table

    types = document["types"]
    if not types:
        return "No type has defaults of its own."
    rows = [
        [each["type"], *map(_shown, map(each.get, _MEMBERS)), _backoff(each.get("retry", {}))]
        for each in types
    ]
    titles = ("PRIORITY", "ATTEMPTS", "LEASE S", "MANAGED BY", "RETRY")
    return table([Column("TYPE", flexible=True), *map(Column, titles)], rows, screen)


_MEMBERS = ("priority", "max_attempts", "lease_seconds", "managed_by")


def _shown(value: "Any") -> str:
    if value is None:
        return "-"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _backoff(retry: "dict[str, Any]") -> str:
    """Return what is unusual about the pauses: ``base 10 s, cap 60 s``."""
    parts = [
        f"{name.partition('_')[0]} {_shown(value)}{' s' if name.endswith('seconds') else ''}"
        for name, value in retry.items()
    ]
    return ", ".join(parts) or "-"
