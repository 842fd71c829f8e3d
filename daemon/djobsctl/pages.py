"""Reading a list that comes in pages."""

from djobs_protocol.limits import PAGE_ITEMS_MAX

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, TypeAlias

    Call: TypeAlias = Callable[[str, dict[str, Any]], dict[str, Any]]


def read_pages(
    call: "Call", method: str, params: "dict[str, Any]", key: str, limit: int | None
) -> "dict[str, Any]":
    """Return the first page with the rows of as many more as it takes to have ``limit``.

    ``limit`` None reads to the end. ``key`` names the rows in the reply.
    """
    first = call(method, {**params, "limit": _page(limit, 0)})
    rows, cursor = list(first.get(key, [])), first.get("next_cursor")
    while cursor and (limit is None or len(rows) < limit):
        page = call(method, {**params, "limit": _page(limit, len(rows)), "cursor": cursor})
        rows += page.get(key, [])
        cursor = page.get("next_cursor")
    return {**first, key: rows, "next_cursor": cursor}


def each_row(
    call: "Call", method: str, params: "dict[str, Any]", key: str
) -> "Iterator[dict[str, Any]]":
    """Yield all rows, as few at a time as a page holds, and keep none."""
    asked = {**params, "limit": PAGE_ITEMS_MAX}
    while True:
        page = call(method, asked)
        yield from page.get(key, [])
        if page.get("next_cursor") is None:
            return
        asked["cursor"] = page["next_cursor"]


def _page(limit: int | None, have: int) -> int:
    return PAGE_ITEMS_MAX if limit is None else min(PAGE_ITEMS_MAX, limit - have)
