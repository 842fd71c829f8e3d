"""Where a page ended: numbers joined by dots. Opaque to callers."""

from djobs_protocol.errors import DjobsError, ErrorCode


def parse_cursor(cursor: str | None, parts: int) -> tuple[int, ...] | None:
    """Return the numbers in a cursor, None without one; raise ``INVALID_PARAMS`` for any other."""
    if cursor is None:
        return None
    numbers = cursor.split(".")
    plain = all(part.isascii() and part.isdigit() and len(part) <= 18 for part in numbers)
    if len(numbers) != parts or not plain:
        raise DjobsError(
            ErrorCode.INVALID_PARAMS,
            f"{cursor[:40]!r} is not a cursor of this list.",
            field="cursor",
        )
    return tuple(int(part) for part in numbers)
