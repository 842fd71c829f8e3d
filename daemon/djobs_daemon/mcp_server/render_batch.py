"""Answers about many tasks at once: how many, which, and what is left to ask for."""

from collections.abc import Sequence
from typing import Any, Final

from djobs_daemon.mcp_server.shorten import present

IDS_SHOWN: Final = 50
MORE: Final = "There are more: call it again with next_cursor as cursor."


def batch(
    done: str, ids: Sequence[str], cursor: str | None, **left: Sequence[str]
) -> dict[str, Any]:
    """Return what was done to how many, which, and those that were left with the reason."""
    shown = {name: _shown_ids(each) for name, each in {"ids": ids, **left}.items()}
    return {done: len(ids)} | present(**shown, next_cursor=cursor, note=MORE if cursor else None)


def _shown_ids(ids: Sequence[str]) -> list[str]:
    hidden = len(ids) - IDS_SHOWN
    return [*ids[:IDS_SHOWN], *([f"and {hidden} more"] if hidden > 0 else [])]


def hidden(count: int) -> str | None:
    """Return what to say of those that are not shown."""
    return f"And {count} more." if count > 0 else None
