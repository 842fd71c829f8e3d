"""What a job printed, as far as it is more than bytes."""

from collections.abc import Mapping
from typing import Any

from djobsctl.present.text import plural


def gap(chunk: Mapping[str, Any]) -> str:
    """Say what is missing before a chunk."""
    missing = plural(chunk["missing_bytes"], "byte")
    return f"[{missing} before offset {chunk['offset']} are not kept]"


def not_begun(chunk: Mapping[str, Any]) -> str:
    """Say that there is no output because nothing has run."""
    if chunk.get("ended"):
        return f"{chunk['id']} ended before it began, so it printed nothing."
    return f"{chunk['id']} has not begun; `djobsctl why {chunk['id']}` says what it waits for."
